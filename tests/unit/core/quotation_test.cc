#include "core/quotation.h"

#include <gmock/gmock.h>

namespace chunkrd {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(Quotation, LeavesWordsAsTheyAre) {
  for (const char* text :
       {"", "Unsupported file type", "Unknown model_id 'nope'. Supported: a, b", "50 % für 3 €",
        "JSON payload (12 bytes) is larger than allowed (limit: 10 bytes).", "what?", "me@example.com"})
    EXPECT_EQ(quotation(text), text);
}

TEST(Quotation, HasOfAnAddressOnlyItsOrigin) {
  EXPECT_EQ(quotation("see https://s3.example.com:9000/b/k.pdf?X-Amz-Signature=s3cret now"),
            "see https://s3.example.com:9000/... now");
  for (const char* text :
       {R"({"pdf_url":"https:\/\/s3\/b?sig=s3cret"})", "HTTPS://s3/s3cret", "<a href='http://x/?s3cret'>",
        "ftp://user:s3cret@host/", "/bucket/key?X-Amz-Signature=s3cret", "s3://b/s3cret",
        "user:s3cret@proxy:3128", "https://host#s3cret", "url=https://h/s3cret"})
    EXPECT_THAT(quotation(text), Not(HasSubstr("s3cret"))) << text;
}

TEST(Quotation, IsTextWithoutControlCharacters) {
  EXPECT_EQ(quotation("a\x1b[2Jb\n\xff"), "a\uFFFD[2Jb \uFFFD");
}

TEST(Quotation, OfALongTextIsItsBeginning) {
  const std::string words = quotation(std::string(2 << 20, 'x') + " y", 100);
  EXPECT_LE(words.size(), 103u);
  EXPECT_THAT(words, EndsWith("..."));
  EXPECT_EQ(quotation("für immer", 2), "f...") << "never half a character";
  for (std::size_t limit = 20; limit < 60; ++limit)
    EXPECT_THAT(quotation("some words before https://host/path?sig=s3cret", limit), Not(HasSubstr("s3cret")))
        << limit;
}

}  // namespace
}  // namespace chunkrd
