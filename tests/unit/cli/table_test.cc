#include "cli/table.h"

#include <gtest/gtest.h>

namespace chunkrd::cli {
namespace {

const std::vector<Table::Column> kColumns{{.title = "ID"},
                                          {.title = "NAME", .fit = Table::Fit::shorten},
                                          {.title = "PAGES", .align = Table::Align::right},
                                          {.title = "NEXT"}};

TEST(ATable, IsAsWideAsWhatIsInIt) {
  Table table(kColumns, {});
  table.add({{"a1"}, {"日本.pdf"}, {"7"}, {""}});
  table.add({{"b"}, {"日"}, {"1200"}, {"poll now"}});
  EXPECT_EQ(table.take_lines(),
            "ID  NAME      PAGES  NEXT\n"
            "a1  日本.pdf      7\n"
            "b   日         1200  poll now\n");
}

TEST(ATable, ShortensOnlyWhatMayBeWhereTheTerminalIsNarrow) {
  Table table(kColumns, {.columns = 30});
  table.add({{"a1"}, {"a-very-long-name-of-a-report.pdf"}, {"7"}, {"poll now"}});
  EXPECT_EQ(table.take_lines(),
            "ID  NAME       PAGES  NEXT\n"
            "a1  a-ve….pdf      7  poll now\n");
}

TEST(ATable, IsNotCutWhereItIsNoTerminal) {
  Table table(kColumns, {});
  const std::string name(500, 'x');
  table.add({{"a1"}, {name}, {""}, {""}});
  EXPECT_NE(table.take_lines().find(name), std::string::npos);
}

TEST(ATable, OfSeveralBatchesHasItsTitlesOnceAndTheWidthsOfTheFirst) {
  Table table(kColumns, {});
  table.add({{"a1"}, {"x.pdf"}, {""}, {"n"}});
  table.take_lines();
  table.add({{"a2"}, {"y"}, {""}, {"n"}});
  table.add({{"a3"}, {"longer-than-before"}, {""}, {"n"}});
  EXPECT_EQ(table.take_lines(),
            "a2  y             n\n"
            "a3  longer-than-before         n\n");
  EXPECT_EQ(table.take_lines(), "");
}

TEST(ATable, PadsByWhatIsSeenAndNotByTheColours) {
  Table table({{.title = "A"}, {.title = "B"}}, {.columns = 80, .colours = true});
  table.add({{"done", Look::good}, {"b"}});
  EXPECT_EQ(table.take_lines(), "\x1b[1mA\x1b[0m     \x1b[1mB\x1b[0m\n\x1b[32mdone\x1b[0m  b\n");
}

}  // namespace
}  // namespace chunkrd::cli
