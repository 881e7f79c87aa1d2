#include "local/needs.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "core/child.h"

namespace chunkrd::local {
namespace {

constexpr std::array kPrograms{kPdfinfo, kPdftotext, kPdftohtml, kPdftoppm, kTesseract};

/// What posix_spawnp takes where PATH is not set.
constexpr std::string_view kUsualPath = "/bin:/usr/bin";

bool is_in_path(std::string_view program) {
  const char* const set = std::getenv("PATH");
  std::string_view path = set != nullptr ? std::string_view(set) : kUsualPath;
  while (true) {
    const auto end = std::min(path.find(':'), path.size());
    const std::string_view folder = path.substr(0, end);
    const auto file = std::filesystem::path(folder.empty() ? "." : folder) / program;
    std::error_code unclear;
    if (std::filesystem::is_regular_file(file, unclear) && ::access(file.c_str(), X_OK) == 0) return true;
    if (end == path.size()) return false;
    path.remove_prefix(end + 1);
  }
}

/// `tesseract --list-langs` has a line for each.
bool lists(std::string_view languages, std::string_view name) {
  return ("\n" + std::string(languages) + "\n").contains("\n" + std::string(name) + "\n");
}

}  // namespace

std::vector<Need> missing_needs() {
  std::vector<Need> missing;
  for (const Need& program : kPrograms)
    if (!is_in_path(program.name)) missing.push_back(program);
  if (!missing.empty() && missing.back().name == kTesseract.name) return missing;
  const std::string languages = run_child({"tesseract", "--list-langs"}).output;
  if (!lists(languages, "eng")) missing.push_back(kEnglish);
  if (!lists(languages, "osd")) missing.push_back(kTurns);
  return missing;
}

std::string describe(const Need& missing) {
  return std::string(missing.name) + " is not installed on this machine (Debian package " +
         std::string(missing.package) + ")";
}

}  // namespace chunkrd::local
