#include "tests/unit/local/server/fixture.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <fstream>
#include <thread>

#include "core/base64.h"
#include "local/server/folders.h"

namespace chunkrd::local::server::test {
namespace {

/// Stands in for the parser's detection: PDF by its first bytes, anything printable is text.
std::optional<InputType> detect(const std::filesystem::path& document, std::string_view) {
  std::ifstream in(document, std::ios::binary);
  std::string head(16, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  if (head.starts_with("%PDF-")) return InputType{"application/pdf", "pdf"};
  if (head.empty() || head.contains('\0')) return std::nullopt;
  return InputType{"text/plain", "txt"};
}

void write(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

}  // namespace

bool becomes_true(const std::function<bool()>& question) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!question()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::string base64_of(std::string_view bytes) {
  std::string text;
  append_base64(bytes, text);
  return text;
}

ServerTest::ServerTest() : folder_(std::filesystem::path(testing::TempDir()) / ("server-" + make_uuid())) {
  spdlog::set_level(spdlog::level::off);
  std::filesystem::create_directories(folder_);
  options_.port = 0;
  options_.state = folder_ / "state";
  options_.detect = &detect;
  rules("- do: {parse: {instead: text}}");
}

ServerTest::~ServerTest() {
  stop();
  std::error_code ec;
  std::filesystem::remove_all(folder_, ec);
}

void ServerTest::start() {
  stop();
  server_ = std::make_unique<Server>(options_);
}

void ServerTest::rules(std::string_view yaml) {
  options_.rules = folder_ / "rules.yaml";
  write(*options_.rules, yaml);
}

void ServerTest::parser(std::string_view script) {
  options_.rules.reset();
  options_.parser = folder_ / "parser";
  write(options_.parser,
        fmt::format("#!/bin/sh\norder=$2\nout=$(sed 's/.*\"output\":\"\\([^\"]*\\)\".*/\\1/' "
                    "\"$2\")\n{}\n",
                    script));
  ::chmod(options_.parser.c_str(), 0755);
}

Reply ServerTest::post(std::string_view body, const Headers& headers) const {
  return client().send("POST", "/api/v1/task/parse", body, headers);
}

std::string ServerTest::create(std::string_view file_name, std::string_view settings) const {
  const Reply reply = post(fmt::format(R"({{"file": "{}", "file_name": "{}"{}{}}})", base64_of("a document"),
                                       file_name, settings.empty() ? "" : ", ", settings));
  EXPECT_EQ(reply.status, 200U) << reply.body;
  return reply.status == 200 ? text(reply.json(), "task_id") : std::string();
}

Reply ServerTest::patch(const std::string& id, std::string_view body) const {
  return client().send("PATCH", "/api/v1/task/" + id + "/parse", body);
}

Reply ServerTest::read(const std::string& id, std::string_view query) const {
  return get(fmt::format("/api/v1/task/{}{}{}", id, query.empty() ? "" : "?", query));
}

std::string ServerTest::status_of(const std::string& id) const {
  const Reply reply = read(id, "include_chunks=false");
  return reply.status == 200 ? text(reply.json(), "status") : std::to_string(reply.status);
}

std::string ServerTest::message_of(const std::string& id) const {
  return text(read(id, "include_chunks=false").json(), "message");
}

bool ServerTest::reaches(const std::string& id, std::string_view status) const {
  return becomes_true([&] { return status_of(id) == status; });
}

std::string text(const boost::json::value& object, std::string_view member) {
  const auto* const value = object.as_object().if_contains(member);
  if (value == nullptr) return "(absent)";
  return value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
}

}  // namespace chunkrd::local::server::test
