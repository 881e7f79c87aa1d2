#include "core/threads.h"

#include <boost/system/system_error.hpp>
#include <system_error>

namespace chunkrd {

Threads::Threads(std::size_t wanted) try : pool_(1) {
  try {
    while (more_.size() + 1 < wanted) more_.emplace_back([this] { pool_.attach(); });
  } catch (const std::system_error&) {
    // One does the work, only slower.
  }
} catch (const boost::system::system_error& error) {
  throw std::system_error(error.code(), "start a thread");
}

Threads::~Threads() {
  join();
}

void Threads::join() {
  pool_.join();
  more_.clear();
}

}  // namespace chunkrd
