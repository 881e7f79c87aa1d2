#include "local/parser/pdf_info.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "core/child.h"
#include "core/durable.h"
#include "local/parser/failure.h"

namespace chunkrd::local {
namespace {

/// The number behind "Pages:" in pdfinfo's output; 0 if there is none.
std::uint32_t pages_in(std::string_view output) {
  constexpr std::string_view kLabel = "Pages:";
  auto at = output.find(kLabel);
  while (at != std::string_view::npos && at > 0 && output[at - 1] != '\n') at = output.find(kLabel, at + 1);
  if (at == std::string_view::npos) return 0;
  at = output.find_first_not_of(' ', at + kLabel.size());
  if (at == std::string_view::npos) return 0;
  std::uint32_t pages = 0;
  std::from_chars(output.data() + at, output.data() + output.size(), pages);
  return pages;
}

}  // namespace

std::string_view pdf_complaint(std::string_view errors) {
  if (errors.contains("Incorrect password")) return "The document is protected by a password";
  if (errors.contains("encrypt") || errors.contains("security handler"))
    return "The document is protected in a way that cannot be opened";
  if (errors.contains("May not be a PDF file")) return "The PDF is damaged: it does not begin like a PDF";
  if (errors.contains("xref") || errors.contains("trailer"))
    return "The PDF is damaged: its table of objects cannot be read";
  return "The PDF is damaged: it cannot be opened";
}

PdfInfo read_pdf_info(const std::filesystem::path& file) {
  // The server asks too, in its own process, so the limits cannot be left to whoever started us.
  const ChildResult result =
      run_child({"prlimit", "--as=2147483648", "--cpu=20", "--", "pdfinfo", file.string()},
                {.time = std::chrono::seconds{60}, .output_bytes = 1 << 20});
  if (result.end != ChildResult::End::exited)
    throw DocumentFailure("The PDF is damaged: it cannot be opened within the limits of time and memory");
  if (result.exit_code != 0) throw DocumentFailure(std::string(pdf_complaint(result.errors)));
  const PdfInfo info{.page_count = pages_in(result.output)};
  if (info.page_count == 0) throw DocumentFailure("The PDF is damaged: it has no pages");
  return info;
}

bool is_cut_off(const std::filesystem::path& file) {
  // Junk behind the end is common (mail gateways, scanners): look at more than readers must (1 KiB).
  constexpr std::uint64_t kTail = std::uint64_t{64} << 10;
  const FileDescriptor fd = durable::open(file, O_RDONLY);
  const auto size = std::filesystem::file_size(file);
  std::string tail(std::min(size, kTail), '\0');
  const ssize_t got = ::pread(fd.get(), tail.data(), tail.size(), static_cast<off_t>(size - tail.size()));
  if (got < 0) throw std::system_error(errno, std::generic_category(), file.string());
  tail.resize(static_cast<std::size_t>(got));
  return !tail.contains("%%EOF") && !tail.contains("startxref");
}

}  // namespace chunkrd::local
