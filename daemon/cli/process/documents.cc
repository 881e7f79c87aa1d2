#include "cli/process/documents.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "core/counted.h"
#include "core/errors.h"
#include "core/escape.h"
#include "inbox/names.h"
#include "inbox/scan.h"
#include "inbox/tree.h"
#include "pipeline/content_type.h"

namespace chunkrd::cli::process {
namespace {

namespace fs = std::filesystem;

class Search {
 public:
  explicit Search(const fs::path& out) : out_(fs::weakly_canonical(out)) {}

  void name(const fs::path& path) {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (error) return refuse(path, error);
    if (fs::is_directory(real, error)) return walk(path, real);
    if (!fs::is_regular_file(real, error)) return refuse(path, "is neither a file nor a folder");
    if (names_.judge(real.filename()) == inbox::Names::Verdict::sidecar)
      return refuse(path, "holds settings for the document beside it: name that");
    take(path, real.parent_path(), {real.filename()}, {path});
    // Who names `latest.pdf` looks for `latest.pdf.md`, whatever it points to.
    const std::string link = path.filename();
    if (taken_ && link != real.filename() && names_.judge(link) == inbox::Names::Verdict::document)
      found_.documents.back().title = link;
  }

  Found found() {
    if (!faults_.empty()) throw UserError(code_, fmt::format("{}", fmt::join(faults_, "\nchunkrd: ")));
    if (found_.documents.empty())
      throw UserError(
          ExitCode::no_input,
          fmt::format("there is no document in what was named{}{}",
                      found_.passed_over.empty() ? "" : "; other files may be tried by naming each of them",
                      found_.links_passed_over == 0
                          ? ""
                          : fmt::format("; {} in folders {} not followed: name what they point to",
                                        counted(static_cast<std::int64_t>(found_.links_passed_over), "link"),
                                        found_.links_passed_over == 1 ? "is" : "are")));
    return std::move(found_);
  }

 private:
  void refuse(const fs::path& path, const std::string& why) {
    faults_.push_back(fmt::format("{}: {}", printable(path.native()), why));
  }
  void refuse(const fs::path& path, const std::error_code& error) {
    if (error == std::errc::permission_denied) code_ = ExitCode::no_permission;
    refuse(path, error.message());
  }

  void walk(const fs::path& named, const fs::path& root) {
    std::vector<std::string> below;
    try {
      for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator();
           ++entry) {
        const std::string base = entry->path().filename();
        if (entry->is_symlink()) {
          found_.links_passed_over += 1;
          continue;
        }
        if (entry->is_directory()) {
          if (!names_.enters(base) || entry->path() == out_) entry.disable_recursion_pending();
        } else if (entry->is_regular_file() && names_.judge(base) == inbox::Names::Verdict::document) {
          below.push_back(entry->path().lexically_relative(root));
        }
      }
    } catch (const fs::filesystem_error& error) {
      return refuse(error.path1().empty() ? named : error.path1(), error.code());
    }
    std::ranges::sort(below);
    std::vector<std::string> documents;
    std::vector<fs::path> shown;
    for (std::string& name : below) {
      if (!pipeline::has_type_of_service(name)) {
        found_.passed_over.push_back((named / name).lexically_normal());
        continue;
      }
      shown.push_back((named / name).lexically_normal());
      documents.push_back(std::move(name));
    }
    take(named, root, documents, shown);
  }

  void take(const fs::path& named, const fs::path& inbox, const std::vector<std::string>& names,
            const std::vector<fs::path>& shown) {
    const auto tree = inbox::Tree::open(inbox);
    if (!tree) return refuse(named, tree.error());
    auto sightings = inbox::look_at(*tree, names);
    taken_ = false;
    for (std::size_t i = 0; i < sightings.size(); ++i) {
      inbox::Sighting& seen = sightings[i];
      const fs::path file = inbox / seen.name;
      if (seen.kind != inbox::Kind::file) {
        refuse(shown[i], "cannot be looked at, or changed just now");
      } else if (::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) != 0) {
        refuse(shown[i], std::error_code(errno, std::generic_category()));
      } else if (known_.insert(file).second) {
        found_.documents.push_back(
            {shown[i], inbox.native(), {std::move(seen.name), seen.identity, seen.sidecar}});
        taken_ = true;
      }
    }
  }

  const fs::path out_;
  const inbox::Names names_{{}};
  Found found_;
  std::set<fs::path> known_;
  bool taken_ = false;  ///< anything, by the last take()
  std::vector<std::string> faults_;
  ExitCode code_ = ExitCode::no_input;
};

}  // namespace

Found find_documents(std::span<const fs::path> named, const fs::path& out) {
  Search search(out);
  for (const fs::path& path : named) search.name(path);
  return search.found();
}

}  // namespace chunkrd::cli::process
