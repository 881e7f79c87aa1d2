#include <gtest/gtest.h>

#include "local/parser/text_encoding.h"

namespace chunkrd::local {
namespace {

constexpr const char* kText = "Café opened.\nCost: 120 € in total.\n";

/// ASCII and code points below 0x10000.
std::string utf16(std::u16string_view text, bool big) {
  std::string bytes;
  for (const char16_t unit : text) {
    const char low = static_cast<char>(unit & 0xFF);
    const char high = static_cast<char>(unit >> 8);
    bytes += big ? high : low;
    bytes += big ? low : high;
  }
  return bytes;
}

TEST(TextOfFile, IsTheSameInEveryEncoding) {
  const std::u16string wide = u"Café opened.\nCost: 120 € in total.\n";
  EXPECT_EQ(text_of_file(kText), kText);
  EXPECT_EQ(text_of_file("\xEF\xBB\xBF" + std::string(kText)), kText);
  EXPECT_EQ(text_of_file("\xFF\xFE" + utf16(wide, false)), kText);
  EXPECT_EQ(text_of_file("\xFE\xFF" + utf16(wide, true)), kText);
  EXPECT_EQ(text_of_file(utf16(wide, false)), kText);
  EXPECT_EQ(text_of_file(utf16(wide, true)), kText);
  EXPECT_EQ(text_of_file("Caf\xE9 opened.\nCost: 120 \x80 in total.\n"), kText);
}

TEST(TextOfFile, HasTheSameLinesWhoeverWroteThem) {
  for (const char* text : {"one\rtwo\r\rthree", "one\r\ntwo\r\n\r\nthree", "one\ntwo\n\nthree"})
    EXPECT_EQ(text_of_file(text), "one\ntwo\n\nthree");
}

TEST(TextOfFile, KeepsCharactersOfSeveralUnits) {
  EXPECT_EQ(text_of_file("\xFF\xFE" + utf16(u"a\xD83D\xDE00", false)), "a😀");
  EXPECT_EQ(text_of_file("\xFF\xFE" + utf16(u"a\xD83D", false)), "a\xEF\xBF\xBD");
}

TEST(TextOfFile, ThatIsNoneIsNothing) {
  EXPECT_EQ(text_of_file(""), std::nullopt);
  EXPECT_EQ(text_of_file(std::string_view("\x7F"
                                          "ELF\x02\x01\x01\0\0\0",
                                          10)),
            std::nullopt);
  EXPECT_EQ(text_of_file("\x01\x02\x03\x04"), std::nullopt);
}

TEST(TextOfFile, MayHaveWhatABlockOfADiskLeavesBehindIt) {
  EXPECT_EQ(text_of_file(std::string("one\n") + std::string(500, '\0')), "one\n");
}

TEST(Windows1252, HasTheLettersThatItHas) {
  EXPECT_EQ(to_windows_1252("é€–Ж"), "\xE9\x80\x96?");
}

}  // namespace
}  // namespace chunkrd::local
