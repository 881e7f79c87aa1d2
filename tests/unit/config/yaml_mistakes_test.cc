#include "config/yaml_mistakes.h"

#include <gtest/gtest.h>

namespace chunkrd::config {
namespace {

TEST(AYamlText, ThatIsRightIsNotTakenForMistaken) {
  for (const std::string text : {
           "a: it's\nb: don't, 'tis\nc: a - 'b\n",
           "# it's a \"comment\na: x # that's \"another\n",
           "a: 'it''s'\nb: \"\\\"\"\nc: ['x', \"y\", it's]\nd: {e: 'f'}\n",
           "a: \"over\n  lines\"\nb: 'over\n\n  more'\n",
           "a: |\n  it's 'text\n  \"\nb: >-\n  don't\n\n  can't\nc: 'd'\n",
           "a: some text\n  'tis more of it\n",
           "\"a\": 'b'\n'c' : d\n- 'e'\n- - \"f\"\n",
           "a: 5\" disk\nb: rock'n'roll\nc: x#'y\n",
           "a: [1,\n  'b', # it's\n  \"c\"]\r\nd: 'e'\r\n",
           "\xEF\xBB\xBF"
           "a: 'b'\n",
           "",
       })
    EXPECT_EQ(mistake_in(text).value_or(YamlMistake{{}, "none"}).message, "none") << text;
}

TEST(AYamlText, WhoseQuoteIsNeverClosedIsToldWhereItWasOpened) {
  for (const std::string text : {"a: 1\nb: 'x\nc: 2\n", "a: 1\nb: \"x\\\"\n", "a: 1\nb: 'it''s\n",
                                 "a:\n- 'x\n", "a: [1, 2,\n  b, 'c]\n"}) {
    const auto mistake = mistake_in(text);
    ASSERT_TRUE(mistake) << text;
    EXPECT_EQ(mistake->message, "a quote is opened here and never closed");
    EXPECT_EQ(mistake->at.line, 1) << text;
  }
}

}  // namespace
}  // namespace chunkrd::config
