#include "outbox/relative_name.h"

#include <gmock/gmock.h>

#include "core/sha256.h"

namespace chunkrd::outbox {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RelativeName, IsFoldersAndABaseOfAnyBytes) {
  const RelativeName name("a b/\xFF\n/-r.pdf");
  EXPECT_THAT(name.folders(), ElementsAre("a b", "\xFF\n"));
  EXPECT_EQ(name.base(), "-r.pdf");
  EXPECT_THAT(RelativeName("...").folders(), IsEmpty());
}

TEST(RelativeName, RefusesWhatCouldLeadElsewhere) {
  using namespace std::string_view_literals;
  for (const std::string_view name :
       {""sv, "/"sv, "/etc/passwd"sv, "a/"sv, "a//b"sv, "."sv, ".."sv, "../a"sv, "a/../b"sv, "a/./b"sv,
        "a/.."sv, "a\0b"sv, ".chunkrd"sv, "a/.chunkrd/tmp/x"sv})
    EXPECT_THROW(RelativeName{name}, UnsafeName) << name;
  EXPECT_THROW(RelativeName(std::string(256, 'n')), UnsafeName);
  EXPECT_NO_THROW(RelativeName(std::string(255, 'n')));
}

TEST(Fitted, LeavesANameThatFits) {
  EXPECT_EQ(fitted("report.pdf", 5), "report.pdf");
  EXPECT_EQ(fitted(std::string(250, 'n'), 5), std::string(250, 'n'));
}

TEST(Fitted, KeepsTwoLongNamesApartThatDifferOnlyInTheirMiddle) {
  const std::string one = std::string(250, 'n') + "1.pdf";
  const std::string two = std::string(250, 'n') + "2.pdf";
  EXPECT_NE(fitted(one, 5), fitted(two, 5));
  EXPECT_EQ(fitted(one, 5), fitted(one, 5));
  EXPECT_EQ(fitted(one, 5).size(), 250u);
}

TEST(Fitted, DoesNotCutACharacterInHalf) {
  std::string name = "n";
  while (name.size() < 250) name += "\u20AC";
  const std::string shorter = fitted(name + ".pdf", 5);
  EXPECT_EQ(shorter.find("\u20AC~"), shorter.find('~') - 3);
}

TEST(Candidate, TakesADottedTailForAnEndingOnlyWhenItIsShort) {
  const Marks marks{.sha256 = std::string(64, 'a'), .job_id = "0123456789abcdef"};
  EXPECT_EQ(candidate(1, "archive.tar.gz", marks, 5), "archive.tar~aaaaaaaa.gz");
  EXPECT_EQ(candidate(1, ".hidden", marks, 5), ".hidden~aaaaaaaa");
  EXPECT_EQ(candidate(1, "v1.this is no file type", marks, 5), "v1.this is no file type~aaaaaaaa");
}

TEST(Candidate, CountsOnFromTheJobId) {
  const Marks marks{.sha256 = std::string(64, 'a'), .job_id = "0123456789abcdef"};
  EXPECT_EQ(candidate(0, "x.pdf", marks, 5), "x.pdf");
  EXPECT_EQ(candidate(2, "x.pdf", marks, 5), "x~aaaaaaaa-89abcdef.pdf");
  EXPECT_EQ(candidate(7, "x.pdf", marks, 5), "x~aaaaaaaa-89abcdef-7.pdf");
  EXPECT_EQ(candidate(1, "x.pdf", {.sha256 = {}, .job_id = marks.job_id}, 5), "x~89abcdef.pdf");
}

}  // namespace
}  // namespace chunkrd::outbox
