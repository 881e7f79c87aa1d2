// An outbox that is removed, or whose own files are damaged, while we run.

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <functional>

#include "core/sha256.h"
#include "outbox/manifest.h"
#include "outbox/outbox.h"
#include "scene.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;
using test::Directory;
using test::Files;
using test::kJob;
using test::kOtherJob;
using test::names_in;
using test::visible;
using ::testing::ElementsAre;

class Damage : public ::testing::Test {
 protected:
  static Origin origin_of(const std::string& job_id, int revision = 0) {
    return {.job_id = job_id,
            .name = "report.pdf",
            .task_id = "task",
            .input_sha256 = std::string(64, 'a'),
            .settings_hash = "settings",
            .revision = revision};
  }
  std::vector<Part> prepare(const std::string& job_id) {
    const fs::path folder = outbox_.prepare(job_id);
    test::write(folder / "task.json", "json of " + job_id);
    return {{.suffix = ".json", .file = folder / "task.json"}};
  }
  Delivered deliver(const std::string& job_id, const std::string& name = "report.pdf", int revision = 0) {
    return outbox_.publish(origin_of(job_id, revision), name, prepare(job_id));
  }
  fs::path manifest(const std::string& job_id) const {
    return root_ / ".chunkrd" / "manifests" / (job_id + ".json");
  }

  // What can have become of a small file of ours. FIFOs are opened by nobody else: whoever waits for one
  // waits for ever.
  std::vector<std::function<void(const fs::path&)>> damages() const {
    return {[](const fs::path& file) { test::write(file, ""); },
            [](const fs::path& file) { test::write(file, test::read(file).substr(0, 40)); },
            [](const fs::path& file) { test::write(file, "[1, 2]"); },
            [](const fs::path& file) { test::write(file, std::string(100'000, '[')); },
            [](const fs::path& file) { test::write(file, std::string("\0\0\0\0", 4)); },
            [](const fs::path& file) {
              fs::remove(file);
              fs::create_directory(file);
            },
            [](const fs::path& file) {
              fs::remove(file);
              fs::create_symlink("nowhere", file);
            },
            [](const fs::path& file) {
              fs::remove(file);
              ASSERT_EQ(::mkfifo(file.c_str(), 0644), 0);
            }};
  }

  Directory directory_;
  fs::path root_ = directory_.path() / "outbox";
  Outbox outbox_{root_, Layout::flat};
};

// --- the outbox goes away

TEST_F(Damage, AnOutboxThatWasRemovedAndMadeAgainIsDeliveredInto) {
  deliver(kOtherJob, "earlier.pdf");
  fs::remove_all(root_);
  fs::create_directory(root_);
  EXPECT_EQ(deliver(kJob).name, "report.pdf");
  EXPECT_EQ(visible(root_), (Files{{"report.pdf.json", "json of " + kJob}}));
  EXPECT_TRUE(fs::exists(manifest(kJob)));
}

TEST_F(Damage, AnOutboxThatIsGoneIsMadeAgainFromWhicheverFolderOn) {
  for (const fs::path& gone :
       {root_, root_ / ".chunkrd", root_ / ".chunkrd" / "tmp", root_ / ".chunkrd" / "manifests"}) {
    fs::remove_all(gone);
    EXPECT_EQ(deliver(kJob, gone.filename().native() + ".pdf").name, gone.filename().native() + ".pdf");
    outbox_.forget({kJob});
  }
}

TEST_F(Damage, WhatWasCollectedAndWentWithTheOutboxIsMissingAndCanBeCollectedAgain) {
  const auto parts = prepare(kJob);
  fs::rename(root_, directory_.path() / "elsewhere");
  try {
    outbox_.publish(origin_of(kJob), "report.pdf", parts);
    ADD_FAILURE() << "delivered what is not there";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory) << error.what();
  }
  EXPECT_EQ(deliver(kJob).name, "report.pdf");
}

TEST_F(Damage, ForgettingAndLendingNeedNoOutbox) {
  deliver(kJob);
  fs::remove_all(root_ / ".chunkrd");
  outbox_.forget({kJob});
  EXPECT_FALSE(outbox_.lend(kJob, ".json", directory_.path() / "copy"));
}

// --- a manifest is damaged

TEST_F(Damage, ADamagedManifestIsAsNone) {
  const std::string json = "report.pdf.json";
  for (std::size_t i = 0; i < damages().size(); ++i) {
    SCOPED_TRACE(i);
    fs::remove_all(root_);
    deliver(kJob);
    damages()[i](manifest(kJob));
    EXPECT_FALSE(outbox_.lend(kJob, ".json", directory_.path() / "copy"));
    EXPECT_EQ(deliver(kJob, "report.pdf", 1).name, "report~aaaaaaaa.pdf") << "nothing is known to be ours";
    EXPECT_EQ(test::read(root_ / json), "json of " + kJob);
    EXPECT_EQ(read_manifest(manifest(kJob))->name(), "report~aaaaaaaa.pdf")
        << "from now on it is known again";
  }
}

TEST_F(Damage, AManifestThatNamesAFileElsewhereIsAsNone) {
  test::write(directory_.path() / "precious.json", "precious");
  deliver(kJob);
  std::string text = test::read(manifest(kJob));
  const std::string base = "\"base\":\"report.pdf\"";
  ASSERT_NE(text.find(base), std::string::npos) << text;
  text.replace(text.find(base), base.size(), "\"base\":\"../precious\"");
  text.replace(text.find(sha256_hex("json of " + kJob)), 64, sha256_hex("precious"));
  text.replace(text.find("\"size_bytes\":"), std::string("\"size_bytes\":34").size(), "\"size_bytes\":8");
  test::write(manifest(kJob), text);
  EXPECT_EQ(deliver(kJob, "report.pdf", 1).name, "report~aaaaaaaa.pdf");
  EXPECT_EQ(test::read(directory_.path() / "precious.json"), "precious");
}

TEST_F(Damage, ForgettingGoesOnPastAManifestThatCannotBeRemoved) {
  deliver(kJob);
  deliver(kOtherJob, "other.pdf");
  fs::remove(manifest(kJob));
  fs::create_directories(manifest(kJob) / "mine");
  outbox_.forget({kJob, kOtherJob});
  EXPECT_TRUE(fs::exists(manifest(kJob) / "mine"));
  EXPECT_FALSE(fs::exists(manifest(kOtherJob)));
}

// --- an intent is damaged

TEST_F(Damage, ADeliveryWhoseIntentIsDamagedIsBegunAnewAndNothingOfItIsRemoved) {
  for (std::size_t i = 0; i < damages().size(); ++i) {
    SCOPED_TRACE(i);
    fs::remove_all(root_);
    prepare(kJob);
    const fs::path tmp = root_ / ".chunkrd" / "tmp";
    test::write(tmp / kJob / ".intent", "{\"version\":1}");
    damages()[i](tmp / kJob / ".intent");
    EXPECT_EQ(deliver(kJob).name, "report.pdf");
    EXPECT_THAT(names_in(tmp), ElementsAre(kJob + "~damaged"));
  }
}

// --- handing over

TEST_F(Damage, AResultThatIsHandedOverStaysAsItLiesAndBelongsToTheNewJob) {
  deliver(kJob);
  for (const char* time : {"once", "again"}) {
    SCOPED_TRACE(time);
    EXPECT_EQ(outbox_.hand_over(kJob, kOtherJob), "report.pdf");
    EXPECT_FALSE(fs::exists(manifest(kJob)));
    EXPECT_EQ(read_manifest(manifest(kOtherJob))->origin.job_id, kOtherJob);
  }
  EXPECT_EQ(test::read(root_ / "report.pdf.json"), "json of " + kJob);
  EXPECT_EQ(deliver(kOtherJob, "report.pdf", 1).name, "report.pdf") << "it may replace it";
  EXPECT_EQ(outbox_.hand_over("unknown", "another"), std::nullopt);
}

TEST_F(Damage, AResultThatSupersedesAnotherJobsTakesItsPlaceWhereverThatDied) {
  for (int deaths = 0;; ++deaths) {
    SCOPED_TRACE(deaths);
    fs::remove_all(root_);
    deliver(kJob);
    Origin origin = origin_of(kOtherJob);
    origin.input_sha256 = std::string(64, 'b');
    origin.supersedes = kJob;
    const auto publish = [&] {
      const fs::path folder = outbox_.prepare(kOtherJob);
      if (!fs::exists(folder / ".intent") || fs::exists(folder / "task.json"))
        test::write(folder / "task.json", "json of " + kOtherJob);
      return outbox_.publish(origin, "report.pdf", {{.suffix = ".json", .file = folder / "task.json"}});
    };
    const bool died = test::dies(deaths, publish);
    EXPECT_EQ(publish().name, "report.pdf");
    EXPECT_EQ(visible(root_), (Files{{"report.pdf.json", "json of " + kOtherJob}}));
    EXPECT_FALSE(fs::exists(manifest(kJob)));
    EXPECT_EQ(read_manifest(manifest(kOtherJob))->name(), "report.pdf");
    if (!died) return;
  }
}

// --- names that are as long as names can be

class LongPaths : public ::testing::TestWithParam<Layout> {};
INSTANTIATE_TEST_SUITE_P(, LongPaths, ::testing::Values(Layout::flat, Layout::folder),
                         [](const auto& test) { return test.param == Layout::flat ? "Flat" : "Folder"; });

// Folders can be made step by step that no single path reaches any more.
TEST_P(LongPaths, AResultBelowFoldersThatNoPathReachesIsDeliveredReplacedAndLent) {
  const Directory directory{test::fast_disk()};
  Outbox outbox(directory.path() / "outbox", GetParam());
  std::string name;
  while (name.size() < 4080) name += std::string(250, 'f') + "/";
  name += "report.pdf";
  for (int revision = 0; revision < 3; ++revision) {
    const fs::path folder = outbox.prepare(kJob);
    test::write(folder / "task.json", "json " + std::to_string(revision));
    fs::create_directory(folder / "images");
    test::write(folder / "images" / "a.jpg", "picture " + std::to_string(revision));
    const Origin origin{.job_id = kJob,
                        .name = name,
                        .task_id = "task",
                        .input_sha256 = std::string(64, 'a'),
                        .settings_hash = "settings",
                        .revision = revision};
    EXPECT_EQ(
        outbox.publish(origin, name, {{".json", folder / "task.json"}, {".images", folder / "images"}}).name,
        name);
    EXPECT_TRUE(outbox.lend(kJob, ".json", directory.path() / "copy"));
    EXPECT_EQ(test::read(directory.path() / "copy"), "json " + std::to_string(revision));
  }
  EXPECT_THAT(names_in(directory.path() / "outbox" / ".chunkrd" / "manifests"), ElementsAre(kJob + ".json"));
}

}  // namespace
}  // namespace chunkrd::outbox
