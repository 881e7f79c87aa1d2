#include "outbox/outbox.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <latch>
#include <ranges>
#include <system_error>
#include <thread>

#include "core/sha256.h"
#include "outbox/manifest.h"
#include "outbox/relative_name.h"
#include "scene.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;
using test::Directory;
using test::Fault;
using test::Files;
using test::kJob;
using test::kOtherJob;
using test::names_in;
using test::visible;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

Origin origin_of(const std::string& job_id, const std::string& input = "input") {
  return {.job_id = job_id,
          .name = "report.pdf",
          .task_id = "task of " + job_id,
          .input_sha256 = sha256_hex(input),
          .settings_hash = "settings"};
}

class OutboxTest : public ::testing::Test {
 protected:
  std::vector<Part> prepare(Outbox& outbox, const std::string& job_id) {
    const fs::path folder = outbox.prepare(job_id);
    test::write(folder / "result.json", "json of " + job_id);
    test::write(folder / "result.md", "md of " + job_id);
    return {{.suffix = ".json", .file = folder / "result.json"},
            {.suffix = ".md", .file = folder / "result.md"}};
  }

  Delivered deliver(Outbox& outbox, const std::string& job_id, const std::string& name) {
    return outbox.publish(origin_of(job_id), name, prepare(outbox, job_id));
  }

  fs::path deliveries() const { return root() / ".chunkrd" / "tmp"; }
  fs::path manifest(const std::string& job_id) const {
    return root() / ".chunkrd" / "manifests" / (job_id + ".json");
  }
  fs::path root() const { return directory_.path() / "outbox"; }

  Directory directory_;
};

const std::string kHash = sha256_hex("input").substr(0, 8);

TEST_F(OutboxTest, ADeliveryAppearsUnderTheDocumentsNameAndNothingElseDoes) {
  Outbox outbox(root(), Layout::flat);
  const Delivered delivered = deliver(outbox, "job1", "a/b/report.pdf");
  EXPECT_EQ(delivered.name, "a/b/report.pdf");
  EXPECT_FALSE(delivered.repeated);
  EXPECT_EQ(visible(root()),
            (Files{{"a/b/report.pdf.json", "json of job1"}, {"a/b/report.pdf.md", "md of job1"}}));
  EXPECT_THAT(names_in(deliveries()), IsEmpty());
}

TEST_F(OutboxTest, TheManifestSaysWhatWasDeliveredAndFromWhere) {
  Outbox outbox(root(), Layout::flat);
  deliver(outbox, "job1", "a/caf\xE9.pdf");
  const auto written = read_manifest(manifest("job1"));
  ASSERT_TRUE(written);
  EXPECT_EQ(written->name(), "a/caf\xE9.pdf");
  EXPECT_EQ(written->origin.task_id, "task of job1");
  EXPECT_EQ(written->origin.input_sha256, sha256_hex("input"));
  EXPECT_EQ(written->origin.settings_hash, "settings");
  EXPECT_EQ(written->json().sha256, sha256_hex("json of job1"));
  EXPECT_EQ(written->json().size_bytes, 12u);
  EXPECT_EQ(written->find(".md")->sha256, sha256_hex("md of job1"));
}

TEST_F(OutboxTest, ARepeatedDeliveryChangesNothingEvenWhenReadersTookTheFirst) {
  Outbox outbox(root(), Layout::flat);
  const auto parts = prepare(outbox, "job1");
  outbox.publish(origin_of("job1"), "report.pdf", parts);
  for (const char* name : {"report.pdf.json", "report.pdf.md"}) fs::remove(root() / name);
  const Delivered again = outbox.publish(origin_of("job1"), "report.pdf", parts);
  EXPECT_EQ(again.name, "report.pdf");
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(visible(root()), Files{});
}

TEST_F(OutboxTest, DocumentsOfOneNameGetAHashThenTheEndOfTheJobIdThenANumber) {
  Outbox outbox(root(), Layout::flat);
  EXPECT_EQ(deliver(outbox, "job1", "report.pdf").name, "report.pdf");
  EXPECT_EQ(deliver(outbox, "job2", "report.pdf").name, "report~" + kHash + ".pdf");
  EXPECT_EQ(deliver(outbox, "job3", "report.pdf").name, "report~" + kHash + "-job3.pdf");
  test::write(root() / ("report~" + kHash + "-job4.pdf.md"), "of somebody else");
  EXPECT_EQ(deliver(outbox, "job4", "report.pdf").name, "report~" + kHash + "-job4-3.pdf");
}

TEST_F(OutboxTest, AFileOfSomebodyElseIsNeverReplacedWhicheverPartItIs) {
  Outbox outbox(root(), Layout::flat);
  fs::create_directories(root());
  test::write(root() / "a.pdf.json", "precious");
  fs::create_symlink("nowhere", root() / "b.pdf.md");
  EXPECT_EQ(deliver(outbox, "job1", "a.pdf").name, "a~" + kHash + ".pdf");
  EXPECT_EQ(deliver(outbox, "job2", "b.pdf").name, "b~" + kHash + ".pdf");
  EXPECT_EQ(test::read(root() / "a.pdf.json"), "precious");
  EXPECT_FALSE(fs::exists(root() / "a.pdf.md"));
}

TEST_F(OutboxTest, ALinkOrAFileInPlaceOfAFolderIsNotFollowed) {
  Outbox outbox(root(), Layout::flat);
  fs::create_directories(root());
  const Directory outside;
  fs::create_symlink(outside.path(), root() / "link");
  test::write(root() / "file", "precious");
  EXPECT_EQ(deliver(outbox, "job1", "link/report.pdf").name, "link~folder/report.pdf");
  EXPECT_EQ(deliver(outbox, "job2", "file/report.pdf").name, "file~folder/report.pdf");
  EXPECT_THAT(names_in(outside.path()), IsEmpty());
}

TEST_F(OutboxTest, ANameThatWouldLeaveTheOutboxIsRefused) {
  Outbox outbox(root(), Layout::flat);
  EXPECT_THROW(deliver(outbox, "job1", "../report.pdf"), UnsafeName);
  EXPECT_THROW(outbox.prepare("../job"), UnsafeName);
}

TEST_F(OutboxTest, ANameOf255BytesIsShortenedAndKeepsItsEnding) {
  Outbox outbox(root(), Layout::flat);
  const std::string name = std::string(251, 'n') + ".pdf";
  const std::string delivered = deliver(outbox, "job1", name).name;
  EXPECT_EQ(delivered, std::string(237, 'n') + "~" + sha256_hex(name).substr(0, 8) + ".pdf");
  EXPECT_THAT(visible(root()), UnorderedElementsAre(Pair(delivered + ".json", "json of job1"),
                                                    Pair(delivered + ".md", "md of job1")));
  EXPECT_NE(deliver(outbox, "job2", name).name, delivered);
}

TEST_F(OutboxTest, LayoutFolderPutsAllIntoOneFolder) {
  Outbox outbox(root(), Layout::folder);
  EXPECT_EQ(deliver(outbox, "job1", "a/report.pdf").name, "a/report.pdf");
  EXPECT_EQ(deliver(outbox, "job2", "a/report.pdf").name, "a/report~" + kHash + ".pdf");
  const std::string second = "a/report~" + kHash + ".pdf/report~" + kHash + ".pdf";
  EXPECT_EQ(visible(root()), (Files{{"a/report.pdf/report.pdf.json", "json of job1"},
                                    {"a/report.pdf/report.pdf.md", "md of job1"},
                                    {second + ".json", "json of job2"},
                                    {second + ".md", "md of job2"}}));
  EXPECT_THAT(names_in(deliveries()), IsEmpty());
}

TEST_F(OutboxTest, WhatIsShownMayBeReadByOthersAndWhatIsOursMayNot) {
  for (const Layout layout : {Layout::flat, Layout::folder}) {
    Outbox outbox(root(), layout);
    fs::create_directories(root() / ".chunkrd");
    fs::permissions(root() / ".chunkrd", fs::perms(0755));
    for (int revision = 0; revision < 2; ++revision) {
      auto parts = prepare(outbox, "job1");
      parts.push_back({.suffix = ".images", .file = parts[0].file.parent_path() / "images"});
      fs::create_directory(parts[2].file);
      Origin origin = origin_of("job1");
      origin.revision = revision;
      outbox.publish(origin, "report.pdf", parts);
      for (const auto& entry : fs::directory_iterator(root()))
        if (entry.is_directory())
          EXPECT_EQ(entry.status().permissions(),
                    entry.path().filename() == ".chunkrd" ? fs::perms(0700) : fs::perms(0755))
              << entry.path();
    }
    fs::remove_all(root());
  }
}

TEST_F(OutboxTest, APartMayBeAFolderAndTheManifestNamesEachFileInIt) {
  for (const Layout layout : {Layout::flat, Layout::folder}) {
    Outbox outbox(root(), layout);
    auto parts = prepare(outbox, "job1");
    const fs::path images = parts[0].file.parent_path() / "images";
    fs::create_directory(images);
    test::write(images / "b.jpg", "picture b");
    test::write(images / "a.jpg", "picture");
    parts.push_back({.suffix = ".images", .file = images});
    outbox.publish(origin_of("job1"), "report.pdf", parts);
    const std::string in = layout == Layout::flat ? "" : "report.pdf/";
    EXPECT_EQ(visible(root()), (Files{{in + "report.pdf.json", "json of job1"},
                                      {in + "report.pdf.md", "md of job1"},
                                      {in + "report.pdf.images/a.jpg", "picture"},
                                      {in + "report.pdf.images/b.jpg", "picture b"}}));
    const auto written = read_manifest(manifest("job1"));
    const Manifest::File& folder = *written->find(".images");
    EXPECT_EQ(folder.size_bytes, 16u);
    ASSERT_TRUE(folder.members);
    EXPECT_EQ(folder.members->at(0), (Manifest::Member{"a.jpg", sha256_hex("picture"), 7}));
    EXPECT_EQ(folder.members->at(1), (Manifest::Member{"b.jpg", sha256_hex("picture b"), 9}));
    fs::remove_all(root());
  }
}

TEST_F(OutboxTest, AFolderPartThatIsEmptyIsShownAndALinkInOneIsRefused) {
  Outbox outbox(root(), Layout::flat);
  auto parts = prepare(outbox, "job1");
  const fs::path images = parts[0].file.parent_path() / "images";
  fs::create_directory(images);
  parts.push_back({.suffix = ".images", .file = images});
  fs::create_symlink("/etc/passwd", images / "a.jpg");
  EXPECT_THROW(outbox.publish(origin_of("job1"), "report.pdf", parts), std::system_error);
  EXPECT_EQ(visible(root()), Files{});
  fs::create_directory(images);
  outbox.publish(origin_of("job1"), "report.pdf", parts);
  EXPECT_TRUE(fs::is_empty(root() / "report.pdf.images"));
}

TEST_F(OutboxTest, APartInWhichTheNameStandsIsWrittenForTheNameItGets) {
  Outbox outbox(root(), Layout::flat);
  fs::create_directories(root() / "a" / "report.pdf.images");
  auto parts = prepare(outbox, "job1");
  const fs::path page = parts[0].file.parent_path() / "page.html";
  std::vector<std::string> names;
  parts.push_back({.suffix = ".html", .file = page, .write_for = [&](const std::string& base) {
                     names.push_back(base);
                     test::write(page, "page of " + base);
                   }});
  parts.push_back({.suffix = ".images", .file = parts[0].file.parent_path() / "images"});
  fs::create_directory(parts[3].file);
  const std::string base = "report~" + kHash + ".pdf";
  EXPECT_EQ(outbox.publish(origin_of("job1"), "a/report.pdf", parts).name, "a/" + base);
  EXPECT_EQ(test::read(root() / "a" / (base + ".html")), "page of " + base);
  EXPECT_THAT(names, ElementsAre(base)) << "not for a name that is taken";
  EXPECT_EQ(read_manifest(manifest("job1"))->find(".html")->sha256, sha256_hex("page of " + base));
}

TEST_F(OutboxTest, AStrayFileInTheDeliverysFolderIsNotShown) {
  Outbox outbox(root(), Layout::folder);
  const auto parts = prepare(outbox, "job1");
  test::write(parts[0].file.parent_path() / "half a download", "x");
  outbox.publish(origin_of("job1"), "report.pdf", parts);
  EXPECT_THAT(visible(root()), SizeIs(2));
  EXPECT_THAT(names_in(deliveries()), IsEmpty());
}

TEST_F(OutboxTest, SweepKeepsOnlyWhatStillHasAJob) {
  {
    Outbox outbox(root(), Layout::flat);
    prepare(outbox, kJob);
    prepare(outbox, kOtherJob);
  }
  Outbox outbox(root(), Layout::flat);
  outbox.sweep({kJob});
  EXPECT_THAT(names_in(deliveries()), ElementsAre(kJob));
}

TEST_F(OutboxTest, SweepGoesOnWhenOneDeliverysIntentIsDamaged) {
  Outbox outbox(root(), Layout::flat);
  test::write(outbox.prepare(kJob) / ".intent", "{");
  prepare(outbox, kOtherJob);
  outbox.sweep({});
  EXPECT_THAT(names_in(deliveries()), ElementsAre(kJob));
}

TEST_F(OutboxTest, APartThatIsNotThereIsAnErrorAndShowsNothing) {
  Outbox outbox(root(), Layout::flat);
  auto parts = prepare(outbox, "job1");
  fs::remove(parts[1].file);
  EXPECT_THROW(outbox.publish(origin_of("job1"), "report.pdf", parts), std::system_error);
  EXPECT_EQ(visible(root()), Files{});
}

// A power cut keeps what was synced: so everything is synced before the next thing relies on it.
TEST_F(OutboxTest, NothingIsShownBeforeItIsDurable) {
  Outbox outbox(root(), Layout::flat);
  const auto parts = prepare(outbox, "job1");
  test::break_disk(Fault::none, -1);
  outbox.publish(origin_of("job1"), "in/report.pdf", parts);
  const auto log = test::mend_disk().log;
  const auto first = [&](const std::string& what) {
    return std::ranges::find_if(log, [&](const std::string& line) { return line.starts_with(what); });
  };
  const std::string tmp = (deliveries() / "job1").native();
  const auto md = first("rename " + tmp + "/result.md ");
  const auto json = first("rename " + tmp + "/result.json ");
  const auto fact = first("rename " + tmp + "/.intent ");
  ASSERT_TRUE(md < json && json < fact && fact != log.end()) << ::testing::PrintToString(log);
  const auto synced = [&](const std::string& path, auto from, auto to) {
    return std::find(from, to, "fsync " + path) != to;
  };
  const auto intent = std::ranges::find_if(log, [&](const std::string& line) {
    return line.starts_with("rename ") && line.ends_with("/.intent");
  });
  EXPECT_TRUE(synced(tmp + "/result.md", log.begin(), intent));
  EXPECT_TRUE(synced(tmp + "/result.json", log.begin(), intent));
  EXPECT_TRUE(synced(root(), log.begin(), md)) << "the new folder's name";
  EXPECT_TRUE(synced(tmp, intent, md)) << "the intent and the parts' names";
  EXPECT_TRUE(synced(root() / "in", md, json));
  EXPECT_TRUE(synced(root() / "in", json, fact));
  EXPECT_TRUE(synced(root() / ".chunkrd" / "manifests", fact, log.end()));
}

TEST_F(OutboxTest, EachFileOfAFolderAndTheirNamesAreDurableBeforeItIsShown) {
  Outbox outbox(root(), Layout::flat);
  auto parts = prepare(outbox, "job1");
  const fs::path images = parts[0].file.parent_path() / "images";
  fs::create_directory(images);
  test::write(images / "a.jpg", "picture");
  parts.push_back({.suffix = ".images", .file = images});
  test::break_disk(Fault::none, -1);
  outbox.publish(origin_of("job1"), "report.pdf", parts);
  const auto log = test::mend_disk().log;
  const auto place = [&](const std::string& what) {
    return std::ranges::find_if(log, [&](const std::string& line) { return line.starts_with(what); });
  };
  const auto shown = place("rename " + images.native() + " ");
  ASSERT_NE(shown, log.end()) << ::testing::PrintToString(log);
  EXPECT_LT(place("fsync " + (images / "a.jpg").native()), shown);
  EXPECT_LT(std::ranges::find(log, "fsync " + images.native()), shown);
}

TEST_F(OutboxTest, AFileWhoseSyncFailedIsNeverSyncedAgain) {
  Outbox outbox(root(), Layout::flat);
  const auto parts = prepare(outbox, "job1");
  test::break_disk(Fault::fail, 0, EIO);
  EXPECT_THROW(outbox.publish(origin_of("job1"), "report.pdf", parts), std::system_error);
  EXPECT_THAT(test::mend_disk().log, Contains(StartsWith("fsync " + parts[0].file.native())));
  EXPECT_FALSE(fs::exists(parts[0].file));
  EXPECT_THROW(outbox.publish(origin_of("job1"), "report.pdf", parts), std::system_error)
      << "it is not there";
  EXPECT_EQ(deliver(outbox, "job1", "report.pdf").name, "report.pdf");
}

// Whichever call finds the disk full, or broken.
TEST_F(OutboxTest, AfterAnErrorNothingOrEverythingIsVisibleAndARetrySucceeds) {
  for (const Layout layout : {Layout::flat, Layout::folder}) {
    for (int call = 0;; ++call) {
      const std::string job_id = "job" + std::to_string(call) + (layout == Layout::flat ? "a" : "b");
      Outbox outbox(root(), layout);
      const auto parts = prepare(outbox, job_id);
      test::break_disk(Fault::fail, call, ENOSPC);
      bool failed = false;
      try {
        outbox.publish(origin_of(job_id), job_id, parts);
      } catch (const std::system_error& error) {
        failed = true;
        EXPECT_EQ(error.code(), std::errc::no_space_on_device) << error.what();
      }
      const auto calls = test::mend_disk();
      if (calls.count <= call) {
        fs::remove_all(root());
        break;
      }
      SCOPED_TRACE("call " + std::to_string(call) + ": " + calls.log[static_cast<std::size_t>(call)]);
      const Files after_error = visible(root());
      EXPECT_TRUE(after_error.empty() || after_error.size() == 2) << ::testing::PrintToString(after_error);

      if (failed) {
        const bool rewrite =
            !after_error.size() && (!fs::exists(parts[0].file) || !fs::exists(parts[1].file));
        const Delivered again =
            outbox.publish(origin_of(job_id), job_id, rewrite ? prepare(outbox, job_id) : parts);
        EXPECT_EQ(again.name, job_id);
      }
      EXPECT_THAT(visible(root()), SizeIs(2));
      fs::remove_all(root());
    }
  }
}

TEST_F(OutboxTest, ManyThreadsDeliveringOneNameGetAsManyNames) {
  Outbox outbox(root(), Layout::flat);
  constexpr int kThreads = 8;
  std::vector<std::string> names(kThreads);
  std::vector<std::vector<Part>> parts;
  for (int i = 0; i < kThreads; ++i) parts.push_back(prepare(outbox, "job" + std::to_string(i)));
  {
    std::latch start(kThreads);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kThreads; ++i)
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        names[i] = outbox.publish(origin_of("job" + std::to_string(i)), "a/report.pdf", parts[i]).name;
      });
  }
  const Files files = visible(root());
  EXPECT_THAT(files, SizeIs(2 * kThreads));
  for (std::size_t i = 0; i < kThreads; ++i) {
    EXPECT_THAT(files, Contains(Pair(names[i] + ".json", "json of job" + std::to_string(i))));
    EXPECT_THAT(files, Contains(Pair(names[i] + ".md", "md of job" + std::to_string(i))));
  }
}

}  // namespace
}  // namespace chunkrd::outbox
