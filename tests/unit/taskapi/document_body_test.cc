#include "taskapi/document_body.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "core/sha256.h"
#include "tests/unit/taskapi/base64.h"
#include "tests/unit/taskapi/folder.h"

namespace chunkrd::taskapi {
namespace {

using testing::HasSubstr;

constexpr std::size_t kSizes[] = {0, 1, 2, 3, 4, 5, 65535, 65536, 65537, 5u << 20};

/// Reads to the end, by pieces of `piece` bytes, and checks that nothing is written past a piece.
std::string read_all(DocumentBody& body, std::size_t piece) {
  std::string all;
  std::vector<char> buffer(piece + 1);
  for (;;) {
    buffer[piece] = 'G';
    const std::size_t count = body.read(std::span(buffer).first(piece));
    EXPECT_EQ(buffer[piece], 'G') << "written past the end of the buffer";
    if (count == 0) return all;
    all.append(buffer.data(), count);
  }
}

TEST(DocumentBody, IsTheFileInBase64BetweenItsTexts) {
  const Folder folder;
  for (const std::size_t size : kSizes) {
    const std::string bytes = some_bytes(size);
    DocumentBody body(LocalFile{folder.write("document", bytes), size}, "<<", ">>");
    const std::string all = read_all(body, 256 << 10);
    EXPECT_EQ(all.size(), body.size_bytes());
    ASSERT_TRUE(all.starts_with("<<") && all.ends_with(">>"));
    EXPECT_TRUE(decoded(all.substr(2, all.size() - 4)) == bytes) << size;
  }
}

TEST(DocumentBody, IsTheSameInWhateverPieces) {
  const Folder folder;
  const std::string bytes = some_bytes(100'001);
  DocumentBody body(LocalFile{folder.write("document", bytes), bytes.size()}, "before", "after");
  const std::string all = read_all(body, 1 << 20);
  for (const std::size_t piece : {64u, 65u, 66u, 67u, 68u, 1000u, 16384u, 65536u}) {
    body.rewind();
    EXPECT_TRUE(read_all(body, piece) == all) << piece;
  }
}

TEST(DocumentBody, RefusesAnotherSize) {
  const Folder folder;
  DocumentBody body(LocalFile{folder.write("document", "four"), 5}, "", "");
  EXPECT_THROW(read_all(body, 4096), std::runtime_error);
}

TEST(DocumentBody, RefusesWhatIsNoRegularFile) {
  const Folder folder;
  std::filesystem::create_symlink(folder.write("document", "four"), folder.path("link"));
  std::filesystem::create_directory(folder.path("directory"));
  ASSERT_EQ(::mkfifo(folder.path("fifo").c_str(), 0600), 0);
  for (const char* name : {"link", "directory", "fifo", "absent"}) {
    DocumentBody body(LocalFile{folder.path(name), 4}, "", "");
    EXPECT_ANY_THROW(read_all(body, 4096)) << name;
  }
}

std::string end_of_reading(DocumentBody& body) {
  try {
    read_all(body, 4096);
    return "read to its end";
  } catch (const std::exception& error) {
    return error.what();
  }
}

TEST(DocumentBody, AFileThatGrowsIsNotSentToItsEnd) {
  const Folder folder;
  const auto path = folder.write("document", some_bytes(10'000));
  DocumentBody body(LocalFile{path, 10'000}, "", "");
  std::vector<char> first(64);
  body.read(first);
  std::ofstream(path, std::ios::app) << "more";
  EXPECT_THAT(end_of_reading(body), HasSubstr("changed while it was sent"));
}

TEST(DocumentBody, AFileThatShrinksIsNotSentToItsEnd) {
  const Folder folder;
  const auto path = folder.write("document", some_bytes(100'000));
  DocumentBody body(LocalFile{path, 100'000}, "", "");
  std::vector<char> first(64);
  body.read(first);
  std::filesystem::resize_file(path, 50'000);
  EXPECT_THAT(end_of_reading(body), HasSubstr("changed while it was sent"));
}

TEST(DocumentBody, AFileThatIsWrittenOverIsNotSentToItsEnd) {
  const Folder folder;
  const auto path = folder.write("document", some_bytes(10'000));
  DocumentBody body(LocalFile{path, 10'000}, "", "");
  std::vector<char> first(64);
  body.read(first);
  std::filesystem::last_write_time(path,
                                   std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_THAT(end_of_reading(body), HasSubstr("changed while it was sent"));
}

TEST(DocumentBody, AFileWithAnotherDigestIsNotSentToItsEnd) {
  const Folder folder;
  const std::string bytes = some_bytes(200'001);
  const auto path = folder.write("document", bytes);
  DocumentBody same(LocalFile{path, bytes.size(), sha256_hex(bytes)}, "before", "after");
  const std::string all = read_all(same, 1000);
  EXPECT_EQ(all.size(), same.size_bytes());
  same.rewind();
  EXPECT_EQ(read_all(same, 70'000), all) << "and again, for a second try";

  DocumentBody other(LocalFile{path, bytes.size(), sha256_hex("what it was when it was taken")}, "", "after");
  std::string sent;
  std::vector<char> buffer(1000);
  const auto send_all = [&] {
    while (const std::size_t count = other.read(buffer)) sent.append(buffer.data(), count);
  };
  EXPECT_THROW(send_all(), std::runtime_error);
  EXPECT_LT(sent.size(), other.size_bytes() - 5) << "the service never has all of it";
}

TEST(DocumentBody, AFileThatIsReplacedIsSentAsItWas) {
  const Folder folder;
  const std::string bytes = some_bytes(10'000);
  DocumentBody body(LocalFile{folder.write("document", bytes), bytes.size()}, "", "");
  std::string all(64, ' ');
  all.resize(body.read(all));
  std::filesystem::remove(folder.path("document"));
  folder.write("document", some_bytes(7));
  EXPECT_TRUE(decoded(all + read_all(body, 4096)) == bytes);
}

DataUrl part(const std::filesystem::path& path, std::uint64_t begin, std::uint64_t length) {
  return {.path = path,
          .size_bytes = std::filesystem::file_size(path),
          .media_type = "",
          .begin = begin,
          .length = length};
}

TEST(DocumentBody, IsAPartOfTheFileAsItIsInWhateverPieces) {
  const Folder folder;
  const std::string text = some_bytes(100'001);
  DocumentBody body(part(folder.write("link", text), 17, 90'000), "<<", ">>");
  EXPECT_EQ(body.size_bytes(), 90'004u);
  for (const std::size_t piece : {64u, 67u, 16384u, 1u << 20}) {
    body.rewind();
    EXPECT_TRUE(read_all(body, piece) == "<<" + text.substr(17, 90'000) + ">>") << piece;
  }
}

TEST(DocumentBody, RefusesAPartThatIsNotThere) {
  const Folder folder;
  const auto path = folder.write("link", "0123456789");
  const auto end_of = [&](std::uint64_t begin, std::uint64_t length) {
    DocumentBody body(part(path, begin, length), "", "");
    return end_of_reading(body);
  };
  EXPECT_EQ(end_of(10, 0), "read to its end");
  EXPECT_THAT(end_of(11, 0), HasSubstr("ends before"));
  EXPECT_THAT(end_of(5, 6), HasSubstr("ends before"));
  EXPECT_THAT(end_of(5, ~std::uint64_t{0}), HasSubstr("ends before"));
}

TEST(DocumentBody, APartThatChangesIsNotSentToItsEnd) {
  const Folder folder;
  const auto path = folder.write("link", some_bytes(100'000));
  DocumentBody body(part(path, 0, 90'000), "", "");
  std::vector<char> first(64);
  body.read(first);
  std::ofstream(path, std::ios::app) << "more";
  EXPECT_THAT(end_of_reading(body), HasSubstr("changed while it was sent"));
}

}  // namespace
}  // namespace chunkrd::taskapi
