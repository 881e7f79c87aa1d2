#include "local/server/task_answer.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "core/iso_time.h"
#include "local/server/output_file.h"

namespace chunkrd::local::server {
namespace {

/// What the names in a storage URL begin with.
constexpr std::string_view kInputPrefix = "input/";
constexpr std::string_view kPdfPrefix = "pdf/";
constexpr std::string_view kImagePrefix = "images/";

std::string input_name(const Task& task) {
  return std::string(kInputPrefix) + task.file_name;
}

std::string pdf_name(const Task& task) {
  return std::string(kPdfPrefix) + stem_of(task.file_name) + ".pdf";
}

std::string json_text(std::string_view text) {
  return boost::json::serialize(boost::json::value(text));
}

std::string time_or_null(std::optional<WallTime> time) {
  return time ? fmt::format("\"{}\"", to_iso(*time)) : "null";
}

/// The elements of a list, one task at a time.
class List final : public BodySource {
 public:
  List(std::vector<std::string> ids, View view, Store& store, const TaskAnswers& answers)
      : ids_(std::move(ids)), view_(std::move(view)), store_(store), answers_(answers) {}

  bool next(std::string& piece) override {
    while (true) {
      if (task_ && task_->next(piece)) return true;
      task_.reset();
      if (at_ == ids_.size()) {
        piece = std::exchange(end_, {});
        return !piece.empty();
      }
      if (const auto task = store_.find(ids_[at_++])) {
        task_ = answers_.one(*task, view_);
        piece = std::exchange(separator_, ",");
        if (!piece.empty()) return true;
      }
    }
  }

 private:
  std::vector<std::string> ids_;
  View view_;
  Store& store_;
  const TaskAnswers& answers_;
  std::unique_ptr<BodySource> task_;
  std::size_t at_ = 0;
  std::string separator_;
  std::string end_ = "]";
};

}  // namespace

std::string stem_of(const std::string& file_name) {
  const auto dot = file_name.rfind('.');
  return dot == std::string::npos || dot == 0 ? file_name : file_name.substr(0, dot);
}

std::optional<std::string> TaskAnswers::pdf_of(const Task& task) const {
  if (task.content_type == "application/pdf") return Folders::kInput;
  if (task.output.run.empty()) return std::nullopt;
  auto rendition = task.output.run + "/document.pdf";
  if (!folders_.open(task.id, rendition)) return std::nullopt;
  return rendition;
}

std::optional<std::string> TaskAnswers::file_behind(const Task& task, std::string_view name) const {
  if (name == input_name(task)) return Folders::kInput;
  if (name == pdf_name(task)) return pdf_of(task);
  const bool is_image = name.starts_with(kImagePrefix) && !name.substr(kImagePrefix.size()).contains('/');
  if (!is_image || task.output.run.empty()) return std::nullopt;
  return task.output.run + "/" + std::string(name);
}

std::unique_ptr<BodySource> TaskAnswers::file_text(const Task& task, const std::string& file,
                                                   const std::string& name, const View& view) const {
  if (view.files == View::Files::as_urls) {
    return text_source(view.server_url + signer_.sign(task.id, name, view.now));
  }
  auto stored = folders_.open(task.id, file);
  return stored ? base64_source(std::move(*stored)) : text_source("");
}

std::unique_ptr<BodySource> TaskAnswers::chunks(const Task& task, const View& view) const {
  const bool has_chunks = view.chunks == View::Chunks::include && task.status == Status::Succeeded;
  if (!has_chunks || task.output.chunks_bytes == 0) return text_source("[]");
  auto output = folders_.open(task.id, task.output.run + "/output.json");
  if (!output) return text_source("[]");
  return chunks_source(std::move(*output), task.output,
                       [this, task, view](const std::string& image) -> std::unique_ptr<BodySource> {
                         const auto name = std::string(kImagePrefix) + image;
                         const auto file = task.output.run + "/" + name;
                         if (!folders_.open(task.id, file)) return nullptr;
                         return file_text(task, file, name, view);
                       });
}

std::unique_ptr<BodySource> TaskAnswers::one(const Task& task, const View& view) const {
  if (dialect_ == Dialect::v2) return later(task, view);
  Parts parts;
  parts.push_back(text_source(R"({"configuration":{"input_file_url":")"));
  parts.push_back(file_text(task, Folders::kInput, input_name(task), view));
  // The stored configuration is an object that is never empty; its "{" stands before input_file_url.
  parts.push_back(text_source(fmt::format(
      R"(",{},"created_at":"{}","expires_at":{},"finished_at":{},"message":{},"output":{{"chunks":)",
      std::string_view(task.configuration).substr(1), to_iso(task.created_at), time_or_null(task.expires_at),
      time_or_null(task.finished_at), json_text(task.message))));
  parts.push_back(chunks(task, view));
  parts.push_back(
      text_source(fmt::format(R"(,"extracted_json":null,"file_name":{},"page_count":{},"pdf_url":)",
                              json_text(task.file_name), task.output.page_count)));
  add_pdf(task, view, parts);
  parts.push_back(text_source(
      fmt::format(R"(}},"started_at":{},"status":"{}","task_id":"{}","task_url":"{}/api/v1/task/{}"}})",
                  time_or_null(task.started_at), to_string(task.status), task.id, view.server_url, task.id)));
  return joined_source(std::move(parts));
}

void TaskAnswers::add_pdf(const Task& task, const View& view, Parts& parts) const {
  const auto pdf = pdf_of(task);
  const bool is_shown = pdf || (view.files == View::Files::as_urls && task.status != Status::Succeeded);
  if (!is_shown) {
    parts.push_back(text_source("null"));
    return;
  }
  parts.push_back(text_source("\""));
  parts.push_back(file_text(task, pdf.value_or(""), pdf_name(task), view));
  parts.push_back(text_source("\""));
}

// What is said of the document stands in file_info, and nothing in `output` before the end. The chunks are
// held in memory: this is for tests.
std::unique_ptr<BodySource> TaskAnswers::later(const Task& task, const View& view) const {
  Parts parts;
  parts.push_back(text_source(fmt::format(
      R"({{"completed":{},"configuration":{},"created_at":"{}","expires_at":{},"file_info":{{"mime_type":"{}","name":{},"page_count":{},"url":")",
      task.status != Status::Starting && task.status != Status::Processing,
      shown_settings(task.configuration), to_iso(task.created_at), time_or_null(task.expires_at),
      task.content_type, json_text(task.file_name),
      task.output.run.empty() ? "null" : std::to_string(task.output.page_count))));
  parts.push_back(file_text(task, Folders::kInput, input_name(task), view));
  parts.push_back(text_source(fmt::format(R"("}},"finished_at":{},"message":{},"output":)",
                                          time_or_null(task.finished_at), json_text(task.message))));
  if (task.status == Status::Succeeded) {
    std::string all;
    const auto source = chunks(task, view);
    for (std::string piece; source->next(piece);) all += piece;
    parts.push_back(
        text_source(R"({"chunks":)" + later_chunks(all, task.configuration) + R"(,"pages":[],"pdf_url":)"));
    add_pdf(task, view, parts);
    parts.push_back(text_source("}"));
  } else {
    parts.push_back(text_source("null"));
  }
  parts.push_back(text_source(fmt::format(
      R"(,"started_at":{},"status":"{}","task_id":"{}","task_type":"Parse","task_url":"{}/api/v1/task/{}","version_info":{{"client_version":"Legacy","server_version":"{}"}}}})",
      time_or_null(task.started_at), to_string(task.status), task.id, view.server_url, task.id,
      version_of(dialect_))));
  return joined_source(std::move(parts));
}

std::unique_ptr<BodySource> TaskAnswers::list(std::vector<std::string> ids, View view, Store& store) const {
  std::vector<std::unique_ptr<BodySource>> parts;
  parts.push_back(text_source("["));
  parts.push_back(std::make_unique<List>(std::move(ids), std::move(view), store, *this));
  return joined_source(std::move(parts));
}

}  // namespace chunkrd::local::server
