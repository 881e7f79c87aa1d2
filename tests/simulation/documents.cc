#include "tests/simulation/documents.h"

#include <fmt/format.h>

namespace chunkrd::simulation {

bool is_link(int document) {
  return document % 10 == 3;
}

std::string name_of(int document) {
  return fmt::format("document-{:04}.{}", document, is_link(document) ? "url" : "txt");
}

std::string bytes_of(int document, int version) {
  if (is_link(document))
    return fmt::format("https://{}/shared-{}.txt?signature=x", name_of(document), document % 3);
  return version % 3 == 0 ? name_of(document) : fmt::format("{}; version {}", name_of(document), version);
}

bool is_used_again(int document) {
  return document % 10 == 1;
}

std::string key_of(const std::string& name, const std::string& bytes) {
  if (name.ends_with(".url")) return name;
  const int document = document_of(bytes);
  return bytes == name + addition_to(document) ? name : bytes;
}

int document_of(const std::string& key) {
  return std::stoi(key.substr(9, 4));
}

bool has_sidecar(int document) {
  return document % 5 == 3;
}

bool has_late_sidecar(int document) {
  return document % 10 == 8;
}

bool has_late_writer(int document) {
  return document % 10 == 5;
}

std::string addition_to(int document) {
  return fmt::format("; and more of {}", document);
}

std::string settings_of(int document) {
  return has_sidecar(document) ? fmt::format(R"({{"expires_in":{}}})", 1000 + document) : "{}";
}

}  // namespace chunkrd::simulation
