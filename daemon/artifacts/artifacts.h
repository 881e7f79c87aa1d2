#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "artifacts/pictures.h"
#include "taskapi/task.h"

/// Files that are made from a fetched result (task.json, a TaskResponse with chunks), each in a stream:
/// memory follows the largest chunk, never the result. Each overwrites its file and leaves it synced. A
/// segment that chunking has put into two neighbours appears once; a result without any text makes an empty
/// document.
///
/// Blocking: file pool. All throw std::system_error, and BrokenResult (artifacts/result_scanner.h) for a
/// result that would not have passed inspect().
namespace chunkrd::artifacts {

/// A result file that was read through.
struct Summary {
  taskapi::Task task;
  std::size_t chunks = 0;
  std::size_t segments = 0;
};

struct Broken {
  std::string message;  ///< "not complete: ends inside output.chunks[3]"
};

/// Reads a downloaded result to its end and checks that it is one: whole, JSON, a TaskResponse.
std::variant<Summary, Broken> inspect(const std::filesystem::path& result);

/// The plain text (`content`) of all segments in reading order, one empty line between them.
void write_text(const std::filesystem::path& result, const std::filesystem::path& to);

/// One line of JSON a chunk, ready for an embedding job; docs/configuration.md has its fields. `source` is
/// the document's name (bytes).
void write_chunks(const std::filesystem::path& result, const std::string& source,
                  const std::filesystem::path& to);

/// The Markdown of all chunks in reading order (segments as the service put them into chunks, one empty line
/// between them, `content` where there is no Markdown). Pictures are those in `pictures`; where one is not
/// there, its text stands in its place: the service's addresses end after an hour.
void write_markdown(const std::filesystem::path& result, const std::optional<PictureFolder>& pictures,
                    const std::filesystem::path& to);

/// The whole document as one page in UTF-8 that runs nothing and asks nobody: segments' HTML comes filtered
/// (artifacts/html_filter.h), and a Content-Security-Policy forbids all but styles and pictures of its own
/// place. Pictures are those in `pictures`; a Picture that is not there is left out, its text stays.
void write_html(const std::filesystem::path& result, const std::string& title,
                const std::optional<PictureFolder>& pictures, const std::filesystem::path& to);

}  // namespace chunkrd::artifacts
