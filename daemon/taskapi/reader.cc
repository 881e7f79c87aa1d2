#include "taskapi/reader.h"

#include <algorithm>
#include <cctype>

#include "core/quotation.h"
#include "taskapi/fields.h"

namespace chunkrd::taskapi {
namespace {

using namespace fields;
using enum Need;

Status status(value field) {
  const std::string name = text(field);
  const auto known = status_from(name);
  if (!known) throw Wrong("unknown value \"" + name.substr(0, 40) + "\"");
  return *known;
}

// It becomes a part of addresses and file names, and stands in lists with spaces between.
constexpr std::size_t kIdBytesMax = 128;

std::string id(value field) {
  std::string read = text_with_content(field);
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  };
  if (read.size() > kIdBytesMax) throw Wrong("longer than " + std::to_string(kIdBytesMax) + " bytes");
  if (!std::ranges::all_of(read, is_plain) || read.front() == '.') throw Wrong("not a plain id");
  return read;
}

// Kept with the document, and shown to people.
constexpr std::size_t kMessageBytesMax = 1000;

std::string message(value field) {
  return quotation(text(field), kMessageBytesMax);
}

// One that cannot be is none: it would be added to what was paid.
constexpr int kPagesMax = 10'000'000;

std::optional<int> pages(value field) {
  const auto read = nullable<whole_number>(field);
  return read && *read >= 0 && *read <= kPagesMax ? read : std::nullopt;
}

std::string text_or_empty(value field) {
  return nullable<text>(field).value_or(std::string());
}

/// The part of OutputResponse that belongs to the task and not to a chunk.
struct Output {
  std::string file_name;
  std::optional<int> page_count;
  std::optional<std::string> pdf_url;
};

constexpr Field<Output> kOutput[] = {
    {"file_name", optional, [](value v, Output& o) { o.file_name = text_or_empty(v); }},
    {"page_count", optional, [](value v, Output& o) { o.page_count = pages(v); }},
    {"pdf_url", optional, [](value v, Output& o) { o.pdf_url = nullable<text>(v); }},
};

Output output(value field) {
  return read_object<Output>(field, kOutput);
}

/// Settings are kept as they came; the signed address among them is also needed by itself.
struct Configuration {
  std::optional<std::string> input_file_url;
};

constexpr Field<Configuration> kConfiguration[] = {
    {"input_file_url", optional, [](value v, Configuration& c) { c.input_file_url = nullable<text>(v); }},
};

void read_configuration(value field, Task& task) {
  task.configuration = raw_object(field);
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(task.configuration);
  simdjson::ondemand::document document = parser.iterate(padded);
  task.input_file_url = read_object<Configuration>(document.get_value(), kConfiguration).input_file_url;
}

constexpr Field<Task> kTask[] = {
    {"task_id", required, [](value v, Task& t) { t.task_id = id(v); }},
    {"status", required, [](value v, Task& t) { t.status = status(v); }},
    {"message", required, [](value v, Task& t) { t.message = message(v); }},
    {"created_at", required, [](value v, Task& t) { t.created_at = time(v); }},
    {"started_at", optional, [](value v, Task& t) { t.started_at = nullable<time>(v); }},
    {"finished_at", optional, [](value v, Task& t) { t.finished_at = nullable<time>(v); }},
    {"expires_at", optional, [](value v, Task& t) { t.expires_at = nullable<time>(v); }},
    {"configuration", required, read_configuration},
    {"output", optional,
     [](value v, Task& t) {
       Output read = nullable<output>(v).value_or(Output());
       t.file_name = std::move(read.file_name);
       t.page_count = read.page_count;
       t.pdf_url = std::move(read.pdf_url);
     }},
};

constexpr Field<BoundingBox> kBoundingBox[] = {
    {"left", required, [](value v, BoundingBox& b) { b.left = number(v); }},
    {"top", required, [](value v, BoundingBox& b) { b.top = number(v); }},
    {"width", required, [](value v, BoundingBox& b) { b.width = number(v); }},
    {"height", required, [](value v, BoundingBox& b) { b.height = number(v); }},
};

constexpr Field<Segment> kSegment[] = {
    {"segment_id", required, [](value v, Segment& s) { s.segment_id = text(v); }},
    {"segment_type", required, [](value v, Segment& s) { s.segment_type = text(v); }},
    {"bbox", required, [](value v, Segment& s) { s.bbox = read_object<BoundingBox>(v, kBoundingBox); }},
    {"page_number", required, [](value v, Segment& s) { s.page_number = whole_number(v); }},
    {"page_width", required, [](value v, Segment& s) { s.page_width = number(v); }},
    {"page_height", required, [](value v, Segment& s) { s.page_height = number(v); }},
    {"content", optional, [](value v, Segment& s) { s.content = text_or_empty(v); }},
    {"html", optional, [](value v, Segment& s) { s.html = text_or_empty(v); }},
    {"markdown", optional, [](value v, Segment& s) { s.markdown = text_or_empty(v); }},
    {"llm", optional, [](value v, Segment& s) { s.llm = nullable<text>(v); }},
    {"image", optional, [](value v, Segment& s) { s.image = nullable<text>(v); }},
};

void read_segments(value field, Chunk& chunk) {
  each(field, [&](value element) { chunk.segments.push_back(read_object<Segment>(element, kSegment)); });
}

constexpr Field<Chunk> kChunk[] = {
    {"chunk_id", optional, [](value v, Chunk& c) { c.chunk_id = text_or_empty(v); }},
    {"chunk_length", required, [](value v, Chunk& c) { c.chunk_length = whole_number(v); }},
    {"embed", optional, [](value v, Chunk& c) { c.embed = nullable<text>(v); }},
    {"segments", required, read_segments},
};

/// Reads what may be there, and takes what is of another kind for absent.
template <auto read, class Target>
void if_readable(value field, Target& target) {
  try {
    target = read(field);
  } catch (const Wrong&) {
  } catch (const simdjson::simdjson_error&) {
  }
}

constexpr Field<Output> kOddOutput[] = {
    {"file_name", optional, [](value v, Output& o) { if_readable<text>(v, o.file_name); }},
};

constexpr Field<OddTask> kOddTask[] = {
    {"created_at", optional, [](value v, OddTask& t) { if_readable<time>(v, t.created_at); }},
    {"output", optional,
     [](value v, OddTask& t) {
       if (v.type() == json_type::object) t.file_name = read_object<Output>(v, kOddOutput).file_name;
     }},
};

/// Runs `read` over the whole of `json`, which must be one value and nothing else.
template <class Read>
auto read_whole(std::string_view json, Read read)
    -> std::expected<decltype(read(std::declval<value>())), std::string> {
  try {
    simdjson::ondemand::parser parser;
    const simdjson::padded_string padded(json);
    simdjson::ondemand::document document = parser.iterate(padded);
    auto result = read(document.get_value());
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      return std::unexpected("not JSON: something follows its end");
    return result;
  } catch (const Wrong& wrong) {
    return std::unexpected(wrong.text());
  } catch (const simdjson::simdjson_error& error) {
    return std::unexpected(std::string("not JSON: ") + error.what());
  }
}

OddTask read_odd(std::string_view json, std::string why) {
  OddTask odd =
      read_whole(json, [](value task) { return read_object<OddTask>(task, kOddTask); }).value_or(OddTask{});
  odd.why = std::move(why);
  return odd;
}

}  // namespace

std::expected<Task, std::string> read_task(std::string_view json) {
  return read_whole(json, [](value task) { return read_object<Task>(task, kTask); });
}

std::expected<TaskPage, std::string> read_tasks(std::string_view json) {
  return read_whole(json, [](value list) {
    TaskPage page;
    each(list, [&](value element) {
      const std::string_view raw = simdjson::to_json_string(element);
      if (auto task = read_task(raw))
        page.tasks.push_back(std::move(*task));
      else
        page.odd.push_back(read_odd(raw, std::move(task).error()));
    });
    return page;
  });
}

std::expected<Chunk, std::string> read_chunk(std::string_view json) {
  return read_whole(json, [](value chunk) { return read_object<Chunk>(chunk, kChunk); });
}

}  // namespace chunkrd::taskapi
