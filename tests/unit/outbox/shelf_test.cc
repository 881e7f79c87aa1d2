#include "outbox/shelf.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>
#include <latch>
#include <thread>

#include "core/sha256.h"
#include "outbox/relative_name.h"
#include "scene.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;
using test::dies;
using test::Directory;
using test::Files;
using test::visible;
using ::testing::IsEmpty;

const std::string kSha = sha256_hex("document");
const std::string kMark = "~" + kSha.substr(0, 8);

enum class Spool { same_filesystem, other_filesystem };

struct Case {
  Spool spool;
  test::Rename rename;
  const char* name;
};

class ShelfTest : public ::testing::TestWithParam<Case> {
 protected:
  ShelfTest() { test::set_rename(GetParam().rename); }
  ~ShelfTest() override { test::set_rename(test::Rename::may_refuse); }

  void SetUp() override {
    struct stat here, there;
    ASSERT_EQ(::stat(shelf_directory_.path().c_str(), &here), 0);
    ASSERT_EQ(::stat(spool_.path().c_str(), &there), 0);
    if (GetParam().spool == Spool::other_filesystem && here.st_dev == there.st_dev)
      GTEST_SKIP() << "/dev/shm and the temporary directory are one filesystem here";
  }

  fs::path spool(const std::string& job_id, const std::string& text = "document") const {
    test::write(spool_.path() / job_id, text);
    return spool_.path() / job_id;
  }

  std::string put(const std::string& job_id, const std::string& name) const {
    return Shelf(root()).put(Folder(spool_.path()), job_id, {.name = name, .job_id = job_id, .sha256 = kSha});
  }

  fs::path root() const { return shelf_directory_.path() / "archive"; }

  Directory shelf_directory_{test::fast_disk()};
  Directory spool_{GetParam().spool == Spool::same_filesystem ? test::fast_disk()
                                                              : fs::path(::testing::TempDir())};
};

INSTANTIATE_TEST_SUITE_P(
    , ShelfTest,
    ::testing::Values(Case{Spool::same_filesystem, test::Rename::may_refuse, "OneFilesystem"},
                      Case{Spool::other_filesystem, test::Rename::may_refuse, "AcrossFilesystems"},
                      Case{Spool::same_filesystem, test::Rename::always_replaces, "OneFilesystemByLink"},
                      Case{Spool::other_filesystem, test::Rename::always_replaces,
                           "AcrossFilesystemsByLink"}),
    [](const auto& test) { return test.param.name; });

TEST_P(ShelfTest, TakesADocumentUnderItsName) {
  spool("job1");
  EXPECT_EQ(put("job1", "a/b/\xFF.pdf"), "a/b/\xFF.pdf");
  EXPECT_EQ(visible(root()), (Files{{"a/b/\xFF.pdf", "document"}}));
  EXPECT_THAT(test::names_in(spool_.path()), IsEmpty());
}

TEST_P(ShelfTest, KeepsTheDocumentsRightsAndTime) {
  const fs::path original = spool("job1");
  fs::permissions(original, fs::perms::owner_read);
  const auto time = fs::file_time_type::clock::now() - std::chrono::hours(48);
  fs::last_write_time(original, time);
  put("job1", "x.pdf");
  EXPECT_EQ(fs::status(root() / "x.pdf").permissions(), fs::perms::owner_read);
  EXPECT_EQ(fs::last_write_time(root() / "x.pdf"), time);
}

TEST_P(ShelfTest, NeverReplacesAndSaysTheSameNameWhenAskedAgain) {
  for (const char* job_id : {"job1", "job2", "job3"}) spool(job_id);
  EXPECT_EQ(put("job1", "x.pdf"), "x.pdf");
  EXPECT_EQ(put("job2", "x.pdf"), "x" + kMark + ".pdf");
  EXPECT_EQ(put("job3", "x.pdf"), "x" + kMark + "-job3.pdf");
  EXPECT_EQ(put("job1", "x.pdf"), "x.pdf");
  EXPECT_EQ(put("job2", "x.pdf"), "x" + kMark + ".pdf");
  EXPECT_EQ(put("job3", "x.pdf"), "x" + kMark + "-job3.pdf");
  EXPECT_EQ(visible(root()).size(), 3u);
}

TEST_P(ShelfTest, NamesADocumentWithoutAHashAfterItsJob) {
  spool("job1");
  fs::create_directory(root());
  test::write(root() / "x.pdf", "older");
  EXPECT_EQ(
      Shelf(root()).put(Folder(spool_.path()), "job1", {.name = "x.pdf", .job_id = "job1", .sha256 = ""}),
      "x~job1.pdf");
}

TEST_P(ShelfTest, DoesNotFollowALinkOutOfItself) {
  const Directory outside;
  fs::create_directory(root());
  fs::create_symlink(outside.path(), root() / "a");
  spool("job1");
  EXPECT_EQ(put("job1", "a/x.pdf"), "a~folder/x.pdf");
  EXPECT_EQ(put("job1", "a/x.pdf"), "a~folder/x.pdf");
  EXPECT_THAT(test::names_in(outside.path()), IsEmpty());
  EXPECT_THROW(put("job1", "../x.pdf"), UnsafeName);
}

TEST_P(ShelfTest, ADocumentIsThereOnceWhereverThePutDied) {
  for (const bool taken : {false, true}) {
    const std::string expected = taken ? "in/x" + kMark + ".pdf" : "in/x.pdf";
    for (int first = 0;; first += test::kNextCall) {
      bool first_died = true;
      bool died = true;
      for (int second = 0; died && first_died; second += test::kNextCall) {
        SCOPED_TRACE(::testing::Message() << first << ", then " << second << (taken ? ", taken" : ""));
        fs::remove_all(root());
        fs::create_directories(root() / "in");
        Files all{{expected, "document"}};
        // The same bytes: nobody may take the older document for ours.
        if (taken) {
          test::write(root() / "in" / "x.pdf", "document");
          all["in/x.pdf"] = "document";
        }
        spool("job1");
        first_died = dies(first, [&] { put("job1", "in/x.pdf"); });
        died = dies(second, [&] { put("job1", "in/x.pdf"); });
        EXPECT_TRUE(fs::exists(spool_.path() / "job1") || visible(root()) == all);
        EXPECT_EQ(put("job1", "in/x.pdf"), expected);
        EXPECT_EQ(visible(root()), all);
        EXPECT_THAT(test::names_in(spool_.path()), IsEmpty());
      }
      if (!first_died) break;
    }
  }
}

TEST_P(ShelfTest, AFullDiskLosesNothing) {
  for (int call = 0;; ++call) {
    SCOPED_TRACE(call);
    fs::remove_all(root());
    fs::create_directories(root());
    spool("job1");
    test::break_disk(test::Fault::fail, call, ENOSPC);
    try {
      put("job1", "in/x.pdf");
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code(), std::errc::no_space_on_device) << error.what();
    }
    if (test::mend_disk().count <= call) break;
    EXPECT_EQ(put("job1", "in/x.pdf"), "in/x.pdf");
    EXPECT_EQ(visible(root()), (Files{{"in/x.pdf", "document"}}));
    EXPECT_THAT(test::names_in(spool_.path()), IsEmpty());
  }
}

TEST_P(ShelfTest, ThreadsPuttingOneNameGetAsManyNames) {
  constexpr int kThreads = 8;
  const Shelf warm(root());
  for (int i = 0; i < kThreads; ++i) spool("job" + std::to_string(i), std::to_string(i));
  {
    std::latch start(kThreads);
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        put("job" + std::to_string(i), "a/x.pdf");
      });
  }
  EXPECT_EQ(visible(root()).size(), std::size_t{kThreads});
}

class ReportTest : public ::testing::Test {
 protected:
  std::string put(const std::string& name) {
    test::write(directory_.path() / "spooled", "document");
    return shelf_.put(Folder(directory_.path()), "spooled", {.name = name, .job_id = "job1", .sha256 = kSha});
  }

  Directory directory_;
  fs::path root_ = directory_.path() / "failed";
  Shelf shelf_{root_};
};

TEST_F(ReportTest, LiesBesideItsDocumentAndIsReplacedByALaterOne) {
  put("a/x.pdf");
  shelf_.put_report("a/x.pdf", "first");
  shelf_.put_report("a/x.pdf", "second");
  EXPECT_EQ(visible(root_), (Files{{"a/x.pdf", "document"}, {"a/x.pdf.error.json", "second"}}));
}

TEST_F(ReportTest, NeverReplacesADocument) {
  EXPECT_EQ(put("x.pdf.error.json"), "x.pdf.error" + kMark + ".json");
  shelf_.put_report("x.pdf", "report");
  EXPECT_EQ(visible(root_),
            (Files{{"x.pdf.error" + kMark + ".json", "document"}, {"x.pdf.error.json", "report"}}));
}

TEST_F(ReportTest, HasAShorterNameWhereTheDocumentsNameIsLong) {
  const std::string name = std::string(251, 'n') + ".pdf";
  EXPECT_EQ(put(name), name);
  shelf_.put_report(name, "report");
  EXPECT_EQ(visible(root_).at(fitted(name, 11) + ".error.json"), "report");
}

TEST_P(ShelfTest, GivesADocumentBackWithoutItsReportWhereverItDied) {
  int deaths = 0;
  for (bool died = true; died; ++deaths) {
    SCOPED_TRACE(deaths);
    const fs::path back = spool("job1");
    const std::string name = put("job1", "a/report.pdf");
    Shelf(root()).put_report(name, "{}");
    died = dies(deaths, [&] { Shelf(root()).give_back(name, Folder(spool_.path()), "job1"); });
    EXPECT_TRUE(Shelf(root()).give_back(name, Folder(spool_.path()), "job1"));
    EXPECT_EQ(test::read(back), "document");
    EXPECT_EQ(visible(root()), Files{});
    fs::remove(back);
  }
  EXPECT_GT(deaths, 3);
}

TEST_P(ShelfTest, AnOriginalThatIsNeitherHereNorThereIsAnError) {
  EXPECT_THROW(put("job1", "report.pdf"), std::runtime_error) << "nothing has ever been put";
  test::write(root() / "report.pdf", "somebody else's");
  EXPECT_THROW(put("job1", "report.pdf"), std::runtime_error) << "another document has the name";
  spool("job2");
  const std::string name = put("job2", "report.pdf");
  EXPECT_EQ(put("job2", "report.pdf"), name) << "moved by the call before";
  fs::remove(root() / name);
  EXPECT_THROW(put("job2", "report.pdf"), std::runtime_error) << "taken away since";
}

TEST_P(ShelfTest, ADocumentWithoutADigestIsKnownByItsNote) {
  spool("job1");
  const auto put_it = [&] {
    return Shelf(root()).put(Folder(spool_.path()), "job1",
                             {.name = "x.pdf", .job_id = "job1", .sha256 = ""});
  };
  EXPECT_EQ(put_it(), "x.pdf");
  EXPECT_EQ(put_it(), "x.pdf");
  EXPECT_EQ(Shelf(root()).noted("job1"), "x.pdf");
  fs::remove(root() / "x.pdf");
  EXPECT_THROW(put_it(), std::runtime_error);
}

TEST_P(ShelfTest, WhatIsSetAsideIsStillThere) {
  spool("job1");
  put("job1", "x.pdf");
  Shelf(root()).set_aside("x.pdf", "job9");
  EXPECT_EQ(visible(root()), (Files{{"x~job9.pdf", "document"}}));
}

TEST_P(ShelfTest, APathThatIsLongerThanThePathsOfTheSystemIsNoObstacle) {
  std::string name;
  for (int i = 0; i < 17; ++i) name += std::string(250, static_cast<char>('a' + i)) + "/";
  name += "x.pdf";
  ASSERT_GT((root() / name).native().size(), 4096u);
  spool("job1");
  EXPECT_EQ(put("job1", name), name);
  EXPECT_EQ(put("job1", name), name);
  Shelf shelf(root());
  EXPECT_TRUE(shelf.has(name));
  shelf.put_report(name, "{}");
  EXPECT_TRUE(shelf.lend(name, Folder(spool_.path()), "lent"));
  EXPECT_EQ(test::read(spool_.path() / "lent"), "document");
  fs::remove(spool_.path() / "lent");
  EXPECT_TRUE(shelf.give_back(name, Folder(spool_.path()), "job1"));
  put("job1", name);
  EXPECT_EQ(shelf.remove(name, kSha), Removal::removed);
}

TEST_P(ShelfTest, ADocumentThatIsNotHereIsNotGivenBack) {
  EXPECT_FALSE(Shelf(root()).give_back("report.pdf", Folder(spool_.path()), "job1"));
  EXPECT_FALSE(Shelf(root()).lend("report.pdf", Folder(spool_.path()), "job1"));
  EXPECT_FALSE(fs::exists(spool_.path() / "job1"));
}

TEST_P(ShelfTest, LendsACopyAndKeepsTheDocument) {
  const fs::path copy = spool("job1");
  put("job1", "report.pdf");
  EXPECT_TRUE(Shelf(root()).lend("report.pdf", Folder(spool_.path()), copy.filename()));
  EXPECT_EQ(test::read(copy), "document");
  EXPECT_EQ(visible(root()), (Files{{"report.pdf", "document"}}));
}

// --- what is not kept any longer

class Removing : public ::testing::Test {
 protected:
  Removing() {
    test::write(spool.path() / "job1", "document");
    EXPECT_EQ(
        shelf.put(Folder(spool.path()), "job1", {.name = "a/b/report.pdf", .job_id = "job1", .sha256 = kSha}),
        "a/b/report.pdf");
  }
  Removal remove() const { return shelf.remove("a/b/report.pdf", kSha); }

  Directory spool{test::fast_disk()}, directory{test::fast_disk()};
  fs::path root = directory.path() / "archive";
  Shelf shelf{root};
};

TEST_F(Removing, TakesTheDocumentAndTheFoldersThatAreEmptyThen) {
  test::write(root / "a" / "other.pdf", "other");
  EXPECT_EQ(remove(), Removal::removed);
  EXPECT_FALSE(fs::exists(root / "a/b"));
  EXPECT_EQ(visible(root), (Files{{"a/other.pdf", "other"}}));
  EXPECT_EQ(remove(), Removal::gone) << "a second time is nothing";
}

TEST_F(Removing, LeavesWhatIsNotAsItWasPutThere) {
  test::write(root / "a/b/report.pdf", "mended by hand");
  EXPECT_EQ(remove(), Removal::another);
  fs::remove(root / "a/b/report.pdf");
  fs::create_directory(root / "a/b/report.pdf");
  EXPECT_EQ(remove(), Removal::another);
  EXPECT_TRUE(fs::is_directory(root / "a/b/report.pdf"));
}

TEST_F(Removing, NeverGoesThroughALink) {
  Directory elsewhere{test::fast_disk()};
  fs::create_directory(elsewhere.path() / "b");
  test::write(elsewhere.path() / "b/report.pdf", "document");
  fs::remove_all(root / "a");
  fs::create_symlink(elsewhere.path(), root / "a");
  EXPECT_EQ(remove(), Removal::gone);
  fs::remove(root / "a");
  fs::create_directories(root / "a/b");
  fs::create_symlink(elsewhere.path() / "b/report.pdf", root / "a/b/report.pdf");
  EXPECT_EQ(remove(), Removal::another);
  EXPECT_EQ(test::read(elsewhere.path() / "b/report.pdf"), "document");
}

TEST_F(Removing, RefusesNamesThatLeadOut) {
  EXPECT_THROW(shelf.remove("../report.pdf", kSha), UnsafeName);
  EXPECT_THROW(shelf.remove(".chunkrd/notes/job1", kSha), UnsafeName);
}

TEST_F(Removing, DyingAtAnyPointItCanBeRepeated) {
  for (int at_call = 1;; ++at_call) {
    if (!fs::exists(root / "a/b/report.pdf")) {
      test::write(spool.path() / "job1", "document");
      ASSERT_EQ(shelf.put(Folder(spool.path()), "job1",
                          {.name = "a/b/report.pdf", .job_id = "job1", .sha256 = kSha}),
                "a/b/report.pdf");
    }
    const bool died = dies(at_call, [&] { remove(); });
    remove();
    ASSERT_THAT(visible(root), IsEmpty()) << at_call;
    ASSERT_FALSE(fs::exists(root / "a")) << at_call;
    if (!died) break;
  }
}

TEST_F(Removing, ANoteOfADocumentIsForgotten) {
  test::write(spool.path() / "job2", "another");
  const auto name = shelf.put(Folder(spool.path()), "job2",
                              {.name = "a/b/report.pdf", .job_id = "job2", .sha256 = sha256_hex("another")});
  ASSERT_TRUE(fs::exists(root / ".chunkrd/notes/job2"));
  shelf.forget({"job2", "job3"});
  EXPECT_FALSE(fs::exists(root / ".chunkrd/notes/job2"));
  EXPECT_TRUE(fs::exists(root / name));
}

}  // namespace
}  // namespace chunkrd::outbox
