// File systems that do not have every name: FAT, NTFS, shares of Windows.
#include <gmock/gmock.h>

#include "core/sha256.h"
#include "outbox/outbox.h"
#include "outbox/relative_name.h"
#include "outbox/shelf.h"
#include "scene.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;
using test::dies;
using test::Directory;
using test::Files;
using test::visible;
using ::testing::IsEmpty;

TEST(Portable, ChangesNothingThatEverybodyTakes) {
  for (const char* name : {"report.pdf", "caf\u00E9 (2).tar.gz", ".hidden", "auxiliary.pdf", "com0.pdf"})
    EXPECT_EQ(portable(name, 11), name);
}

TEST(Portable, SpellsWhatOthersDoNotTake) {
  EXPECT_EQ(portable("10:30 \"a\"?.pdf", 5), "10%3A30 %22a%22%3F.pdf");
  EXPECT_EQ(portable("a\\b|c*<d>.pdf", 5), "a%5Cb%7Cc%2A%3Cd%3E.pdf");
  EXPECT_EQ(portable("tab\t\xFF.pdf", 5), "tab%09%FF.pdf");
  EXPECT_EQ(portable("end.", 5), "end%2E");
  EXPECT_EQ(portable("end ", 5), "end%20");
  EXPECT_EQ(portable("aux.pdf", 5), "%61ux.pdf");
  EXPECT_EQ(portable("Com1", 5), "%43om1");
}

TEST(Portable, IsShortEnoughWithItsSuffixAndKeepsLongNamesApart) {
  const std::string one = portable(std::string(200, 'n') + "1.pdf", 11),
                    two = portable(std::string(200, 'n') + "2.pdf", 11);
  EXPECT_EQ(one.size() + 11, 143U);
  EXPECT_TRUE(one.ends_with(".pdf"));
  EXPECT_NE(one, two);
}

TEST(RefusingANameOfMany, IsNotWhatAFolderDoesThatTakesNone) {
  const Directory parent;
  fs::create_directory(parent.path() / "gone");
  const Folder folder(parent.path() / "gone");
  fs::remove(parent.path() / "gone");
  EXPECT_FALSE(folder.refuses("a?.pdf"));
}

class RefusedNames : public ::testing::TestWithParam<test::Names> {
 protected:
  RefusedNames() { test::set_names(GetParam()); }
  ~RefusedNames() override { test::set_names(test::Names::any); }

  void prepare(const std::string& job_id) const {
    const fs::path folder = Outbox(root(), Layout::flat).prepare(job_id);
    test::write(folder / "result.md", "md");
    test::write(folder / "result.json", "json");
  }

  Delivered publish(Layout layout, const std::string& name, const std::string& job_id = kJobId) const {
    const fs::path folder = root() / ".chunkrd" / "tmp" / job_id;
    return Outbox(root(), layout)
        .publish({.job_id = job_id,
                  .name = name,
                  .task_id = "task",
                  .input_sha256 = sha256_hex("input"),
                  .settings_hash = "settings"},
                 name,
                 {{.suffix = ".md", .file = folder / "result.md"},
                  {.suffix = ".json", .file = folder / "result.json"}});
  }

  Delivered deliver(Layout layout, const std::string& name, const std::string& job_id = kJobId) const {
    prepare(job_id);
    return publish(layout, name, job_id);
  }

  std::string put(const fs::path& spool, const std::string& name) const {
    return Shelf(root()).put(Folder(spool), kJobId,
                             {.name = name, .job_id = kJobId, .sha256 = sha256_hex("document")});
  }

  fs::path root() const { return directory_.path() / "place"; }

  inline static const std::string kJobId = test::kJob;
  Directory directory_{test::fast_disk()};
};

INSTANTIATE_TEST_SUITE_P(, RefusedNames, ::testing::Values(test::Names::of_windows, test::Names::of_a_share),
                         [](const auto& test) {
                           return test.param == test::Names::of_windows ? "Invalid" : "NotThere";
                         });

TEST_P(RefusedNames, ResultsGetOnesThatAreTaken) {
  EXPECT_EQ(deliver(Layout::flat, "10:30/a?.pdf").name, "10%3A30/a%3F.pdf");
  EXPECT_EQ(visible(root()), (Files{{"10%3A30/a%3F.pdf.json", "json"}, {"10%3A30/a%3F.pdf.md", "md"}}));
}

TEST_P(RefusedNames, SoDoFoldersOfResults) {
  EXPECT_EQ(deliver(Layout::folder, "a?.pdf").name, "a%3F.pdf");
  EXPECT_EQ(visible(root()), (Files{{"a%3F.pdf/a%3F.pdf.json", "json"}, {"a%3F.pdf/a%3F.pdf.md", "md"}}));
}

TEST_P(RefusedNames, TwoDocumentsThatComeToOneNameStayTwo) {
  EXPECT_EQ(deliver(Layout::flat, "a%3F.pdf").name, "a%3F.pdf");
  EXPECT_EQ(deliver(Layout::flat, "a?.pdf", test::kOtherJob).name,
            "a%3F~" + sha256_hex("input").substr(0, 8) + ".pdf");
}

TEST_P(RefusedNames, AResultIsThereOnceWhereverTheDeliveryDied) {
  for (const Layout layout : {Layout::flat, Layout::folder})
    for (int at_call = 0;; at_call += test::kNextCall) {
      fs::remove_all(root());
      prepare(kJobId);
      const bool died = dies(at_call, [&] { publish(layout, "10:30/a?.pdf"); });
      EXPECT_EQ(publish(layout, "10:30/a?.pdf").name, "10%3A30/a%3F.pdf") << at_call;
      ASSERT_EQ(visible(root()).size(), 2U) << at_call;
      if (!died) break;
    }
}

TEST_P(RefusedNames, OriginalsAndTheirReportsGetOnesThatAreTaken) {
  for (const fs::path& parent : {test::fast_disk(), fs::path(::testing::TempDir())}) {
    fs::remove_all(root());
    const Directory spool(parent);
    test::write(spool.path() / kJobId, "document");
    const std::string name = put(spool.path(), "10:30/a?.pdf");
    EXPECT_EQ(name, "10%3A30/a%3F.pdf");
    EXPECT_EQ(put(spool.path(), "10:30/a?.pdf"), name) << "asked again";
    Shelf shelf(root());
    shelf.put_report(name, "why");
    EXPECT_EQ(visible(root()), (Files{{name, "document"}, {name + ".error.json", "why"}}));
    shelf.remove_report(name);
    EXPECT_EQ(visible(root()), (Files{{name, "document"}}));
  }
}

TEST_P(RefusedNames, AnOriginalIsThereOnceWhereverThePutDied) {
  for (const fs::path& parent : {test::fast_disk(), fs::path(::testing::TempDir())})
    for (int at_call = 0;; at_call += test::kNextCall) {
      fs::remove_all(root());
      const Directory spool(parent);
      test::write(spool.path() / kJobId, "document");
      const bool died = dies(at_call, [&] { put(spool.path(), "a?.pdf"); });
      EXPECT_EQ(put(spool.path(), "a?.pdf"), "a%3F.pdf") << at_call;
      ASSERT_EQ(visible(root()), (Files{{"a%3F.pdf", "document"}})) << at_call;
      ASSERT_THAT(test::names_in(spool.path()), IsEmpty()) << at_call;
      if (!died) break;
    }
}

TEST_P(RefusedNames, AReportWithoutItsDocumentGetsOneToo) {
  Shelf shelf(root());
  shelf.put_report("a?.pdf", "why");
  EXPECT_EQ(visible(root()), (Files{{"a%3F.pdf.error.json", "why"}}));
  shelf.remove_report("a?.pdf");
  EXPECT_THAT(visible(root()), IsEmpty());
}

}  // namespace
}  // namespace chunkrd::outbox
