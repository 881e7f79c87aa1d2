#include "local/parser/pdf_info.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>

#include "core/durable.h"
#include "local/parser/failure.h"
#include "local/parser/tool.h"

namespace chunkrd::local {
namespace {

constexpr std::string_view kPagesLabel = "Pages:";

/// The number behind "Pages:" in pdfinfo's output; 0 if there is none.
std::uint32_t pages_in(std::string_view output) {
  const std::string_view told = behind_metadata(output);
  const auto at = told.find_first_not_of(' ', kPagesLabel.size());
  if (told.empty() || at == std::string_view::npos) return 0;
  std::uint32_t pages = 0;
  std::from_chars(told.data() + at, told.data() + told.size(), pages);
  return pages;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// True if a PDF's object begins in `bytes`: "12 0 obj" at the beginning of a line.
bool holds_object(std::string_view bytes) {
  for (auto at = bytes.find(" obj"); at != std::string_view::npos; at = bytes.find(" obj", at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && is_digit(bytes[begin - 1])) --begin;
    const std::size_t generation = at - begin;
    if (generation == 0 || begin == 0 || bytes[begin - 1] != ' ') continue;
    const std::size_t space = --begin;
    while (begin > 0 && is_digit(bytes[begin - 1])) --begin;
    if (begin < space && (begin == 0 || bytes[begin - 1] == '\n' || bytes[begin - 1] == '\r')) return true;
  }
  return false;
}

/// The bytes of a file in pieces that overlap by as much as what is looked for is long.
constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;
constexpr std::uint64_t kOverlap = 64;

std::string read_piece(int fd, std::uint64_t from, std::uint64_t to, const std::filesystem::path& file) {
  std::string piece(to - from, '\0');
  std::size_t got = 0;
  while (got < piece.size()) {
    const ssize_t more = ::pread(fd, piece.data() + got, piece.size() - got, static_cast<off_t>(from + got));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) throw std::system_error(errno, std::generic_category(), file.string());
    if (more == 0) break;
    got += static_cast<std::size_t>(more);
  }
  piece.resize(got);
  return piece;
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

std::string_view behind_metadata(std::string_view pdfinfo) {
  for (auto at = pdfinfo.rfind(kPagesLabel); at != std::string_view::npos;
       at = pdfinfo.rfind(kPagesLabel, at - 1)) {
    if (at == 0 || pdfinfo[at - 1] == '\n') return pdfinfo.substr(at);
  }
  return {};
}

PdfInfo read_pdf_info(const std::filesystem::path& file) {
  // The server asks too, in its own process, so the limits cannot be left to whoever started us.
  const ChildResult result = run_tool(kPdfinfo, {file.string()},
                                      {.time = std::chrono::seconds{60},
                                       .output_bytes = 1 << 20,
                                       .memory_bytes = std::size_t{2} << 30,
                                       .cpu = std::chrono::seconds{20}});
  if (result.end != ChildResult::End::exited)
    throw DocumentFailure("The PDF is damaged: it cannot be opened within the limits of time and memory");
  if (result.exit_code != 0) throw DocumentFailure(std::string(pdf_complaint(result.errors)));
  const PdfInfo info{.page_count = pages_in(result.output)};
  if (info.page_count == 0) throw DocumentFailure("The PDF is damaged: it has no pages");
  return info;
}

bool is_cut_off(const std::filesystem::path& file) {
  const FileDescriptor fd = durable::open(file, O_RDONLY);
  std::uint64_t begin = std::filesystem::file_size(file);
  std::uint64_t end = begin;
  while (begin > 0) {
    begin -= std::min(begin, kPiece);
    const std::string piece = read_piece(fd.get(), begin, end, file);
    const auto mark = piece.rfind("%%EOF");
    const auto table = piece.rfind("startxref");
    const auto found = mark == std::string::npos    ? table
                       : table == std::string::npos ? mark
                                                    : std::max(mark, table);
    if (found != std::string::npos) return holds_object(std::string_view(piece).substr(found));
    if (holds_object(piece)) return true;
    end = begin + kOverlap;
  }
  return true;
}

}  // namespace chunkrd::local
