#include "cli/process/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "core/errors.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::cli::process {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FindDocuments : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& content = "x") const {
    const fs::path file = folder_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }
  Found find(std::vector<fs::path> named) const {
    for (fs::path& path : named) path = folder_ / path;
    return find_documents(named, folder_ / "out");
  }
  static std::vector<std::string> names(const Found& found) {
    std::vector<std::string> all;
    for (const Document& document : found.documents) all.push_back(document.arrival.name);
    return all;
  }
  std::string refusal(const std::vector<fs::path>& named, ExitCode code) const {
    try {
      find(named);
    } catch (const UserError& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    ADD_FAILURE() << "was taken";
    return "";
  }

  tests::TemporaryFolder folder_;
};

TEST_F(FindDocuments, TakesAFileAsItIsAndKnowsItByItsFolder) {
  put("a.unknown", "12345");
  const Found found = find({"a.unknown"});
  ASSERT_EQ(names(found), std::vector<std::string>{"a.unknown"});
  EXPECT_EQ(found.documents[0].inbox, fs::canonical(folder_.path()).native());
  EXPECT_EQ(found.documents[0].arrival.identity.size_bytes, 5u);
  EXPECT_EQ(found.documents[0].arrival.sidecar, std::nullopt);
}

TEST_F(FindDocuments, TakesWhatIsBelowAFolderInOrder) {
  put("d/b.pdf");
  put("d/sub/deep/c.PNG");
  put("d/a.docx");
  EXPECT_THAT(names(find({"d"})), ElementsAre("a.docx", "b.pdf", "sub/deep/c.PNG"));
}

TEST_F(FindDocuments, PassesOverWhatTheServiceDoesNotTakeAndWhatIsNoDocument) {
  for (const char* name : {"d/a.pdf", "d/notes.txt", "d/.hidden.pdf", "d/b.pdf.part", "d/a.pdf.chunkr.yaml",
                           "d/.git/c.pdf", "d/~$x.docx"})
    put(name);
  fs::create_symlink("a.pdf", folder_ / "d/link.pdf");
  ::mkfifo((folder_ / "d/fifo.pdf").c_str(), 0600);
  const Found found = find({"d"});
  EXPECT_THAT(names(found), ElementsAre("a.pdf"));
  EXPECT_TRUE(found.documents[0].arrival.sidecar);
  EXPECT_THAT(found.passed_over, ElementsAre(folder_ / "d/notes.txt"));
  EXPECT_EQ(found.links_passed_over, 1u);
}

TEST_F(FindDocuments, ALinkThatIsNamedGivesTheResultsItsName) {
  put("d/a.pdf");
  fs::create_symlink("d/a.pdf", folder_ / "latest.pdf");
  fs::create_symlink("d/a.pdf", folder_ / ".hidden.pdf");
  fs::create_symlink("d", folder_ / "same");
  for (const auto& [named, title] : {std::pair{"latest.pdf", "latest.pdf"}, std::pair{"d/a.pdf", ""},
                                     std::pair{"same/a.pdf", ""}, std::pair{".hidden.pdf", ""}}) {
    const Found found = find({named});
    ASSERT_EQ(names(found), std::vector<std::string>{"a.pdf"}) << named;
    EXPECT_EQ(found.documents[0].title, title) << named;
  }
  const Found twice = find({"d/a.pdf", "latest.pdf"});
  EXPECT_EQ(names(twice), std::vector<std::string>{"a.pdf"});
  EXPECT_EQ(twice.documents[0].title, "");
}

TEST_F(FindDocuments, AFolderOfLinksSaysSo) {
  put("a.pdf");
  fs::create_directory(folder_ / "links");
  fs::create_symlink("../a.pdf", folder_ / "links/a.pdf");
  EXPECT_THAT(refusal({"links"}, ExitCode::no_input),
              HasSubstr("1 link in folders is not followed: name what they point to"));
}

TEST_F(FindDocuments, DoesNotTakeItsOwnResults) {
  put("a.pdf");
  put("out/a.pdf.pdf");
  EXPECT_THAT(names(find({""})), ElementsAre("a.pdf"));
}

TEST_F(FindDocuments, TakesAFileOnceHoweverOftenItIsNamed) {
  put("d/a.pdf");
  fs::create_symlink(folder_ / "d", folder_ / "also");
  EXPECT_THAT(names(find({"d/a.pdf", "d", "also/a.pdf"})), ElementsAre("a.pdf"));
}

TEST_F(FindDocuments, NamesEverythingThatIsNotThere) {
  put("a.pdf");
  ::mkfifo((folder_ / "fifo").c_str(), 0600);
  EXPECT_THAT(refusal({"a.pdf", "gone", "fifo"}, ExitCode::no_input),
              AllOf(HasSubstr("gone: No such file"), HasSubstr("fifo: is neither a file nor a folder")));
}

TEST_F(FindDocuments, RefusesAFolderWithoutDocuments) {
  put("d/notes.txt");
  EXPECT_THAT(refusal({"d"}, ExitCode::no_input), HasSubstr("there is no document"));
}

TEST_F(FindDocuments, RefusesASidecarWithoutItsDocument) {
  put("a.pdf.chunkr.yaml");
  EXPECT_THAT(refusal({"a.pdf.chunkr.yaml"}, ExitCode::no_input), HasSubstr("name that"));
}

}  // namespace
}  // namespace chunkrd::cli::process
