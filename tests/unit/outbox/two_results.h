#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "outbox/outbox.h"
#include "scene.h"

namespace chunkrd::test {

inline outbox::Origin revision_of(const std::string& job_id, int revision) {
  return {.job_id = job_id,
          .name = "report.pdf",
          .task_id = "task",
          .input_sha256 = std::string(64, 'a'),
          .settings_hash = "settings",
          .revision = revision};
}

struct Ways {
  outbox::Layout layout;
  Rename rename;
  const char* name;
};
inline const Ways kAllWays[] = {{outbox::Layout::flat, Rename::may_refuse, "Flat"},
                                {outbox::Layout::folder, Rename::may_refuse, "Folder"},
                                {outbox::Layout::flat, Rename::always_replaces, "FlatByLink"},
                                {outbox::Layout::folder, Rename::always_replaces, "FolderByLink"}};

/// An outbox with two results of one document, one after the other. The first has Markdown and two pictures;
/// the second no Markdown, but text, and other pictures.
class TwoResults : public ::testing::TestWithParam<Ways> {
 protected:
  TwoResults() { set_rename(GetParam().rename); }
  ~TwoResults() override { set_rename(Rename::may_refuse); }

  struct Ground {
    std::vector<outbox::Part> write(int revision) const {
      const fs::path folder = outbox::Outbox(root, layout).prepare(kJob);
      if (is_shown(folder)) return parts(folder, revision);
      const std::string mark = std::to_string(revision);
      test::write(folder / "task.json", "json " + mark);
      test::write(folder / (revision == 0 ? "a.md" : "a.txt"), "text " + mark);
      if (fs::exists(folder / ".intent")) return parts(folder, revision);  // pictures are not made again
      fs::create_directory(folder / "images");
      for (const char* name : {"x", revision == 0 ? "y" : "z"})
        test::write(folder / "images" / name, std::string("picture ") + name + mark);
      return parts(folder, revision);
    }
    outbox::Delivered publish(int revision) const {
      return outbox::Outbox(root, layout).publish(revision_of(kJob, revision), "report.pdf", write(revision));
    }

   private:
    static bool is_shown(const fs::path& folder) {
      return fs::exists(folder / ".intent") && !fs::exists(folder / "task.json");
    }
    static std::vector<outbox::Part> parts(const fs::path& folder, int revision) {
      return {{".json", folder / "task.json"},
              revision == 0 ? outbox::Part{".md", folder / "a.md"} : outbox::Part{".txt", folder / "a.txt"},
              {".images", folder / "images"}};
    }

   public:
    outbox::Layout layout = GetParam().layout;
    Directory directory{fast_disk()};
    fs::path root = directory.path() / "outbox";
  };

  // Where the first part of `name`'s result lies, without the part's ending.
  static std::string at(const std::string& name = "report.pdf") {
    return GetParam().layout == outbox::Layout::folder ? name + "/" + name : name;
  }

  static Files result(int revision, const std::string& name = "report.pdf") {
    const std::string path = at(name);
    const std::string mark = std::to_string(revision);
    const std::string other = revision == 0 ? "y" : "z";
    return {{path + ".json", "json " + mark},
            {path + (revision == 0 ? ".md" : ".txt"), "text " + mark},
            {path + ".images/x", "picture x" + mark},
            {path + ".images/" + other, "picture " + other + mark}};
  }

  static Files with(Files files, const Files& more) {
    for (const auto& file : more) files.insert_or_assign(file.first, file.second);
    return files;
  }
};

}  // namespace chunkrd::test
