#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace chunkrd::cli {
namespace {

TEST(Width, CountsColumnsAndNotBytes) {
  EXPECT_EQ(display_width(""), 0);
  EXPECT_EQ(display_width("report.pdf"), 10);
  EXPECT_EQ(display_width("Übersicht"), 9);
  EXPECT_EQ(display_width("日本語.pdf"), 10) << "each of them takes two columns";
  EXPECT_EQ(display_width("e\u0301"), 1) << "a combining accent takes none";
}

TEST(Shortening, LeavesTheBeginningAndTheEnd) {
  EXPECT_EQ(shortened("a-long-name-of-a-report.pdf", 11), "a-lon…t.pdf");
  EXPECT_EQ(shortened("a-long-name-of-a-report.pdf", 10), "a-lon….pdf");
  EXPECT_EQ(shortened("fits.pdf", 8), "fits.pdf");
  EXPECT_EQ(shortened("abc", 1), "…");
  EXPECT_EQ(shortened("abc", 0), "");
}

TEST(Shortening, NeverCutsACharacterOrTakesMoreThanItMay) {
  for (int columns = 0; columns < 14; ++columns) {
    const std::string text = shortened("日本語ü日本語", columns);
    EXPECT_LE(display_width(text), columns);
    EXPECT_GE(display_width(text), columns - 2) << "wide characters may leave a column at either side";
    EXPECT_EQ(text.find("\xEF\xBF\xBD"), std::string::npos);
  }
}

TEST(Colours, AreWrittenOnlyWhereThereAreAny) {
  const Terminal colourful{.columns = 80, .colours = true}, plain{.columns = 80, .colours = false};
  EXPECT_EQ(plain.shown("done", Look::good), "done");
  EXPECT_EQ(colourful.shown("done", Look::good), "\x1b[32mdone\x1b[0m");
  EXPECT_EQ(colourful.shown("done", Look::plain), "done");
  EXPECT_EQ(colourful.shown("", Look::bad), "");
}

}  // namespace
}  // namespace chunkrd::cli
