// A delivery that dies at each of its calls to the disk, and at each of the calls of its repetition.

#include <gmock/gmock.h>

#include "outbox/manifest.h"
#include "outbox/outbox.h"
#include "scene.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;
using test::dies;
using test::Directory;
using test::Files;
using test::names_in;
using test::visible;
using ::testing::IsEmpty;

const Origin kOrigin{.job_id = "job1",
                     .name = "a/report.pdf",
                     .task_id = "task",
                     .input_sha256 = std::string(64, 'a'),
                     .settings_hash = "settings"};

struct Case {
  Layout layout;
  test::Rename rename;
  const char* name;
};

class Crash : public ::testing::TestWithParam<Case> {
 protected:
  Crash() { test::set_rename(GetParam().rename); }
  ~Crash() override { test::set_rename(test::Rename::may_refuse); }

  // The documents of a crash-free run.
  Files whole(const std::string& name) const {
    const std::string path = GetParam().layout == Layout::folder ? name + name.substr(name.rfind('/')) : name;
    return {{path + ".json", "json"}, {path + ".md", "md"}};
  }

  struct Ground {
    explicit Ground(Layout wanted) : layout(wanted) {
      Outbox outbox(root, layout);
      const fs::path folder = outbox.prepare(kOrigin.job_id);
      test::write(folder / "result.json", "json");
      test::write(folder / "result.md", "md");
      parts = {{.suffix = ".json", .file = folder / "result.json"},
               {.suffix = ".md", .file = folder / "result.md"}};
    }
    Delivered publish() const { return Outbox(root, layout).publish(kOrigin, "a/report.pdf", parts); }

    Directory directory{test::fast_disk()};
    fs::path root = directory.path() / "outbox";
    Layout layout;
    std::vector<Part> parts;
  };

  // The JSON is never there without the rest, and a folder never without its JSON.
  void expect_nobody_misled(const Files& files, const std::string& name) {
    const Files all = whole(name);
    const auto& [json, json_text] = *all.begin();
    for (const auto& [path, text] : files) EXPECT_TRUE(all.contains(path) && all.at(path) == text) << path;
    if (files.contains(json) || GetParam().layout == Layout::folder) {
      EXPECT_TRUE(files.empty() || files == all);
    }
  }

  void expect_delivered(const Ground& ground, const Files& all) {
    EXPECT_EQ(visible(ground.root), all);
    Outbox(ground.root, ground.layout).sweep({});
    EXPECT_EQ(visible(ground.root), all);
    EXPECT_THAT(names_in(ground.root / ".chunkrd" / "tmp"), IsEmpty());
    EXPECT_TRUE(read_manifest(ground.root / ".chunkrd" / "manifests" / "job1.json"));
  }
};

INSTANTIATE_TEST_SUITE_P(, Crash,
                         ::testing::Values(Case{Layout::flat, test::Rename::may_refuse, "Flat"},
                                           Case{Layout::folder, test::Rename::may_refuse, "Folder"},
                                           Case{Layout::flat, test::Rename::always_replaces, "FlatByLink"}),
                         [](const auto& test) { return test.param.name; });

TEST_P(Crash, ARepeatedDeliveryEndsTheSameWhereverTheFirstDied) {
  int deaths = 0;
  for (bool died = true; died; ++deaths) {
    SCOPED_TRACE(deaths);
    const Ground ground(GetParam().layout);
    died = dies(deaths, [&] { ground.publish(); });
    expect_nobody_misled(visible(ground.root), "a/report.pdf");
    EXPECT_EQ(ground.publish().name, "a/report.pdf");
    expect_delivered(ground, whole("a/report.pdf"));
  }
  EXPECT_GT(deaths, 12);
}

TEST_P(Crash, ARepetitionMayDieToo) {
  for (int first = 0;; ++first) {
    bool died = true;
    for (int second = 0; died; ++second) {
      SCOPED_TRACE(::testing::Message() << first << ", then " << second);
      const Ground ground(GetParam().layout);
      if (!dies(first, [&] { ground.publish(); })) return;
      died = dies(second, [&] { ground.publish(); });
      expect_nobody_misled(visible(ground.root), "a/report.pdf");
      EXPECT_EQ(ground.publish().name, "a/report.pdf");
      expect_delivered(ground, whole("a/report.pdf"));
    }
  }
}

// The name is taken while the delivery is dead; what it had shown until then moves along.
TEST_P(Crash, ANameTakenInBetweenMeansAnotherNameForTheWholeResult) {
  const std::string other = "a/report~aaaaaaaa.pdf";
  for (int first = 0;; ++first) {
    bool died = true;
    for (int second = 0; died; ++second) {
      SCOPED_TRACE(::testing::Message() << first << ", then " << second);
      const Ground ground(GetParam().layout);
      if (!dies(first, [&] { ground.publish(); })) return;
      if (visible(ground.root) == whole("a/report.pdf")) return;
      const std::string intruder = GetParam().layout == Layout::folder ? "a/report.pdf" : "a/report.pdf.json";
      fs::create_directories(ground.root / "a");
      test::write(ground.root / intruder, "of somebody else");
      died = dies(second, [&] { ground.publish(); });
      EXPECT_EQ(ground.publish().name, other);
      Files all = whole(other);
      all[intruder] = "of somebody else";
      expect_delivered(ground, all);
    }
  }
}

TEST_P(Crash, ADeliveryThatIsGivenUpLeavesAllOrNothing) {
  for (int first = 0;; ++first) {
    bool died = true;
    for (int second = 0; died; ++second) {
      SCOPED_TRACE(::testing::Message() << first << ", then " << second);
      const Ground ground(GetParam().layout);
      if (!dies(first, [&] { ground.publish(); })) return;
      const auto sweep = [&] { Outbox(ground.root, ground.layout).sweep({}); };
      died = dies(second, sweep);
      sweep();
      const Files files = visible(ground.root);
      EXPECT_TRUE(files.empty() || files == whole("a/report.pdf")) << ::testing::PrintToString(files);
      EXPECT_THAT(names_in(ground.root / ".chunkrd" / "tmp"), IsEmpty());
      EXPECT_EQ(fs::exists(ground.root / ".chunkrd" / "manifests" / "job1.json"), !files.empty());
    }
  }
}

// After a crash the result may be downloaded again, with other signed URLs in it.
TEST_P(Crash, AResultWrittenAnewDoesNotBecomeASecondCopy) {
  for (int deaths = 0;; ++deaths) {
    SCOPED_TRACE(deaths);
    const Ground ground(GetParam().layout);
    if (!dies(deaths, [&] { ground.publish(); })) return;
    const bool was_whole = visible(ground.root) == whole("a/report.pdf");
    if (was_whole) return;
    Outbox(ground.root, ground.layout).prepare(kOrigin.job_id);
    for (const Part& part : ground.parts) test::write(part.file, "new " + part.suffix);
    EXPECT_EQ(ground.publish().name, "a/report.pdf");
    const Files files = visible(ground.root);
    EXPECT_EQ(files.size(), 2u);
    EXPECT_EQ(files.begin()->second, "new .json");
    EXPECT_THAT(names_in(ground.root / ".chunkrd" / "tmp"), IsEmpty());
  }
}

}  // namespace
}  // namespace chunkrd::outbox
