// The PDF and the pictures of a result: addresses, or the files themselves as base64.

#include "artifacts/files.h"

#include <gmock/gmock.h>

#include "artifacts/inline_file.h"
#include "artifacts/pictures.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/artifacts/result.h"

namespace chunkrd::artifacts {
namespace {

namespace fs = std::filesystem;
using test::chunk;
using test::read;
using test::result;
using test::segment;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class FilesOfAResult : public ::testing::Test {
 protected:
  Files take(const std::string& result, FilesWanted wanted = {.pdf = true, .pictures = true}) {
    test::write(folder_ / kResultName, result);
    return std::get<Files>(take_files(folder_.path(), wanted));
  }
  bool has(const std::string& name) const { return fs::exists(folder_ / name); }

  tests::TemporaryFolder folder_;
};

constexpr const char* kPicture = R"("image":"https://s/x.jpg?Signature=1")";

TEST_F(FilesOfAResult, AddressesAreHandedOut) {
  const Files files =
      take(result(chunk(segment("s1", "Picture", kPicture) + "," + segment("s2", "Text", "")) + "," +
                      chunk(segment("s3", "Table", R"("image":null)")),
                  R"("https:\/\/s\/a.pdf?Signature=1")"));
  EXPECT_EQ(files.summary.chunks, 2u);
  EXPECT_EQ(files.pdf_url, "https://s/a.pdf?Signature=1");
  EXPECT_FALSE(files.has_pdf);
  EXPECT_EQ(files.missing_pictures, "");
  PictureList list(folder_.path());
  const auto pictures = list.next(10);
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0].into, folder_ / "images/s1");
  EXPECT_EQ(pictures[0].url, "https://s/x.jpg?Signature=1");
  EXPECT_TRUE(list.next(10).empty());
}

TEST_F(FilesOfAResult, ManyAddressesComeInParts) {
  std::string segments;
  for (int i = 0; i < 10; ++i)
    segments += (i ? "," : "") + segment("s" + std::to_string(i), "Picture", kPicture);
  take(result(chunk(segments)));
  PictureList list(folder_.path());
  EXPECT_EQ(list.next(4).size(), 4u);
  EXPECT_EQ(list.next(4)[3].into.filename(), "s7");
  EXPECT_EQ(list.next(4).size(), 2u);
}

TEST_F(FilesOfAResult, FilesThatAreInsideAreWritten) {
  const Files files =
      take(result(chunk(segment("s1", "Picture", R"("image":"\/9j\/4AAQ")") + "," +
                        segment("s2", "Picture", R"("image":"data:image/png;base64,iVBORw0KGgo=")")),
                  R"("data:application\/pdf;base64,JVBERi0x")"));
  EXPECT_TRUE(files.has_pdf);
  EXPECT_FALSE(files.pdf_url);
  EXPECT_EQ(read(folder_ / kPdfName), "%PDF-1");
  EXPECT_TRUE(PictureList(folder_.path()).next(10).empty());
  keep_files(folder_.path(), {.pdf = true, .pictures = true});
  EXPECT_EQ(read(folder_ / "images/s1.jpg"), "\xFF\xD8\xFF\xE0" + std::string("\0\x10", 2));
  EXPECT_EQ(read(folder_ / "images/s2.png"), "\x89PNG\r\n\x1A\n") << "named after what it is";
  EXPECT_FALSE(has("images.list"));
}

TEST_F(FilesOfAResult, ALargePdfInsideIsWrittenWhole) {
  std::string base64 = "JVBERi0x";
  for (int i = 0; i < 1'000'000; ++i) base64 += "QUJD";
  EXPECT_TRUE(take(result("", '"' + base64 + '"')).has_pdf);
  const std::string pdf = read(folder_ / kPdfName);
  EXPECT_EQ(pdf.size(), 3'000'006u);
  EXPECT_EQ(pdf.find_first_not_of("ABC", 6), pdf.npos);
}

TEST_F(FilesOfAResult, APictureWithoutContentOrAddressIsMissing) {
  // Empty when the service failed to sign it (contract).
  for (const char* image :
       {R"("image":"")", R"("image":"no base64!")", R"("image":"http://s/a\nb")", R"("image":"QUJ")"})
    EXPECT_THAT(take(result(chunk(segment("s1", "Picture", image)))).missing_pictures,
                HasSubstr("segment s1"))
        << image;
}

TEST_F(FilesOfAResult, WhetherThereIsAPdfIsWhatTheServiceSays) {
  take(result("", "null"));
  EXPECT_TRUE(has(kNoPdfName));
  const Files broken = take(result("", R"("%PDF")"));
  EXPECT_FALSE(has(kNoPdfName)) << "of the result before";
  EXPECT_FALSE(broken.has_pdf || broken.pdf_url || has(kPdfName));
}

// "<html>" in base64, which the service has taken for the file.
TEST_F(FilesOfAResult, AWebPageInsideIsNeitherAPdfNorAPicture) {
  const Files files = take(result(chunk(segment("s1", "Picture", R"("image":"PGh0bWw+")")), R"("PGh0bWw+")"));
  EXPECT_FALSE(files.has_pdf || files.pdf_url || has(kPdfName));
  EXPECT_THAT(files.missing_pictures, HasSubstr("segment s1"));
}

TEST_F(FilesOfAResult, AFileIsKnownByItsFirstBytes) {
  const auto faults = [&](const std::string& content) {
    test::write(folder_ / "file", content);
    return std::pair(fault_of_pdf(folder_ / "file").has_value(),
                     fault_of_picture(folder_ / "file").has_value());
  };
  const std::pair is_pdf(false, true), is_picture(true, false), is_neither(true, true);
  EXPECT_EQ(faults("%PDF-1.7\n..."), is_pdf);
  EXPECT_EQ(faults("\xef\xbb\xbf junk before, as readers allow %PDF-1.4"), is_pdf);
  EXPECT_EQ(faults("%\xe2\xe3\xcf\xd3\r1 0 obj \n<<"), is_pdf) << "no header, but readers open it";
  for (const char* picture :
       {"\xff\xd8\xff\xe0", "\x89PNG\r\n\x1a\n", "GIF89a", "RIFF....WEBPVP8 ", "BM...."})
    EXPECT_EQ(faults(picture), is_picture) << picture;
  EXPECT_EQ(faults(std::string("II*\0....", 8)), is_picture);
  for (const char* other : {"", "<html>sign in", "<?xml version=\"1.0\"?><Error>", "{}", "\x1f\x8b\x08",
                            "RIFF....WAVE", "<html>sign in, obj", "%!PS-Adobe-3.0"})
    EXPECT_EQ(faults(other), is_neither) << other;
  EXPECT_EQ(faults(std::string(5000, ' ') + "%PDF-1.7"), is_neither);
  test::write(folder_ / "file", "\n<!DOCTYPE html>");
  EXPECT_THAT(fault_of_pdf(folder_ / "file").value(), HasSubstr("web page"));
}

TEST_F(FilesOfAResult, WhatIsNotWantedIsLeftAlone) {
  take(result(chunk(segment("s1", "Picture", R"("image":"QUJD")")), R"("QUJD")"), {});
  EXPECT_FALSE(has(kPdfName) || has(kPicturesName) || has(kNoPdfName));
}

TEST_F(FilesOfAResult, NothingOfAnEarlierTryStays) {
  fs::create_directory(folder_ / kPicturesName);
  test::write(folder_ / "images/old.jpg", "x");
  test::write(folder_ / kReportName, "x");
  take(result(""));
  EXPECT_TRUE(fs::is_empty(folder_ / kPicturesName));
  EXPECT_FALSE(has(kReportName));
}

TEST_F(FilesOfAResult, ABrokenResultIsSaidToBeBroken) {
  test::write(folder_ / kResultName, "{");
  EXPECT_TRUE(std::holds_alternative<Broken>(take_files(folder_.path(), {})));
}

TEST(PictureName, IsTheSegmentsIdWhereThatIsAPlainName) {
  EXPECT_EQ(picture_stem("78ebe49b-7e75-41fb-b62b-6e30ed169dbc"), "78ebe49b-7e75-41fb-b62b-6e30ed169dbc");
  for (const std::string id :
       {"", ".", "..", "../../etc/passwd", "a/b", ".hidden", "a\nb", "a\tb", "caf\xE9", "a."})
    EXPECT_THAT(picture_stem(id), MatchesRegex("[A-Za-z0-9_-]*~[0-9a-f]{16}")) << id;
  EXPECT_NE(picture_stem("a/b"), picture_stem("a.b/"));
  EXPECT_LT(picture_stem(std::string(5000, 'x')).size(), 100u);
}

TEST(AnInlineFile, IsReadHoweverItIsCut) {
  const tests::TemporaryFolder folder;
  const std::string text = "data:image\\/jpeg;base64,QUJD\\u002fQ\\u003d\\u003D";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    InlineFile file(folder / "file");
    for (std::size_t at = 0; at < text.size(); at += piece)
      file.add_raw(std::string_view(text).substr(at, piece));
    ASSERT_EQ(file.finish(), InlineFile::Kind::file) << piece;
    EXPECT_EQ(read(folder / "file"), "ABC\xFD");
  }
}

// A profile without pictures.
TEST_F(FilesOfAResult, WithoutAListThereIsNothingToFetch) {
  PictureList list(folder_.path());
  EXPECT_TRUE(list.next(4).empty());
}

}  // namespace
}  // namespace chunkrd::artifacts
