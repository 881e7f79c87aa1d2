#include "config/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <system_error>

#include "core/errors.h"
#include "core/ground.h"
#include "tests/unit/config/folder.h"

namespace chunkrd::config {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Not root for a while, who may write everywhere.
class Nobody {
 public:
  Nobody() {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) throw std::system_error(errno, std::generic_category());
  }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;
  ~Nobody() {
    if (::getuid() == 0 && ::seteuid(0) != 0) std::abort();
  }
};

class Folders : public ::testing::Test {
 protected:
  Folders() {
    settings_.state = folder_ / "state";
    settings_.inboxes.push_back(inbox("inbox"));
    folder_.make("inbox");
  }

  Inbox inbox(const char* name) const {
    Inbox result;
    result.path = folder_ / name;
    result.outbox = folder_ / "outbox";
    result.failed = folder_ / "failed";
    result.archive = folder_ / "archive";
    return result;
  }

  std::optional<UserError> refusal() const {
    try {
      check_folders(settings_);
    } catch (const UserError& error) {
      return error;
    }
    return std::nullopt;
  }

  std::string text() const {
    const auto error = refusal();
    return error ? error->what() : "";
  }

  TestFolder folder_;
  Settings settings_;
};

TEST_F(Folders, ThatAreMissingAreNoMistakeAndOnlyTheStateIsCreated) {
  EXPECT_EQ(text(), "");
  EXPECT_EQ(fs::status(folder_ / "state").permissions(), fs::perms::owner_all);
  for (const char* name : {"outbox", "failed", "archive"}) EXPECT_FALSE(fs::exists(folder_ / name));
  EXPECT_TRUE(folder_problems(settings_).empty()) << "they will be made";
  settings_.inboxes[0].path = folder_ / "elsewhere";
  EXPECT_EQ(text(), "");
  const auto problems = folder_problems(settings_);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].kind, FolderProblem::Kind::absence);
  EXPECT_EQ(
      problems[0].text,
      "inboxes[0].path (" + (folder_ / "elsewhere").string() +
          "): does not exist; mount or create it, or mend the path; its documents wait until it is there");
}

TEST_F(Folders, AreWaitedForWhereTheParentIsMissing) {
  settings_.inboxes[0].outbox = folder_ / "not-mounted/outbox";
  EXPECT_EQ(text(), "");
  const auto problems = folder_problems(settings_);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].kind, FolderProblem::Kind::absence);
  EXPECT_THAT(problems[0].text, AllOf(HasSubstr("inboxes[0].outbox"), HasSubstr("does not exist, and"),
                                      HasSubstr("not-mounted neither")));
  EXPECT_FALSE(fs::exists(folder_ / "not-mounted"));
  settings_.state = folder_ / "not-mounted/state";
  EXPECT_THAT(text(), HasSubstr("state (")) << "without it there is nothing to begin with";
}

// As if the folder had lain on a filesystem that was mounted somewhere else.
void remember_on_another_mount(const fs::path& folder, const fs::path& state, Ground::Kind kind) {
  (void)Ground(folder, state, kind).open();
  for (const auto& memory : fs::directory_iterator(state / "folders"))
    std::ofstream(memory.path()) << "an id\n/mnt/that/is/gone\n";
}

TEST_F(Folders, BelowAMountPointWhoseMountIsGoneAreWaitedForWhateverIsThere) {
  settings_.inboxes[0].failed = folder_ / "failed";
  remember_on_another_mount(settings_.inboxes[0].path, settings_.state, Ground::Kind::theirs);
  remember_on_another_mount(settings_.inboxes[0].outbox, settings_.state, Ground::Kind::open);
  for (const char* name : {"inbox", "outbox"}) {
    fs::remove_all(folder_ / name);
    fs::permissions(folder_.make(name), fs::perms::none);
  }
  fs::permissions(folder_ / "", fs::perms{0755});
  fs::permissions(folder_ / "state", fs::perms{0777});
  fs::permissions(folder_ / "state/folders", fs::perms{0777});
  const Nobody nobody;
  const auto problems = folder_problems(settings_);
  std::vector<std::string> waited_for;
  for (const auto& problem : problems)
    if (problem.kind == FolderProblem::Kind::absence) waited_for.push_back(problem.key);
  EXPECT_THAT(waited_for, ::testing::ElementsAre("inboxes[0].path", "inboxes[0].outbox"));
}

TEST_F(Folders, MayBeSharedByInboxes) {
  folder_.make("inbox2");
  settings_.inboxes.push_back(inbox("inbox2"));
  EXPECT_EQ(text(), "");
}

TEST_F(Folders, MayNotBeTheSame) {
  settings_.inboxes[0].failed = settings_.inboxes[0].outbox;
  const auto error = refusal();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), ExitCode::bad_config);
  EXPECT_THAT(error->what(), AllOf(HasSubstr("inboxes[0].outbox ("), HasSubstr("inboxes[0].failed ("),
                                   HasSubstr("are the same folder; use two")));
  EXPECT_FALSE(fs::exists(folder_ / "outbox")) << "nothing is created while folders overlap";
}

TEST_F(Folders, MayNotContainEachOther) {
  settings_.inboxes[0].outbox = folder_ / "inbox/out";
  EXPECT_THAT(text(), HasSubstr("inboxes[0].outbox (" + (folder_ / "inbox/out").string() +
                                ") lies inside inboxes[0].path (" + (folder_ / "inbox").string() + ")"));
}

TEST_F(Folders, WhoseNamesOnlyBeginAlikeAreSeparate) {
  settings_.inboxes[0].outbox = folder_ / "inbox-out";
  EXPECT_EQ(text(), "");
}

TEST_F(Folders, OfOneInboxMayNotLieInAnothers) {
  folder_.make("outbox/inbox2");
  settings_.inboxes.push_back(inbox("outbox/inbox2"));
  EXPECT_THAT(text(), AllOf(HasSubstr("inboxes[1].path"), HasSubstr("lies inside inboxes[0].outbox")));
}

TEST_F(Folders, TwoInboxesMayNotBeOne) {
  settings_.inboxes.push_back(inbox("inbox"));
  EXPECT_THAT(text(),
              AllOf(HasSubstr("inboxes[0].path"), HasSubstr("inboxes[1].path"), HasSubstr("same folder")));
}

TEST_F(Folders, AreComparedWithoutLinks) {
  fs::create_directory_symlink(folder_ / "inbox", folder_ / "link");
  settings_.inboxes[0].outbox = folder_ / "link/out";
  EXPECT_THAT(text(), HasSubstr("lies inside inboxes[0].path"));
  settings_.inboxes[0].outbox = folder_ / "link";
  EXPECT_THAT(text(), HasSubstr("same folder"));
}

TEST_F(Folders, ThatAreFilesAreRefusedAllAtOnce) {
  settings_.inboxes[0].outbox = folder_.write("file1", "");
  settings_.inboxes[0].failed = folder_.write("file2", "");
  EXPECT_THAT(text(), AllOf(HasSubstr("file1): is not a folder\n"), HasSubstr("file2): is not a folder")));
}

TEST_F(Folders, ThatMayNotBeWrittenAreRefused) {
  constexpr fs::perms kReadOnly{0555};
  fs::permissions(folder_.make("outbox"), kReadOnly);
  fs::permissions(folder_ / "", kReadOnly);
  const Nobody nobody;
  const auto error = refusal();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), ExitCode::no_permission);
  EXPECT_THAT(error->what(),
              AllOf(HasSubstr("outbox): must be readable and writable for this user: Permission denied"),
                    HasSubstr("archive): cannot be created: Permission denied")));
}

TEST_F(Folders, AreLookedAtWithoutMakingAny) {
  settings_.inboxes.front().archive = folder_ / "no" / "archive";
  settings_.inboxes.front().failed = settings_.inboxes.front().path;
  const auto problems = folder_problems(settings_);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].kind, FolderProblem::Kind::mistake);
  EXPECT_EQ(problems[0].code, ExitCode::bad_config);
  EXPECT_THAT(problems[0].text, HasSubstr("are the same folder"));
  EXPECT_EQ(problems[1].key, "inboxes[0].archive");
  EXPECT_THAT(problems[1].text, HasSubstr("does not exist"));
  EXPECT_FALSE(fs::exists(folder_ / "outbox"));
  EXPECT_FALSE(fs::exists(folder_ / "state"));
}

}  // namespace
}  // namespace chunkrd::config
