#include "artifacts/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "artifacts/buffered_file.h"
#include "artifacts/inline_file.h"
#include "artifacts/pictures.h"
#include "artifacts/result_reader.h"
#include "core/durable.h"
#include "core/fd.h"

namespace chunkrd::artifacts {
namespace {

namespace fs = std::filesystem;
using taskapi::Chunk;
using taskapi::Segment;
using Kind = InlineFile::Kind;

constexpr const char* kListName = "images.list";

// One line of the list: the file's name, a tab, the address.
bool can_be_listed(std::string_view url) {
  return std::ranges::none_of(url, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

// Readers look for a PDF's mark within its first kilobyte.
constexpr std::size_t kHeadBytes = 1024;

std::string head_of(const fs::path& path) {
  const FileDescriptor file = durable::open(path, O_RDONLY | O_NOFOLLOW);
  std::string head(kHeadBytes, '\0');
  std::size_t done = 0;
  while (done < head.size()) {
    const ssize_t count = ::read(file.get(), head.data() + done, head.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::system_error(errno, std::generic_category(), path.native());
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  head.resize(done);
  return head;
}

// What it is instead, as far as that helps.
std::string fault(std::string_view head, std::string_view wanted) {
  if (head.empty()) return "it is empty";
  const std::size_t text = head.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  const bool markup = text != head.npos && head[text] == '<';
  return "it is no " + std::string(wanted) + (markup ? ": it begins like a web page or an error in XML" : "");
}

bool is_picture(std::string_view head) {
  using namespace std::string_view_literals;
  for (const std::string_view mark : {"\xff\xd8\xff"sv, "\x89PNG"sv, "GIF8"sv, "II*\0"sv, "MM\0*"sv, "BM"sv})
    if (head.starts_with(mark)) return true;
  return head.starts_with("RIFF") && head.substr(std::min<std::size_t>(8, head.size())).starts_with("WEBP");
}

// A file of the result that is not what it should be is none.
Kind checked(Kind kind, std::optional<std::string> (*fault_of)(const fs::path&), const fs::path& file) {
  return kind == Kind::file && fault_of(file) ? Kind::broken : kind;
}

class Pictures {
 public:
  Pictures(const fs::path& folder, Files& files) : folder_(folder), files_(files), list_(folder / kListName) {
    fs::create_directory(folder_ / kPicturesName);
  }

  void add(const Segment& segment) {
    if (!segment.image || !order_.is_new(segment)) return;
    const std::string stem = picture_stem(segment.segment_id);
    InlineFile file(folder_ / kPicturesName / stem);
    file.add(*segment.image);
    const Kind kind = checked(file.finish(), fault_of_picture, folder_ / kPicturesName / stem);
    if (kind == Kind::address && can_be_listed(*segment.image)) {
      list_.write(stem + "\t" + *segment.image + "\n");
    } else if (kind != Kind::file && files_.missing_pictures.empty()) {
      // Empty when signing failed (contract).
      files_.missing_pictures = "the picture of segment " + stem;
    }
  }

  void finish() { list_.finish(); }

 private:
  const fs::path& folder_;
  Files& files_;
  BufferedFile list_;
  OneAfterAnother order_;
};

void sync_one(const fs::path& path) {
  durable::sync_file(durable::open(path, O_RDONLY | O_NOFOLLOW).get(), path);
}

}  // namespace

std::optional<std::string> fault_of_pdf(const fs::path& file) {
  const std::string head = head_of(file);
  if (head.find("%PDF-") != head.npos) return std::nullopt;
  // Without a header, as readers open it all the same: a comment, then the first object. No page begins so.
  if (head.starts_with('%') && head.find(" obj") != head.npos) return std::nullopt;
  return fault(head, "PDF");
}

std::optional<std::string> fault_of_picture(const fs::path& file) {
  const std::string head = head_of(file);
  if (is_picture(head)) return std::nullopt;
  return fault(head, "picture");
}

std::variant<Files, Broken> take_files(const fs::path& folder, FilesWanted wanted) {
  for (const char* name : {kPdfName, kNoPdfName, kPicturesName, kListName, kReportName})
    fs::remove_all(folder / name);
  Files files;
  try {
    std::optional<Pictures> pictures;
    if (wanted.pictures) pictures.emplace(folder, files);
    std::optional<InlineFile> pdf;
    if (wanted.pdf) pdf.emplace(folder / kPdfName);
    files.summary.task = read_through(
        folder / kResultName,
        [&](const Chunk& chunk) {
          ++files.summary.chunks;
          files.summary.segments += chunk.segments.size();
          if (!pictures) return;
          for (const Segment& segment : chunk.segments) pictures->add(segment);
        },
        pdf ? [&](std::string_view piece) { pdf->add_raw(piece); } : std::function<void(std::string_view)>());
    if (pictures) pictures->finish();
    const Kind kind = pdf ? checked(pdf->finish(), fault_of_pdf, folder / kPdfName) : Kind::nothing;
    files.has_pdf = kind == Kind::file;
    if (kind == Kind::address) files.pdf_url = files.summary.task.pdf_url;
    if (pdf && !files.summary.task.pdf_url) BufferedFile(folder / kNoPdfName).finish();
    if (pdf && kind == Kind::broken) fs::remove(folder / kPdfName);
  } catch (const BrokenResult& broken) {
    return Broken{broken.what()};
  }
  return files;
}

std::vector<PictureList::Picture> PictureList::next(std::size_t count) {
  std::vector<Picture> pictures;
  errno = 0;
  std::ifstream list(folder_ / kListName, std::ios::binary);
  if (!list && errno == ENOENT) return pictures;  // none are wanted
  if (!list) throw std::system_error(errno, std::generic_category(), "open the list of pictures");
  list.seekg(static_cast<std::streamoff>(offset_));
  std::string line;
  while (pictures.size() < count && std::getline(list, line)) {
    offset_ += line.size() + 1;
    const std::size_t tab = line.find('\t');
    pictures.push_back({folder_ / kPicturesName / line.substr(0, tab), line.substr(tab + 1)});
  }
  if (list.bad()) throw std::system_error(EIO, std::generic_category(), "read the list of pictures");
  return pictures;
}

void keep_files(const fs::path& folder, FilesWanted wanted) {
  sync_one(folder / kResultName);
  if (wanted.pdf && fs::exists(folder / kPdfName)) sync_one(folder / kPdfName);
  if (wanted.pictures) {
    std::vector<fs::path> pictures;
    for (const auto& entry : fs::directory_iterator(folder / kPicturesName)) pictures.push_back(entry.path());
    for (const fs::path& picture : pictures) {
      sync_one(picture);
      name_by_content(picture);
    }
    durable::sync_directory(folder / kPicturesName);
  }
  durable::remove_file(folder / kListName);
  durable::sync_directory(folder);
}

}  // namespace chunkrd::artifacts
