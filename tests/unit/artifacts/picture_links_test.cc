#include "artifacts/picture_links.h"

#include <gtest/gtest.h>

namespace chunkrd::artifacts {
namespace {

TEST(PictureLinks, BecomeTheirText) {
  EXPECT_EQ(without_picture_links("a ![Image](https://s/x.jpg?Signature=0) b"), "a Image b");
  EXPECT_EQ(without_picture_links("![see \\[1\\](x)](https://s/x.jpg)"), "see \\[1\\](x)");
  EXPECT_EQ(without_picture_links("![the \"quay\"](data:image/png;base64,AAAA)"), "the \"quay\"");
  EXPECT_EQ(without_picture_links("<p><img src=\"https://s/x\" alt=\"quay\"></p>"), "<p>quay</p>");
  for (const char* text :
       {"no picture!", "![x](local.png)", "[link](https://x)", "![", "![a](https://x", "wow![1]"})
    EXPECT_EQ(without_picture_links(text), text);
}

TEST(PictureLinks, InAnyWayOfWritingThem) {
  EXPECT_EQ(without_picture_links("![a](<https://s/x y.jpg>)"), "a");
  EXPECT_EQ(without_picture_links("![a](https://s/x \"title\")"), "a");
  EXPECT_EQ(without_picture_links("![a](HTTPS://s/x)"), "a");
  EXPECT_EQ(without_picture_links("![a](//s/x)"), "a");
  EXPECT_EQ(without_picture_links("<IMG SRC='https://s/x' ALT='quay'>"), "quay");
}

TEST(PictureLinks, NothingBehindTheirLineIsTakenForTheirEnd) {
  EXPECT_EQ(without_picture_links("![a](https://s/x \n\nA paragraph (in brackets)"),
            "![a](https://s/x \n\nA paragraph (in brackets)");
}

TEST(PictureLinks, AreReplacedByWhatIsThereInstead) {
  EXPECT_EQ(with_pictures_replaced("![a](https://s/x) and <img src=https://s/y alt=b>",
                                   [](std::string_view alt) { return "[" + std::string(alt) + "]"; }),
            "[a] and [b]");
}

}  // namespace
}  // namespace chunkrd::artifacts
