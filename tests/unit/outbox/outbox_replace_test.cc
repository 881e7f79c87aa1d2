// A later result of a job takes the place of its earlier one, wherever that dies.

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
using test::kJob;
using test::names_in;
using test::visible;
using ::testing::IsEmpty;

Origin origin(int revision) {
  return {.job_id = kJob,
          .name = "report.pdf",
          .task_id = "task",
          .input_sha256 = std::string(64, 'a'),
          .settings_hash = "settings",
          .revision = revision};
}

class Replacing : public ::testing::TestWithParam<Layout> {
 protected:
  struct Ground {
    explicit Ground(Layout of) : layout(of) {}

    // The first result has Markdown and two pictures; the second no Markdown, but text, and other pictures.
    std::vector<Part> write(int revision) const {
      const fs::path folder = Outbox(root, layout).prepare(kJob);
      if (is_shown(folder)) return parts(folder, revision);
      const std::string mark = std::to_string(revision);
      test::write(folder / "task.json", "json " + mark);
      test::write(folder / (revision == 0 ? "a.md" : "a.txt"), "text " + mark);
      fs::create_directory(folder / "images");
      for (const char* name : {"x", revision == 0 ? "y" : "z"})
        test::write(folder / "images" / name, std::string("picture ") + name + mark);
      return parts(folder, revision);
    }
    Delivered publish(int revision) const {
      return Outbox(root, layout).publish(origin(revision), "report.pdf", write(revision));
    }

   private:
    // After a crash everything is made again, unless it is visible to its last file.
    static bool is_shown(const fs::path& folder) {
      return fs::exists(folder / ".intent") && !fs::exists(folder / "task.json");
    }
    static std::vector<Part> parts(const fs::path& folder, int revision) {
      return {{".json", folder / "task.json"},
              revision == 0 ? Part{".md", folder / "a.md"} : Part{".txt", folder / "a.txt"},
              {".images", folder / "images"}};
    }

   public:
    Directory directory{test::fast_disk()};
    fs::path root = directory.path() / "outbox";
    Layout layout;
  };

  Files result(int revision) const {
    const std::string path = GetParam() == Layout::folder ? "report.pdf/report.pdf" : "report.pdf";
    const std::string mark = std::to_string(revision);
    const std::string other = revision == 0 ? "y" : "z";
    return {{path + ".json", "json " + mark},
            {path + (revision == 0 ? ".md" : ".txt"), "text " + mark},
            {path + ".images/x", "picture x" + mark},
            {path + ".images/" + other, "picture " + other + mark}};
  }
};

INSTANTIATE_TEST_SUITE_P(, Replacing, ::testing::Values(Layout::flat, Layout::folder),
                         [](const auto& test) { return test.param == Layout::flat ? "Flat" : "Folder"; });

TEST_P(Replacing, TheNewResultIsWhereTheOldOneWasAndNothingElseIs) {
  const Ground ground(GetParam());
  ground.publish(0);
  EXPECT_EQ(visible(ground.root), result(0));
  const Delivered delivered = ground.publish(1);
  EXPECT_EQ(delivered.name, "report.pdf");
  EXPECT_FALSE(delivered.repeated);
  EXPECT_EQ(visible(ground.root), result(1));
  EXPECT_THAT(names_in(ground.root / ".chunkrd" / "tmp"), IsEmpty());
  EXPECT_EQ(read_manifest(ground.root / ".chunkrd" / "manifests" / (kJob + ".json"))->origin.revision, 1);
}

TEST_P(Replacing, ARepeatedReplacementChangesNothing) {
  const Ground ground(GetParam());
  ground.publish(0);
  ground.publish(1);
  EXPECT_TRUE(ground.publish(1).repeated);
  EXPECT_EQ(visible(ground.root), result(1));
}

TEST_P(Replacing, WhatReadersHaveTakenAwayIsThereAgain) {
  const Ground ground(GetParam());
  ground.publish(0);
  for (const auto& entry : fs::directory_iterator(ground.root))
    if (entry.path().filename() != ".chunkrd") fs::remove_all(entry.path());
  EXPECT_EQ(ground.publish(1).name, "report.pdf");
  EXPECT_EQ(visible(ground.root), result(1));
}

TEST_P(Replacing, AFileOfSomebodyElseAtThePlaceIsNotReplaced) {
  const Ground ground(GetParam());
  ground.publish(0);
  const std::string json =
      result(0).begin()->first.substr(0, result(0).begin()->first.find(".images")) + ".json";
  test::write(ground.root / json, "of somebody else");
  EXPECT_EQ(ground.publish(1).name, "report~aaaaaaaa.pdf");
  EXPECT_EQ(test::read(ground.root / json), "of somebody else");
}

TEST_P(Replacing, EndsTheSameWhereverItDied) {
  int deaths = 0;
  for (bool died = true; died; ++deaths) {
    SCOPED_TRACE(deaths);
    const Ground ground(GetParam());
    ground.publish(0);
    died = dies(deaths, [&] { ground.publish(1); });
    const std::string path = GetParam() == Layout::folder ? "report.pdf/report.pdf" : "report.pdf";
    const std::string json = test::read(ground.root / (path + ".json"));
    EXPECT_TRUE(json == "json 0" || json == "json 1") << "a reader always finds a whole result: " << json;
    if (json == "json 1") {
      for (const auto& [name, text] : result(1)) EXPECT_EQ(test::read(ground.root / name), text) << name;
    }
    EXPECT_EQ(ground.publish(1).name, "report.pdf");
    EXPECT_EQ(visible(ground.root), result(1));
    EXPECT_THAT(names_in(ground.root / ".chunkrd" / "tmp"), IsEmpty());
  }
  EXPECT_GT(deaths, 12);
}

TEST(Lending, CopiesAPartThatIsStillAsItWasDelivered) {
  const Directory directory{test::fast_disk()};
  const fs::path root = directory.path() / "outbox";
  Outbox outbox(root, Layout::flat);
  const fs::path folder = outbox.prepare(kJob);
  test::write(folder / "task.json", "json");
  fs::create_directory(folder / "images");
  test::write(folder / "images" / "x", "picture");
  outbox.publish(origin(0), "report.pdf", {{".json", folder / "task.json"}, {".images", folder / "images"}});

  EXPECT_TRUE(outbox.lend(kJob, ".json", directory.path() / "copy"));
  EXPECT_EQ(test::read(directory.path() / "copy"), "json");
  EXPECT_TRUE(outbox.lend(kJob, ".images", directory.path() / "pictures"));
  EXPECT_EQ(test::read(directory.path() / "pictures" / "x"), "picture");
  EXPECT_FALSE(outbox.lend(kJob, ".pdf", directory.path() / "none"));
  EXPECT_FALSE(outbox.lend("other", ".json", directory.path() / "none"));
  test::write(root / "report.pdf.json", "changed");
  EXPECT_FALSE(outbox.lend(kJob, ".json", directory.path() / "none"));
}

}  // namespace
}  // namespace chunkrd::outbox
