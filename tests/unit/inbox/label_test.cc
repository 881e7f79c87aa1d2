// The name of a spooled document, kept with its file for the day on which the queue is lost.
#include "inbox/label.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include "core/durable.h"
#include "folder.h"
#include "inbox/spool.h"

namespace chunkrd::inbox {
namespace {

namespace fs = std::filesystem;
using ::testing::Optional;

constexpr const char* kJob = "01jf8z3r5x0123456789abcdef";

class Labels : public ::testing::Test {
 protected:
  Labels() {
    write_file(state / "probe", "");
    if (::setxattr((state / "probe").c_str(), "user.chunkrd.probe", "", 0, 0) != 0) has_attributes = false;
    fs::remove(state / "probe");
  }
  void SetUp() override {
    if (!has_attributes) GTEST_SKIP() << "no user attributes on this filesystem";
  }
  Identity drop(const std::string& name) {
    fs::create_directories((inbox / name).parent_path());
    write_file(inbox / name, "a document");
    return identity_of(inbox / name);
  }
  Label label_for(const std::string& name, const Identity& identity) const {
    return {inbox.path().native(), name, identity.text()};
  }
  void put(const Label& label, const fs::path& file) { label.put_on(durable::open(file, O_RDONLY).get()); }

  TemporaryFolder inbox, state;
  bool has_attributes = true;
};

TEST_F(Labels, SayWhereASpooledDocumentComesFrom) {
  const std::string name = "sub/two \xFF\n%.pdf";
  const auto identity = drop(name);
  for (const auto take : {Spool::Take::move, Spool::Take::copy}) {
    drop("sub/again.pdf");
    const Spool spool(inbox.path(), state.path(), take);
    const std::string& taken = take == Spool::Take::move ? "sub/again.pdf" : name;
    const auto seen = identity_of(inbox / taken);
    ASSERT_EQ(spool.take(taken, seen, kJob), Taken::taken);
    EXPECT_THAT(label_of(spool.path_of(kJob)), Optional(label_for(taken, seen)));
    fs::remove(spool.path_of(kJob));
  }
  EXPECT_EQ(identity_of(inbox / name), identity) << "an original that stays was touched";
  EXPECT_EQ(label_of(inbox / name), std::nullopt);
}

TEST_F(Labels, AreNeverPutOnAFileThatHasASecondName) {
  const auto identity = drop("a.pdf");
  fs::create_hard_link(inbox / "a.pdf", state / "of the user");
  const auto settled = identity_of(inbox / "a.pdf");
  ASSERT_NE(settled, identity) << "a link changes the ctime";
  const Spool spool(inbox.path(), state.path(), Spool::Take::move);
  ASSERT_EQ(spool.take("a.pdf", settled, kJob), Taken::taken);
  EXPECT_EQ(label_of(state / "of the user"), std::nullopt);
}

TEST_F(Labels, AreNoSidecars) {
  const auto identity = drop("a.pdf");
  const auto sidecar = drop("a.pdf.chunkr.yaml");
  const Spool spool(inbox.path(), state.path(), Spool::Take::move);
  ASSERT_EQ(spool.take(Arrival{"a.pdf", identity, sidecar}, kJob).document, Taken::taken);
  EXPECT_TRUE(label_of(spool.path_of(kJob)));
  EXPECT_EQ(label_of(spool.sidecar_of(kJob)), std::nullopt);
}

TEST_F(Labels, AreTakenOffWhatGoesBackToTheInbox) {
  const auto identity = drop("a.pdf");
  const Spool spool(inbox.path(), state.path(), Spool::Take::move);
  ASSERT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
  write_file(spool.path_of(kJob), "changed while it was taken");
  ASSERT_EQ(spool.take("a.pdf", identity, kJob), Taken::changed);
  ASSERT_TRUE(fs::exists(inbox / "a.pdf"));
  EXPECT_EQ(label_of(inbox / "a.pdf"), std::nullopt);
}

TEST_F(Labels, ThatAreTooLongAreNoError) {
  write_file(state / "file", "");
  put({"/in", std::string(100'000, 'x'), "1:2:3:4"}, state / "file");
  EXPECT_EQ(label_of(state / "file"), std::nullopt);
}

TEST_F(Labels, OfSomebodyElseSayNothing) {
  write_file(state / "file", "");
  for (const std::string_view text : {"", "{", "[]", R"({"inbox": 1, "name": "a", "identity": ""})"}) {
    ASSERT_EQ(::setxattr((state / "file").c_str(), "user.chunkrd.document", text.data(), text.size(), 0), 0);
    EXPECT_EQ(label_of(state / "file"), std::nullopt) << text;
  }
  EXPECT_EQ(label_of(state / "no such file"), std::nullopt);
}

TEST_F(Labels, CanBePutOnAgainAndTakenOff) {
  write_file(state / "file", "");
  put({"/in", "a.pdf", "1:2:3:4"}, state / "file");
  put({"/in", "b.pdf", "1:2:3:4"}, state / "file");
  EXPECT_EQ(label_of(state / "file")->name, "b.pdf");
  take_label_off(state / "file");
  take_label_off(state / "file");
  EXPECT_EQ(label_of(state / "file"), std::nullopt);
}

// /proc has no attributes: what a filesystem without them answers.
TEST(ALabel, IsNoErrorWhereThereAreNoAttributes) {
  const auto file = durable::open("/proc/self/status", O_RDONLY);
  Label{"/in", "a.pdf", "1:2:3:4"}.put_on(file.get());
  take_label_off("/proc/self/status");
  EXPECT_EQ(label_of("/proc/self/status"), std::nullopt);
}

}  // namespace
}  // namespace chunkrd::inbox
