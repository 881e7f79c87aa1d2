#include "inbox/names.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <utility>

namespace chunkrd::inbox {
namespace {

// What is written under another name first, and what desktops, editors and storage boxes leave behind
// (research/ingestion.md 1.1 m; the list of paperless-ngx and docling, and what users missed there).
constexpr std::array kLitter = {
    ".*",  // hidden; rsync, .chunkrd, .~lock, .DS_Store
    "*.part",
    "*.filepart",
    "*.partial",
    "*.tmp",
    "*.temp",  // WinSCP, browsers, tools
    "*.download",
    "*.crdownload",
    "*.opdownload",
    "*.aria2",  // browsers
    "*.swp",
    "*.swx",
    "*~",
    "#*#",
    "~$*",  // editors, office programs
    "Thumbs.db",
    "ehthumbs.db",
    "desktop.ini",  // Windows
    "@eaDir",
    "#recycle",
    "@Recycle",
    "$RECYCLE.BIN",  // storage boxes, Windows shares
    "System Volume Information",
    "lost+found",
    "__MACOSX",  // file systems, archives
};

}  // namespace

Names::Names(std::vector<std::string> ignore) : ignore_(std::move(ignore)) {}

Names::Verdict Names::judge(const std::string& name) const {
  if (!enters(name)) return Verdict::ignored;
  if (name.ends_with(kSidecarEnding)) return Verdict::sidecar;
  return Verdict::document;
}

bool Names::enters(const std::string& name) const {
  const auto is_litter = [&](const char* pattern) {
    return ::fnmatch(pattern, name.c_str(), FNM_NOESCAPE | FNM_CASEFOLD) == 0;
  };
  const auto is_unwanted = [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
  };
  return std::ranges::none_of(kLitter, is_litter) && std::ranges::none_of(ignore_, is_unwanted);
}

}  // namespace chunkrd::inbox
