#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <fstream>
#include <functional>
#include <string>

namespace chunkrd::inbox {

/// A story told in a process of its own, whose world can be changed without anybody else's noticing.
enum class Told { well, badly, not_allowed_here };

inline Told tell_in_own_process(const std::function<bool()>& change_the_world,
                                const std::function<void()>& story) {
  constexpr int kNotAllowed = 77;
  const pid_t child = ::fork();
  if (child == 0) {
    if (!change_the_world()) ::_exit(kNotAllowed);
    try {
      story();
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotAllowed) return Told::not_allowed_here;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? Told::well : Told::badly;
}

/// With mounts of its own.
inline Told tell_where_mounting_is_allowed(const std::function<void()>& story) {
  return tell_in_own_process(
      [] {
        return (::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
               ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
      },
      story);
}

/// With a limit of its own: "max_inotify_watches" is what fs.inotify.max_user_watches is outside.
inline Told tell_with_limit(const std::string& name, int limit, const std::function<void()>& story) {
  return tell_in_own_process(
      [&] {
        if (::unshare(CLONE_NEWUSER) != 0) return false;
        std::ofstream setting("/proc/sys/user/" + name);
        return static_cast<bool>(setting << limit << std::flush);
      },
      story);
}

}  // namespace chunkrd::inbox
