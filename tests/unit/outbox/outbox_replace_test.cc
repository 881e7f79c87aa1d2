// A later result of a job takes the place of its earlier one, wherever that dies.

#include <gmock/gmock.h>

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
using test::names_in;
using test::visible;
using ::testing::IsEmpty;

class Replacing : public test::TwoResults {};

INSTANTIATE_TEST_SUITE_P(, Replacing, ::testing::ValuesIn(test::kAllWays),
                         [](const auto& test) { return test.param.name; });

TEST_P(Replacing, TheNewResultIsWhereTheOldOneWasAndNothingElseIs) {
  const Ground ground;
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
  const Ground ground;
  ground.publish(0);
  ground.publish(1);
  EXPECT_TRUE(ground.publish(1).repeated);
  EXPECT_EQ(visible(ground.root), result(1));
}

TEST_P(Replacing, WhatReadersHaveTakenAwayIsThereAgain) {
  const Ground ground;
  ground.publish(0);
  for (const auto& entry : fs::directory_iterator(ground.root))
    if (entry.path().filename() != ".chunkrd") fs::remove_all(entry.path());
  EXPECT_EQ(ground.publish(1).name, "report.pdf");
  EXPECT_EQ(visible(ground.root), result(1));
}

TEST_P(Replacing, AFileOfSomebodyElseAtThePlaceIsNotReplaced) {
  const Ground ground;
  ground.publish(0);
  const std::string json = at() + ".json";
  test::write(ground.root / json, "of somebody else");
  EXPECT_EQ(ground.publish(1).name, "report~aaaaaaaa.pdf");
  EXPECT_EQ(test::read(ground.root / json), "of somebody else");
}

TEST_P(Replacing, EndsTheSameWhereverItDied) {
  int deaths = 0;
  for (bool died = true; died; ++deaths) {
    SCOPED_TRACE(deaths);
    const Ground ground;
    ground.publish(0);
    died = dies(deaths, [&] { ground.publish(1); });
    const std::string json = test::read(ground.root / (at() + ".json"));
    // Where files cannot change places at once there is none for a moment.
    const bool may_miss = GetParam().rename == test::Rename::always_replaces && json.empty();
    EXPECT_TRUE(may_miss || json == "json 0" || json == "json 1")
        << "a reader always finds a whole result: " << json;
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
  outbox.publish(test::revision_of(kJob, 0), "report.pdf",
                 {{".json", folder / "task.json"}, {".images", folder / "images"}});

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
