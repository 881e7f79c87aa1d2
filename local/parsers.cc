#include "local/parsers.h"

#include <fstream>

namespace chunkrd::local {

// Until the parser is merged: types by their first bytes, and no parser.
std::optional<InputType> detect_input(const std::filesystem::path& document, std::string_view) {
  std::ifstream in(document, std::ios::binary);
  std::string head(16, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  if (head.starts_with("%PDF-")) return InputType{"application/pdf", "pdf"};
  if (head.starts_with("\x89PNG")) return InputType{"image/png", "png"};
  if (head.starts_with("\xFF\xD8\xFF")) return InputType{"image/jpeg", "jpg"};
  if (head.empty() || head.find('\0') != std::string::npos) return std::nullopt;
  return InputType{"text/plain", "txt"};
}

int run_parse(const std::filesystem::path&) {
  return 70;
}

}  // namespace chunkrd::local
