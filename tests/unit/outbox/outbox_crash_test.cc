// A delivery that dies at each of its calls to the disk, and at each of the calls of its repetition.

#include <gmock/gmock.h>

#include <algorithm>

#include "outbox/manifest.h"
#include "outbox/outbox.h"
#include "scene.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;
using test::dies;
using test::Directory;
using test::Files;
using test::kJob;
using test::names_in;
using test::visible;
using ::testing::IsEmpty;

const Origin kOrigin{.job_id = kJob,
                     .name = "a/report.pdf",
                     .task_id = "task",
                     .input_sha256 = std::string(64, 'a'),
                     .settings_hash = "settings"};

// What a delivery consists of.
enum class Parts {
  files,
  all_kinds,  ///< a folder too, and a file in which the delivery's name stands
};

struct Case {
  Layout layout;
  test::Rename rename;
  Parts parts;
  const char* name;
};

std::string base_of(const std::string& name) {
  return name.substr(name.rfind('/') + 1);
}

class Crash : public ::testing::TestWithParam<Case> {
 protected:
  Crash() { test::set_rename(GetParam().rename); }
  ~Crash() override { test::set_rename(test::Rename::may_refuse); }

  // The documents of a crash-free run.
  Files whole(const std::string& name) const {
    const std::string path = GetParam().layout == Layout::folder ? name + name.substr(name.rfind('/')) : name;
    Files files{{path + ".json", "json"}, {path + ".md", "md"}};
    if (GetParam().parts == Parts::files) return files;
    files[path + ".html"] = "page of " + base_of(name);
    files[path + ".images/a.jpg"] = "picture a";
    files[path + ".images/b.jpg"] = "picture b";
    return files;
  }

  struct Ground {
    explicit Ground(const Case& of) : layout(of.layout) {
      Outbox outbox(root, layout);
      const fs::path folder = outbox.prepare(kOrigin.job_id);
      test::write(folder / "result.json", "json");
      test::write(folder / "result.md", "md");
      parts = {{.suffix = ".json", .file = folder / "result.json"},
               {.suffix = ".md", .file = folder / "result.md"}};
      if (of.parts == Parts::files) return;
      parts.push_back(
          {.suffix = ".html", .file = folder / "page.html", .write_for = [folder](const auto& base) {
             test::write(folder / "page.html", "page of " + base);
           }});
      parts.push_back({.suffix = ".images", .file = folder / "images"});
      make_pictures("picture");
    }
    void make_pictures(const std::string& text) const {
      if (parts.size() < 4) return;
      fs::create_directory(parts[3].file);
      for (const std::string name : {"a", "b"})
        test::write(parts[3].file / (name + ".jpg"), text + " " + name);
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
    const std::string json =
        std::ranges::find_if(all, [](const auto& file) { return file.first.ends_with(".json"); })->first;
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
    EXPECT_TRUE(read_manifest(ground.root / ".chunkrd" / "manifests" / (kJob + ".json")));
  }
};

INSTANTIATE_TEST_SUITE_P(
    , Crash,
    ::testing::Values(Case{Layout::flat, test::Rename::may_refuse, Parts::files, "Flat"},
                      Case{Layout::folder, test::Rename::may_refuse, Parts::files, "Folder"},
                      Case{Layout::flat, test::Rename::always_replaces, Parts::files, "FlatByLink"},
                      Case{Layout::flat, test::Rename::may_refuse, Parts::all_kinds, "FlatAllKinds"},
                      Case{Layout::folder, test::Rename::may_refuse, Parts::all_kinds, "FolderAllKinds"},
                      Case{Layout::flat, test::Rename::always_replaces, Parts::all_kinds,
                           "FlatAllKindsByLink"}),
    [](const auto& test) { return test.param.name; });

TEST_P(Crash, ARepeatedDeliveryEndsTheSameWhereverTheFirstDied) {
  int deaths = 0;
  for (bool died = true; died; ++deaths) {
    SCOPED_TRACE(deaths);
    const Ground ground(GetParam());
    died = dies(deaths, [&] { ground.publish(); });
    expect_nobody_misled(visible(ground.root), "a/report.pdf");
    EXPECT_EQ(ground.publish().name, "a/report.pdf");
    expect_delivered(ground, whole("a/report.pdf"));
  }
  EXPECT_GT(deaths, 12);
}

TEST_P(Crash, ARepetitionMayDieToo) {
  for (int first = 0;; first += test::kNextCall) {
    bool died = true;
    for (int second = 0; died; second += test::kNextCall) {
      SCOPED_TRACE(::testing::Message() << first << ", then " << second);
      const Ground ground(GetParam());
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
  for (int first = 0;; first += test::kNextCall) {
    bool died = true;
    for (int second = 0; died; second += test::kNextCall) {
      SCOPED_TRACE(::testing::Message() << first << ", then " << second);
      const Ground ground(GetParam());
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
  for (int first = 0;; first += test::kNextCall) {
    bool died = true;
    for (int second = 0; died; second += test::kNextCall) {
      SCOPED_TRACE(::testing::Message() << first << ", then " << second);
      const Ground ground(GetParam());
      if (!dies(first, [&] { ground.publish(); })) return;
      const auto sweep = [&] { Outbox(ground.root, ground.layout).sweep({}); };
      died = dies(second, sweep);
      sweep();
      const Files files = visible(ground.root);
      EXPECT_TRUE(files.empty() || files == whole("a/report.pdf")) << ::testing::PrintToString(files);
      EXPECT_THAT(names_in(ground.root / ".chunkrd" / "tmp"), IsEmpty());
      EXPECT_EQ(fs::exists(ground.root / ".chunkrd" / "manifests" / (kJob + ".json")), !files.empty());
    }
  }
}

// After a crash the result may be downloaded again, with other signed URLs in it.
TEST_P(Crash, AResultWrittenAnewDoesNotBecomeASecondCopy) {
  for (int deaths = 0;; ++deaths) {
    SCOPED_TRACE(deaths);
    const Ground ground(GetParam());
    if (!dies(deaths, [&] { ground.publish(); })) return;
    const bool was_whole = visible(ground.root) == whole("a/report.pdf");
    if (was_whole) return;
    Outbox(ground.root, ground.layout).prepare(kOrigin.job_id);
    for (const Part& part : {ground.parts[0], ground.parts[1]}) test::write(part.file, "new " + part.suffix);
    ground.make_pictures("new picture");
    EXPECT_EQ(ground.publish().name, "a/report.pdf");
    Files files = visible(ground.root);
    const auto all = whole("a/report.pdf");
    EXPECT_EQ(files.size(), all.size());
    for (const auto& [path, text] : files) {
      EXPECT_TRUE(all.contains(path)) << path;
      if (path.ends_with(".json")) EXPECT_EQ(text, "new .json");
      if (path.ends_with(".html")) EXPECT_EQ(text, "page of report.pdf");
    }
    EXPECT_THAT(names_in(ground.root / ".chunkrd" / "tmp"), IsEmpty());
  }
}

}  // namespace
}  // namespace chunkrd::outbox
