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

/// Reads what may be there, and takes what is of another kind for absent.
template <auto read, class Target>
void if_readable(value field, Target& target) {
  try {
    target = read(field);
  } catch (const Wrong&) {
  } catch (const simdjson::simdjson_error&) {
  }
}

/// What is said of the document. Servers of the contract say it in `output`, later ones in `file_info`, too,
/// which is there while `output` is still null.
struct About {
  std::string file_name;
  std::optional<int> page_count;
  std::optional<std::string> pdf_url, input_file_url;
};

constexpr Field<About> kOutput[] = {
    {"file_name", optional, [](value v, About& o) { o.file_name = text_or_empty(v); }},
    {"page_count", optional, [](value v, About& o) { o.page_count = pages(v); }},
    {"pdf_url", optional, [](value v, About& o) { o.pdf_url = nullable<text>(v); }},
};

About output(value field) {
  return read_object<About>(field, kOutput);
}

// Not in the contract: what is of another kind there is skipped, as other fields that we do not know.
constexpr Field<About> kFileInfo[] = {
    {"name", optional, [](value v, About& i) { if_readable<text>(v, i.file_name); }},
    {"page_count", optional, [](value v, About& i) { if_readable<pages>(v, i.page_count); }},
    {"url", optional, [](value v, About& i) { if_readable<text>(v, i.input_file_url); }},
};

About file_info(value field) {
  return read_object<About>(field, kFileInfo);
}

/// Settings are kept as they came; the signed address among them is also needed by itself.
struct Configuration {
  std::optional<std::string> input_file_url;
};

constexpr Field<Configuration> kConfiguration[] = {
    {"input_file_url", optional, [](value v, Configuration& c) { c.input_file_url = nullable<text>(v); }},
};

/// A TaskResponse as it comes in: the same thing may be said in several places, in any order.
struct Parts {
  Task task;
  About output, file_info;
  std::optional<std::string> input_file_url;
};

void read_configuration(value field, Parts& parts) {
  parts.task.configuration = raw_object(field);
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(parts.task.configuration);
  simdjson::ondemand::document document = parser.iterate(padded);
  parts.task.input_file_url = read_object<Configuration>(document.get_value(), kConfiguration).input_file_url;
}

constexpr Field<Parts> kTask[] = {
    {"task_id", required, [](value v, Parts& p) { p.task.task_id = id(v); }},
    {"status", required, [](value v, Parts& p) { p.task.status = status(v); }},
    {"message", required, [](value v, Parts& p) { p.task.message = nullable<message>(v).value_or(""); }},
    {"created_at", required, [](value v, Parts& p) { p.task.created_at = time(v); }},
    {"started_at", optional, [](value v, Parts& p) { p.task.started_at = nullable<time>(v); }},
    {"finished_at", optional, [](value v, Parts& p) { p.task.finished_at = nullable<time>(v); }},
    {"expires_at", optional, [](value v, Parts& p) { p.task.expires_at = nullable<time>(v); }},
    {"configuration", required, read_configuration},
    {"output", optional, [](value v, Parts& p) { p.output = nullable<output>(v).value_or(About()); }},
    {"file_info", optional, [](value v, Parts& p) { if_readable<file_info>(v, p.file_info); }},
    {"input_file_url", optional, [](value v, Parts& p) { if_readable<text>(v, p.input_file_url); }},
};

Task task(value field) {
  Parts parts = read_object<Parts>(field, kTask);
  Task& task = parts.task;
  About &output = parts.output, &info = parts.file_info;
  task.file_name = std::move(info.file_name.empty() ? output.file_name : info.file_name);
  task.page_count = info.page_count ? info.page_count : output.page_count;
  task.pdf_url = std::move(output.pdf_url);
  for (auto* url : {&parts.input_file_url, &info.input_file_url})
    if (!task.input_file_url) task.input_file_url = std::move(*url);
  return std::move(task);
}

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
    {"html", optional, [](value v, Segment& s) { s.html = nullable<text>(v); }},
    {"markdown", optional, [](value v, Segment& s) { s.markdown = nullable<text>(v); }},
    {"text", optional, [](value v, Segment& s) { if_readable<nullable<text>>(v, s.text); }},
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

constexpr Field<OddTask> kOddName[] = {
    {"name", optional, [](value v, OddTask& t) { if_readable<text>(v, t.file_name); }},
    {"file_name", optional, [](value v, OddTask& t) { if_readable<text>(v, t.file_name); }},
};

void read_odd_name(value field, OddTask& odd) {
  if (field.type() != json_type::object) return;
  std::string name = read_object<OddTask>(field, kOddName).file_name;
  if (!name.empty()) odd.file_name = std::move(name);
}

constexpr Field<OddTask> kOddTask[] = {
    {"created_at", optional, [](value v, OddTask& t) { if_readable<time>(v, t.created_at); }},
    {"output", optional, read_odd_name},
    {"file_info", optional, read_odd_name},
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

void read_entries(value list, TaskPage& page) {
  each(list, [&](value element) {
    const std::string_view raw = simdjson::to_json_string(element);
    if (auto task = read_task(raw))
      page.tasks.push_back(std::move(*task));
    else
      page.odd.push_back(read_odd(raw, std::move(task).error()));
  });
}

/// The list of later servers.
struct CursorPage {
  TaskPage page;
  std::optional<bool> has_more;
};

// It is given back as it came. A number would be one, too.
std::optional<std::string> cursor(value field) {
  if (field.type() == json_type::number) {
    const std::string_view token = field.raw_json_token();
    return std::string(token.substr(0, token.find_last_not_of(" \t\r\n") + 1));
  }
  std::string read = text(field);
  return read.empty() ? std::nullopt : std::optional(std::move(read));
}

bool boolean(value field) {
  if (field.type() != json_type::boolean) throw Wrong("not true or false");
  return field.get_bool();
}

constexpr Field<CursorPage> kCursorPage[] = {
    {"tasks", required, [](value v, CursorPage& p) { read_entries(v, p.page); }},
    {"next_cursor", optional,
     [](value v, CursorPage& p) { p.page.next = nullable<cursor>(v).value_or(std::nullopt); }},
    {"has_more", optional, [](value v, CursorPage& p) { p.has_more = nullable<boolean>(v); }},
};

TaskPage read_cursor_page(value list) {
  CursorPage read = read_object<CursorPage>(list, kCursorPage);
  read.page.by_cursor = true;
  read.page.is_cut = !read.page.next && read.has_more.value_or(false);
  if (!read.has_more.value_or(true)) read.page.next.reset();
  return std::move(read.page);
}

}  // namespace

std::expected<Task, std::string> read_task(std::string_view json) {
  return read_whole(json, [](value field) { return task(field); });
}

std::expected<TaskPage, std::string> read_tasks(std::string_view json) {
  return read_whole(json, [](value list) {
    if (list.type() == json_type::object) return read_cursor_page(list);
    TaskPage page;
    read_entries(list, page);
    return page;
  });
}

std::expected<Chunk, std::string> read_chunk(std::string_view json) {
  return read_whole(json, [](value chunk) { return read_object<Chunk>(chunk, kChunk); });
}

}  // namespace chunkrd::taskapi
