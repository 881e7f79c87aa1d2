#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"

namespace chunkrd::taskapi {

/// The contract's Status.
enum class Status { Starting, Processing, Succeeded, Failed, Cancelled };
std::string_view to_string(Status status) noexcept;
std::optional<Status> status_from(std::string_view text) noexcept;

/// The contract's TaskResponse without its chunks. Unknown fields are skipped (later servers add some).
struct Task {
  std::string task_id;  ///< at most 128 of [A-Za-z0-9._-], no "." in front
  Status status = Status::Starting;
  std::string message;  ///< quotation(): no address but its origin, at most some 1,000 bytes
  WallTime created_at;
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;
  std::optional<WallTime> expires_at;
  std::string file_name;               ///< output.file_name; our tag is in it
  std::optional<int> page_count;       ///< output.page_count
  std::optional<std::string> pdf_url;  ///< signed: use at once, without the key, never log
  std::optional<std::string> input_file_url;
  std::string configuration;  ///< raw JSON, as it came
};

/// An entry of the task list that is no task as the contract has it, and what can be said of it all the same.
struct OddTask {
  std::string file_name;               ///< empty if there is none to be read
  std::optional<WallTime> created_at;  ///< nothing if there is none to be read
  std::string why;                     ///< for people: what is wrong with it
};

/// A part of the task list. One odd entry says nothing against the others. Servers of the contract answer
/// with an array, later ones with an object that says how to go on.
struct TaskPage {
  std::vector<Task> tasks;
  std::vector<OddTask> odd;
  bool by_cursor = false;                          ///< it was the object: there are no numbered pages
  std::optional<std::string> next = std::nullopt;  ///< the cursor of what follows; none: this was the end,
  bool is_cut = false;                             ///< or there is more, and no way to it

  bool empty() const { return tasks.empty() && odd.empty(); }
};

struct BoundingBox {
  double left = 0, top = 0, width = 0, height = 0;
};

/// The contract's Segment, as far as an artifact needs it.
struct Segment {
  std::string segment_id;
  std::string segment_type;  ///< as it came: later servers have more types than the contract
  std::string content;
  std::optional<std::string> html, markdown;  ///< the current API has none
  std::optional<std::string> text;            ///< since server 2.0; `content` is markup then
  std::optional<std::string> llm;
  std::optional<std::string> image;
  BoundingBox bbox;
  int page_number = 0;
  double page_width = 0, page_height = 0;
};

struct Chunk {
  std::string chunk_id;
  int chunk_length = 0;
  std::optional<std::string> embed;
  std::vector<Segment> segments;
};

}  // namespace chunkrd::taskapi
