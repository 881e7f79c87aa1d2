// journald's native protocol, against a real datagram socket.
#include "core/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spdlog/logger.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>

#include "core/fd.h"
#include "core/log_about.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd {
namespace {

using Fields = std::map<std::string, std::string>;

// As journald reads an entry.
Fields fields_of(std::string entry) {
  Fields fields;
  while (!entry.empty()) {
    const auto end = entry.find_first_of("=\n");
    const std::string name = entry.substr(0, end);
    if (entry[end] == '=') {
      const auto line_end = entry.find('\n', end);
      fields[name] = entry.substr(end + 1, line_end - end - 1);
      entry.erase(0, line_end + 1);
    } else {
      std::uint64_t size = 0;
      std::memcpy(&size, entry.data() + end + 1, sizeof size);
      fields[name] = entry.substr(end + 1 + sizeof size, size);
      EXPECT_EQ(entry.at(end + 1 + sizeof size + size), '\n');
      entry.erase(0, end + 2 + sizeof size + size);
    }
  }
  return fields;
}

class Journal : public ::testing::Test {
 protected:
  void listen() {
    socket = FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  // Of the next entry; nothing if none comes within 5 s.
  std::optional<Fields> next() {
    pollfd waiting{socket.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 5000) != 1) return std::nullopt;
    std::string data(1 << 20, '\0');
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    iovec part{data.data(), data.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(socket.get(), &header, MSG_CMSG_CLOEXEC);
    if (got < 0) return std::nullopt;
    data.resize(static_cast<std::size_t>(got));
    if (const cmsghdr* const rights = CMSG_FIRSTHDR(&header); rights != nullptr) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
      const FileDescriptor file(fd);
      struct stat status{};
      ::fstat(file.get(), &status);
      data.resize(static_cast<std::size_t>(status.st_size));
      EXPECT_EQ(::pread(file.get(), data.data(), data.size(), 0), status.st_size);
    }
    return fields_of(data);
  }
  void SetUp() override {
    before = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", std::make_shared<JournalSink>(path)));
  }
  void TearDown() override { spdlog::set_default_logger(before); }

  tests::TemporaryFolder folder;
  std::filesystem::path path = folder / "socket";
  FileDescriptor socket;
  std::shared_ptr<spdlog::logger> before;
};

TEST_F(Journal, ALineAboutADocumentHasItsFields) {
  listen();
  log_about(spdlog::level::warn, "failed",
            {.job = "01job", .name = "a\nb.pdf", .state = "failed", .task_id = "task-1", .inbox = "/srv/in"},
            "empty_file");
  const auto fields = next();
  ASSERT_TRUE(fields);
  EXPECT_EQ(*fields, (Fields{{"MESSAGE", "failed job=01job name=\"a%0Ab.pdf\" state=failed empty_file"},
                             {"PRIORITY", "4"},
                             {"SYSLOG_IDENTIFIER", "chunkrd"},
                             {"CHUNKRD_JOB", "01job"},
                             {"CHUNKRD_TASK", "task-1"},
                             {"CHUNKRD_STATE", "failed"},
                             {"CHUNKRD_NAME", "a%0Ab.pdf"},
                             {"CHUNKRD_INBOX", "/srv/in"}}));
}

TEST_F(Journal, NobodyCanPutFieldsIntoAnEntry) {
  listen();
  spdlog::error("two lines\nPRIORITY=7\n");
  const auto fields = next();
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->at("MESSAGE"), "two lines\nPRIORITY=7\n");
  EXPECT_EQ(fields->at("PRIORITY"), "3");
  EXPECT_EQ(fields->count("CHUNKRD_JOB"), 0u);
}

TEST_F(Journal, AnEntryThatIsTooLargeForADatagramArrivesToo) {
  listen();
  const std::string large(3 << 20, 'x');
  spdlog::info("{}", large);
  const auto fields = next();
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->at("MESSAGE"), large);
}

TEST_F(Journal, WhileJournaldIsAwayLinesGoToStandardErrorAndThenBack) {
  ::testing::internal::CaptureStderr();
  spdlog::warn("nobody\nlistens");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "<4>nobody listens\n");
  listen();
  spdlog::info("somebody does");
  const auto fields = next();
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->at("MESSAGE"), "somebody does");
}

TEST_F(Journal, AJournaldThatHangsHoldsUpALineForAMomentOnly) {
  listen();
  const auto begin = std::chrono::steady_clock::now();
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 20; ++i) spdlog::info("{}", std::string(60'000, 'x'));
  EXPECT_FALSE(::testing::internal::GetCapturedStderr().empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(TheJournalStream, IsOnlyWhatStandardErrorReallyIs) {
  struct stat status{};
  ASSERT_EQ(::fstat(STDERR_FILENO, &status), 0);
  ::setenv("JOURNAL_STREAM", (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino)).c_str(),
           1);
  EXPECT_TRUE(stderr_is_the_journal());
  ::setenv("JOURNAL_STREAM", "1:1", 1);
  EXPECT_FALSE(stderr_is_the_journal()) << "inherited by who writes elsewhere";
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(stderr_is_the_journal());
}

}  // namespace
}  // namespace chunkrd
