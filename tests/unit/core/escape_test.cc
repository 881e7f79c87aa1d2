#include "core/escape.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace chunkrd {
namespace {

// Strings that are often nearly UTF-8: whole characters, cut ones, stray bytes, escapes.
rc::Gen<std::string> any_name() {
  const auto pieces = rc::gen::container<std::vector<std::string>>(rc::gen::oneOf(
      rc::gen::elementOf(std::vector<std::string>{
          "a", "%", "%2", "%25", "%C3", "/", "\n", "\0", "\x7F", "\xC3\xA4", "\xC3", "\xE2\x82\xAC",
          "\xE2\x82", "\xF0\x9F\x98\x80", "\xF0\x9F\x98", "\xED\xA0\x80", "\xC0\xAF", "\xC2\x9B", "\xFF"}),
      rc::gen::container<std::string>(rc::gen::arbitrary<char>())));
  return rc::gen::map(pieces, [](const std::vector<std::string>& list) {
    std::string all;
    for (const auto& piece : list) all += piece;
    return all;
  });
}

bool has_control_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

TEST(Printable, IsReversibleForAnyBytes) {
  EXPECT_TRUE(rc::check([] {
    const auto name = *any_name();
    RC_ASSERT(unprintable(printable(name)) == name);
  }));
}

TEST(Printable, IsAlwaysTextWithoutControlCharacters) {
  EXPECT_TRUE(rc::check([] {
    const auto text = printable(*any_name());
    RC_ASSERT(valid_utf8(text) == text);
    RC_ASSERT(!has_control_characters(text));
  }));
}

TEST(Printable, LeavesTextAsItIsAndEscapesTheRest) {
  EXPECT_EQ(printable("a b/\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80.pdf"),
            "a b/\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80.pdf");
  EXPECT_EQ(printable("100%\n\x1B[0m\x7F"), "100%25%0A%1B[0m%7F");
  EXPECT_EQ(printable("\xFF\xC3"), "%FF%C3");
  EXPECT_EQ(printable("\xED\xA0\x80"), "%ED%A0%80") << "a surrogate is not UTF-8";
  EXPECT_EQ(printable("\xC0\xAF"), "%C0%AF") << "an overlong slash";
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), "%F4%90%80%80") << "beyond Unicode";
  EXPECT_EQ(printable("\xC2\x9B"
                      "2J"),
            "%C2%9B2J")
      << "CSI, for some terminals a command";
  EXPECT_EQ(printable("\xC2\xA0"), "\xC2\xA0");
}

TEST(Unprintable, LeavesWhatIsNoEscape) {
  EXPECT_EQ(unprintable("100%"), "100%");
  EXPECT_EQ(unprintable("%4"), "%4");
  EXPECT_EQ(unprintable("%zz%41"), "%zzA");
  EXPECT_EQ(unprintable("%ff"), "%ff") << "printable() writes capitals";
}

TEST(ValidUtf8, ReplacesOnlyWhatIsBroken) {
  EXPECT_EQ(valid_utf8("\xC3\xA4"), "\xC3\xA4");
  EXPECT_EQ(valid_utf8("a\xFF"
                       "b\xE2\x82"),
            "a\uFFFDb\uFFFD\uFFFD");
}

}  // namespace
}  // namespace chunkrd
