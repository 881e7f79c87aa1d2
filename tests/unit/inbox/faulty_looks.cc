#include "faulty_looks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string_view>

namespace chunkrd::inbox {
namespace {

struct Fault {
  std::mutex mutex;  // looks come from the file pool, too
  std::string base;
  int error = 0;
  int times = 0;
} fault;

bool fails(std::string_view path) {
  const std::lock_guard hold(fault.mutex);
  if (fault.times == 0 || path.substr(path.rfind('/') + 1) != fault.base) return false;
  --fault.times;
  errno = fault.error;
  return true;
}

}  // namespace

void let_looks_fail(const std::string& base, int error, int times) {
  const std::lock_guard hold(fault.mutex);
  fault.base = base;
  fault.error = error;
  fault.times = times;
}

int looks_to_fail() {
  const std::lock_guard hold(fault.mutex);
  return fault.times;
}

}  // namespace chunkrd::inbox

extern "C" int fstatat(int folder, const char* name, struct stat* status, int flags) noexcept {
  if (chunkrd::inbox::fails(name)) return -1;
  return static_cast<int>(::syscall(SYS_newfstatat, folder, name, status, flags));
}
