#pragma once

#include <memory>
#include <string>
#include <vector>

#include "local/server/body_source.h"
#include "local/server/dialect.h"
#include "local/server/folders.h"
#include "local/server/signer.h"
#include "local/server/store.h"
#include "local/server/task.h"

namespace chunkrd::local::server {

/// What a reader of a task asked for.
struct View {
  enum class Chunks { leave_out, include };
  enum class Files { as_urls, as_base64 };
  Chunks chunks = Chunks::leave_out;
  Files files = Files::as_urls;
  std::string server_url;  ///< "http://127.0.0.1:8000"
  WallTime now;
};

/// Writes tasks as the contract's TaskResponse, or as those of later servers.
class TaskAnswers {
 public:
  TaskAnswers(const Folders& folders, const Signer& signer, Dialect dialect)
      : folders_(folders), signer_(signer), dialect_(dialect) {}

  /// The file that pdf_url names, as Folders::open() calls it; nothing while, or if, there is none.
  std::optional<std::string> pdf_of(const Task& task) const;

  /// The file behind a name that stands in one of the task's storage URLs, as Folders::open() calls it;
  /// nothing if `name` is no such name.
  std::optional<std::string> file_behind(const Task& task, std::string_view name) const;

  std::unique_ptr<BodySource> one(const Task& task, const View& view) const;

  /// A bare array; tasks that have gone when their turn comes are left out.
  std::unique_ptr<BodySource> list(std::vector<std::string> ids, View view, Store& store) const;

 private:
  using Parts = std::vector<std::unique_ptr<BodySource>>;
  std::unique_ptr<BodySource> later(const Task& task, const View& view) const;
  void add_pdf(const Task& task, const View& view, Parts& parts) const;
  std::unique_ptr<BodySource> file_text(const Task& task, const std::string& file, const std::string& name,
                                        const View& view) const;
  std::unique_ptr<BodySource> chunks(const Task& task, const View& view) const;

  const Folders& folders_;
  const Signer& signer_;
  Dialect dialect_;
};

/// "report.pdf" is "report".
std::string stem_of(const std::string& file_name);

}  // namespace chunkrd::local::server
