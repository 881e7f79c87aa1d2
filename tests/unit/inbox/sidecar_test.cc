// A document and its sidecar: how they settle, and how they are taken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "folder.h"
#include "inbox/gate.h"
#include "inbox/spool.h"

namespace chunkrd::inbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Identity kDocument{.device = 1, .inode = 2, .size_bytes = 3, .mtime_ns = 4, .ctime_ns = 5};
constexpr Identity kSidecar{.device = 1, .inode = 7, .size_bytes = 3, .mtime_ns = 4, .ctime_ns = 5};
constexpr Identity kLonger{.device = 1, .inode = 7, .size_bytes = 9, .mtime_ns = 6, .ctime_ns = 6};

struct SettlingPair : ::testing::Test {
  bool see(const std::optional<Identity>& sidecar, std::chrono::milliseconds time) {
    return gate.has_settled({"a.pdf", Kind::file, kDocument, sidecar}, Gate::Time(1h) + time);
  }
  Gate gate{{.path = "/inbox", .settle = 5s, .rescan = 300s, .watch = WatchMode::automatic, .ignore = {}}};
};

TEST_F(SettlingPair, SettlesAsOne) {
  EXPECT_FALSE(see(kSidecar, 0s));
  EXPECT_TRUE(see(kSidecar, 5s));
}

TEST_F(SettlingPair, WaitsForASidecarThatComesShortlyAfter) {
  EXPECT_FALSE(see({}, 0s));
  EXPECT_FALSE(see(kSidecar, 5s));
  EXPECT_FALSE(see(kSidecar, 9s));
  EXPECT_TRUE(see(kSidecar, 10s));
}

TEST_F(SettlingPair, WaitsForASidecarThatIsBeingWritten) {
  EXPECT_FALSE(see(kSidecar, 0s));
  EXPECT_FALSE(see(kLonger, 5s));
  EXPECT_TRUE(see(kLonger, 10s));
}

TEST_F(SettlingPair, SettlesAnewWithoutASidecarThatWent) {
  EXPECT_FALSE(see(kSidecar, 0s));
  EXPECT_FALSE(see({}, 5s));
  EXPECT_TRUE(see({}, 10s));
}

TEST_F(SettlingPair, IsNotTakenAgainForAChangedSidecarAlone) {
  gate.received({"a.pdf", kDocument, kSidecar}, Reception::in_hand, {});
  EXPECT_FALSE(see(kLonger, 0s));
  EXPECT_FALSE(see(kLonger, 10s));
}

constexpr const char* kJob = "01jf8z3r5x0123456789abcdef";

struct TakingAPair : ::testing::Test {
  TakingAPair() {
    write_file(inbox / "a.pdf", "a document");
    write_file(inbox / "a.pdf.chunkr.yaml", "priority: 7");
  }
  Arrival pair() const {
    return {"a.pdf", identity_of(inbox / "a.pdf"), identity_of(inbox / "a.pdf.chunkr.yaml")};
  }
  Spool spool(Spool::Take take = Spool::Take::move) const { return Spool(inbox.path(), state.path(), take); }
  static std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(inbox.path()))
      if (entry.path().filename() != ".chunkrd") names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }
  TemporaryFolder inbox, state;
};

TEST_F(TakingAPair, MovesBoth) {
  const auto took = spool().take(pair(), kJob);
  EXPECT_EQ(took.document, Taken::taken);
  EXPECT_EQ(took.sidecar, Taken::taken);
  EXPECT_EQ(text_of(spool().path_of(kJob)), "a document");
  EXPECT_EQ(text_of(spool().sidecar_of(kJob)), "priority: 7");
  EXPECT_THAT(left(), IsEmpty());
  EXPECT_THAT(spool().job_ids(), ElementsAre(kJob));
}

TEST_F(TakingAPair, CopiesBothWhereOriginalsStay) {
  const auto copying = spool(Spool::Take::copy);
  const auto took = copying.take(pair(), kJob);
  EXPECT_EQ(took.sidecar, Taken::taken);
  EXPECT_EQ(text_of(copying.sidecar_of(kJob)), "priority: 7");
  EXPECT_THAT(left(), ElementsAre("a.pdf", "a.pdf.chunkr.yaml"));
}

TEST_F(TakingAPair, GoesOnWhereACrashHasCutItOff) {
  for (const auto take : {Spool::Take::move, Spool::Take::copy}) {
    const Arrival both = pair();
    const auto place = spool(take);
    const std::string id = take == Spool::Take::copy ? "copied" : "moved";
    if (take == Spool::Take::copy) write_file(inbox / "a.pdf", "a document");
    // After the sidecar ...
    ASSERT_EQ(place.take("a.pdf.chunkr.yaml", *both.sidecar, id + ".chunkr.yaml"), Taken::taken);
    const Arrival again{"a.pdf", identity_of(inbox / "a.pdf"), both.sidecar};
    auto took = place.take(again, id);
    EXPECT_EQ(took.document, Taken::taken);
    EXPECT_EQ(took.sidecar, Taken::taken);
    // ... and after both.
    took = place.take(again, id);
    EXPECT_EQ(took.document, Taken::taken);
    EXPECT_EQ(took.sidecar, Taken::taken);
    write_file(inbox / "a.pdf", "a document");
    write_file(inbox / "a.pdf.chunkr.yaml", "priority: 7");
  }
}

TEST_F(TakingAPair, TakesNeitherWhenOneHasChanged) {
  for (const auto take : {Spool::Take::move, Spool::Take::copy})
    for (const char* name : {"a.pdf", "a.pdf.chunkr.yaml"}) {
      const Arrival both = pair();
      write_file(inbox / name, "changed since, and longer");
      EXPECT_EQ(spool(take).take(both, kJob).document, Taken::changed) << name;
      EXPECT_THAT(left(), ElementsAre("a.pdf", "a.pdf.chunkr.yaml"));
      EXPECT_FALSE(fs::exists(spool(take).sidecar_of(kJob)));
    }
}

TEST_F(TakingAPair, TakesNeitherWhenTheSidecarWentOrCame) {
  const Arrival both = pair();
  const Arrival alone{"a.pdf", both.identity, {}};
  EXPECT_EQ(spool().take(alone, kJob).document, Taken::changed) << "there is one now";
  fs::remove(inbox / "a.pdf.chunkr.yaml");
  EXPECT_EQ(spool().take(both, kJob).document, Taken::changed) << "there is none now";
  EXPECT_THAT(left(), ElementsAre("a.pdf"));
  EXPECT_EQ(spool().take(alone, kJob).document, Taken::taken);
}

TEST_F(TakingAPair, TakesADocumentWhoseSidecarIsALinkAndSaysSo) {
  fs::remove(inbox / "a.pdf.chunkr.yaml");
  fs::create_symlink("/etc/passwd", inbox / "a.pdf.chunkr.yaml");
  const auto took = spool().take(pair(), kJob);
  EXPECT_EQ(took.document, Taken::taken);
  EXPECT_EQ(took.sidecar, Taken::refused);
  EXPECT_FALSE(fs::exists(fs::symlink_status(spool().sidecar_of(kJob))));
}

}  // namespace
}  // namespace chunkrd::inbox
