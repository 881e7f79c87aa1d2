#include "artifacts/page_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/durable.h"
#include "core/escape.h"

namespace chunkrd::artifacts {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

}  // namespace

PageSpool::PageSpool(const std::filesystem::path& folder) : folder_(folder) {
  std::string name = (folder / ".spool-XXXXXX").native();
  file_ = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (!file_)
    throw std::system_error(errno, std::generic_category(), "make a file in " + printable(folder.native()));
  ::unlink(name.c_str());
}

void PageSpool::add(int page, std::string_view text) {
  std::vector<Run>& runs = runs_[page];
  if (runs.empty() || runs.back().offset + runs.back().bytes != end_) runs.push_back({end_, 0});
  runs.back().bytes += text.size();
  end_ += text.size();
  pending_ += text;
  if (pending_.size() >= kPieceBytes) flush();
}

void PageSpool::read(int page, const std::function<void(std::string_view)>& take) {
  flush();
  const auto found = runs_.find(page);
  if (found == runs_.end()) return;
  std::string piece;
  for (const Run& run : found->second) {
    for (std::uint64_t at = 0; at < run.bytes; at += piece.size()) {
      piece.resize(std::min<std::uint64_t>(kPieceBytes, run.bytes - at));
      const ssize_t got =
          ::pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(run.offset + at));
      if (got <= 0)
        throw std::system_error(got < 0 ? errno : EIO, std::generic_category(),
                                "read a file in " + printable(folder_.native()));
      piece.resize(static_cast<std::size_t>(got));
      take(piece);
    }
  }
}

void PageSpool::flush() {
  durable::write_all(file_.get(), pending_, folder_);
  pending_.clear();
}

}  // namespace chunkrd::artifacts
