#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "faulty_disk.h"
#include "outbox/outbox.h"

namespace chunkrd::test {

namespace fs = std::filesystem;

/// What make_job_id() makes: folders of no such name are left alone when an outbox is swept.
inline const std::string kJob = "01hf7yat00abcdefghjkmnpqrs", kOtherJob = "01hf7yat00zzzzzzzzzzzzzzzz";

/// A filesystem in memory where there is one: the tests that repeat themselves for every call to the disk
/// are several times faster there.
inline fs::path fast_disk() {
  return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ::testing::TempDir();
}

/// A directory of a test's own, gone at its end.
class Directory {
 public:
  explicit Directory(const fs::path& parent = ::testing::TempDir()) {
    std::string pattern = (parent / "chunkrd-outbox-XXXXXX").native();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp " + pattern);
    path_ = pattern;
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

using Files = std::map<std::string, std::string>;

/// All files below `root` and what is in them, without those of .chunkrd/.
inline Files visible(const fs::path& root) {
  Files files;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator(); ++it) {
    if (it->path().filename() == ".chunkrd") {
      it.disable_recursion_pending();
    } else if (!it->is_directory()) {
      files[it->path().native().substr(root.native().size() + 1)] = read(it->path());
    }
  }
  return files;
}

/// Names in a directory.
inline std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename());
  return names;
}

/// Runs `work` in a process of its own that dies at its `at_call`-th call to the disk. True if it died,
/// false if it came to its end before that.
template <class Work>
bool dies(int at_call, Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    break_disk(Fault::die, at_call);
    int status = 0;
    try {
      work();
    } catch (...) {
      status = 1;
    }
    ::_exit(status);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) throw std::runtime_error("fork");
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return true;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  return false;
}

}  // namespace chunkrd::test
