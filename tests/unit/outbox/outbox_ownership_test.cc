// What lies in an outbox and is not ours stays there, whatever we do.

#include <gmock/gmock.h>

#include <algorithm>

#include "core/sha256.h"
#include "outbox/manifest.h"
#include "outbox/outbox.h"
#include "two_results.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;
using test::dies;
using test::Directory;
using test::Files;
using test::kJob;
using test::kOtherJob;
using test::names_in;
using test::visible;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class Ownership : public test::TwoResults {
 protected:
  // What people, and other programs, put beside our files.
  static Files notes() {
    Files files{{at() + ".images/notes.txt", "about the pictures"},
                {at() + ".images/deeper/more.txt", "more of it"}};
    if (GetParam().layout == Layout::flat) return files;
    files["report.pdf/notes.txt"] = "about the report";
    files["report.pdf/annex.pdf/annex.pdf.json"] = "another document's, from an earlier release";
    return files;
  }
  static void put(const fs::path& root, const Files& files) {
    for (const auto& [name, text] : files) {
      fs::create_directories((root / name).parent_path());
      test::write(root / name, text);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(, Ownership, ::testing::ValuesIn(test::kAllWays),
                         [](const auto& test) { return test.param.name; });

TEST_P(Ownership, WhatLiesBesideOurFilesStaysWhereItIsWhenTheyAreReplaced) {
  const Ground ground;
  ground.publish(0);
  put(ground.root, notes());
  const Delivered delivered = ground.publish(1);
  EXPECT_EQ(delivered.name, "report.pdf");
  EXPECT_EQ(delivered.told, "");
  EXPECT_EQ(visible(ground.root), with(result(1), notes()));
  EXPECT_THAT(names_in(ground.root / ".chunkrd" / "tmp"), IsEmpty());
}

TEST_P(Ownership, WhatLiesBesideOurFilesStaysWhereverTheReplacementDied) {
  int deaths = 0;
  for (bool died = true; died; ++deaths) {
    SCOPED_TRACE(deaths);
    const Ground ground;
    ground.publish(0);
    put(ground.root, notes());
    died = dies(deaths, [&] { ground.publish(1); });
    for (const auto& [name, text] : notes()) EXPECT_EQ(test::read(ground.root / name), text) << name;
    EXPECT_EQ(ground.publish(1).name, "report.pdf");
    EXPECT_EQ(visible(ground.root), with(result(1), notes()));
    EXPECT_THAT(names_in(ground.root / ".chunkrd" / "tmp"), IsEmpty());
  }
  EXPECT_GT(deaths, 12);
}

TEST_P(Ownership, AFileOfOursThatWasEditedStaysAndTheNewResultLiesBesideIt) {
  for (const std::string edited : {".json", ".images/x"}) {
    const Ground ground;
    ground.publish(0);
    put(ground.root, {{at() + edited, "edited"}});
    const Files before = visible(ground.root);
    const Delivered delivered = ground.publish(1);
    EXPECT_EQ(delivered.name, "report~aaaaaaaa.pdf");
    EXPECT_THAT(delivered.told, HasSubstr("report.pdf stays"));
    EXPECT_EQ(visible(ground.root), with(before, result(1, "report~aaaaaaaa.pdf")));
  }
}

TEST_P(Ownership, AnEditedFileThatTheNewResultDoesNotHaveStays) {
  for (const std::string edited : {".md", ".images/y"}) {
    const Ground ground;
    ground.publish(0);
    put(ground.root, {{at() + edited, "edited"}});
    EXPECT_EQ(ground.publish(1).name, "report.pdf");
    EXPECT_EQ(visible(ground.root), with(result(1), {{at() + edited, "edited"}}));
  }
}

TEST_P(Ownership, AFileOfSomebodyElseWithANameOfTheNewResultStays) {
  for (const std::string taken : {".txt", ".images/z"}) {
    const Ground ground;
    ground.publish(0);
    put(ground.root, {{at() + taken, "mine"}});
    const Files before = visible(ground.root);
    EXPECT_EQ(ground.publish(1).name, "report~aaaaaaaa.pdf");
    EXPECT_EQ(visible(ground.root), with(before, result(1, "report~aaaaaaaa.pdf")));
  }
}

TEST_P(Ownership, ALinkInPlaceOfAFolderOfOursIsNotFollowed) {
  const std::string folder = GetParam().layout == Layout::flat ? "report.pdf.images" : "report.pdf";
  const Ground ground;
  ground.publish(0);
  const fs::path elsewhere = ground.directory.path() / "elsewhere";
  fs::rename(ground.root / folder, elsewhere);
  const Files there = visible(elsewhere);
  fs::create_directory_symlink(elsewhere, ground.root / folder);
  EXPECT_EQ(ground.publish(1).name, "report~aaaaaaaa.pdf");
  EXPECT_EQ(visible(elsewhere), there);
  EXPECT_TRUE(fs::is_symlink(ground.root / folder));
}

// Whatever somebody does between two calls of ours, his text is somewhere afterwards, and our result whole.
TEST_P(Ownership, WhatSomebodyDoesMeanwhileIsNeverLost) {
  struct Act {
    const char* what;
    std::string name;
    void (*act)(const fs::path& path);
  };
  const auto edit = [](const fs::path& path) { test::write(path, "precious"); };
  const auto put_over = [](const fs::path& path) {
    const fs::path draft = path.parent_path() / ".draft";
    test::write(draft, "precious");
    std::error_code gone;
    fs::rename(draft, path, gone);
  };
  const auto exchange_folder = [](const fs::path& path) {
    std::error_code gone;
    fs::rename(path, path.native() + ".old", gone);
    fs::create_directory(path, gone);
    test::write(path / "mine", "precious");
  };
  const std::string folder = GetParam().layout == Layout::flat ? "report.pdf.images" : "report.pdf";
  const std::vector<Act> acts{
      {"edits", at() + ".images/x", edit},     {"edits", at() + ".md", edit},
      {"puts over", at() + ".json", put_over}, {"puts over", at() + ".images/y", put_over},
      {"adds", at() + ".images/new", edit},    {"adds", at() + ".txt", edit},
      {"exchanges", folder, exchange_folder}};
  for (const Act& act : acts) {
    bool acted = true;
    for (int call = 0; acted; ++call) {
      SCOPED_TRACE(std::string(act.what) + " " + act.name + " at call " + std::to_string(call));
      const Ground ground;
      ground.publish(0);
      const auto parts = ground.write(1);
      bool precious = false;
      acted = false;
      test::meanwhile(call, [&] {
        acted = true;
        act.act(ground.root / act.name);
        precious = std::ranges::any_of(visible(ground.root),
                                       [](const auto& file) { return file.second == "precious"; });
      });
      Outbox outbox(ground.root, ground.layout);
      Delivered delivered;
      try {
        delivered = outbox.publish(test::revision_of(kJob, 1), "report.pdf", parts);
        test::mend_disk();
      } catch (const std::system_error&) {
        test::mend_disk();
        try {
          delivered = ground.publish(1);
        } catch (const std::system_error& error) {
          // Its pictures are visible beside his: they are fetched again.
          ASSERT_EQ(error.code(), std::errc::no_such_file_or_directory) << error.what();
          fs::remove_all(ground.root / ".chunkrd" / "tmp" / kJob);
          delivered = ground.publish(1);
        }
      }
      const Files files = visible(ground.root);
      EXPECT_TRUE(!precious || std::ranges::any_of(files, [](const auto& file) {
        return file.second == "precious";
      })) << ::testing::PrintToString(files);
      std::string text;
      for (const auto& [name, content] : result(1, delivered.name))
        if (const auto found = files.find(name); found == files.end() || found->second != content)
          text += name + " ";
      // What he did to the new result after it was there is his.
      if (text.find(".json") == std::string::npos && !text.empty()) EXPECT_TRUE(precious) << text;
    }
  }
}

TEST_P(Ownership, NoResultLandsInTheFolderOfAnothers) {
  const std::string folder = GetParam().layout == Layout::flat ? "report.pdf.images" : "report.pdf";
  const Ground ground;
  ground.publish(0);
  Outbox outbox(ground.root, ground.layout);
  const fs::path own = outbox.prepare(kOtherJob);
  test::write(own / "task.json", "json of the annex");
  Origin origin = test::revision_of(kOtherJob, 0);
  origin.name = folder + "/annex.pdf";
  EXPECT_EQ(outbox.publish(origin, origin.name, {{".json", own / "task.json"}}).name,
            folder + "~folder/annex.pdf");
  ground.publish(1);
  EXPECT_EQ(visible(ground.root),
            with(result(1), {{folder + "~folder/" + at("annex.pdf") + ".json", "json of the annex"}}));
}

// A crash before the JSON, then the name is taken: what was shown is taken back, but nothing else.
TEST_P(Ownership, WhatWasPutIntoAFolderThatIsTakenBackStays) {
  if (GetParam().layout == Layout::folder) GTEST_SKIP() << "there nothing is visible before everything is";
  for (int deaths = 0;; ++deaths) {
    SCOPED_TRACE(deaths);
    const Ground ground;
    if (!dies(deaths, [&] { ground.publish(0); })) return;
    if (!fs::exists(ground.root / "report.pdf.images") || fs::exists(ground.root / "report.pdf.json"))
      continue;
    const Files mine{{"report.pdf.images/notes.txt", "mine"}, {"report.pdf.json", "of somebody else"}};
    put(ground.root, mine);
    EXPECT_EQ(ground.publish(0).name, "report~aaaaaaaa.pdf");
    EXPECT_EQ(visible(ground.root), with(result(0, "report~aaaaaaaa.pdf"), mine));
  }
}

TEST(Sweeping, WhatLiesInOurFoldersAndIsNoDeliveryStays) {
  const Directory directory;
  Outbox outbox(directory.path(), Layout::flat);
  outbox.prepare(kJob);
  const fs::path tmp = directory.path() / ".chunkrd" / "tmp";
  test::write(tmp / "notes.txt", "mine");
  test::write(tmp / kOtherJob, "a file");
  fs::create_directory(tmp / "backup");
  test::write(tmp / "backup" / "report.pdf", "mine");
  outbox.sweep({});
  EXPECT_THAT(names_in(tmp), UnorderedElementsAre("notes.txt", kOtherJob, "backup"));
  EXPECT_EQ(test::read(tmp / "backup" / "report.pdf"), "mine");
}

TEST(Sweeping, ALinkInPlaceOfAFolderOfOursIsAnErrorThatNamesIt) {
  const Directory directory, elsewhere;
  fs::create_directory(elsewhere.path() / kJob);
  test::write(elsewhere.path() / kJob / "notes.txt", "mine");
  Outbox outbox(directory.path() / "outbox", Layout::flat);
  const fs::path tmp = directory.path() / "outbox" / ".chunkrd" / "tmp";
  fs::create_directories(tmp.parent_path());
  fs::create_directory_symlink(elsewhere.path(), tmp);
  for (const auto& attempt :
       std::vector<std::function<void()>>{[&] { outbox.sweep({}); }, [&] { outbox.prepare(kJob); }}) {
    try {
      attempt();
      ADD_FAILURE() << "went through the link";
    } catch (const std::system_error& error) {
      EXPECT_THAT(error.what(), HasSubstr(tmp.native()));
    }
  }
  EXPECT_EQ(test::read(elsewhere.path() / kJob / "notes.txt"), "mine");
}

}  // namespace
}  // namespace chunkrd::outbox
