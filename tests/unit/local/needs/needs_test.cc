#include "local/needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace chunkrd::local {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A PATH of one folder that has what it is given, and nothing else.
class OnlyPath {
 public:
  OnlyPath() : before_(::getenv("PATH")) {
    std::string name = ::testing::TempDir() + "/needs-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    ::setenv("PATH", folder_.c_str(), 1);
  }
  OnlyPath(const OnlyPath&) = delete;
  OnlyPath& operator=(const OnlyPath&) = delete;
  ~OnlyPath() {
    ::setenv("PATH", before_.c_str(), 1);
    fs::remove_all(folder_);
  }

  void add(const std::string& program, const std::string& script = "#!/bin/sh\n") const {
    std::ofstream(folder_ / program) << script;
    fs::permissions(folder_ / program, fs::perms::owner_all);
  }
  void add_poppler() const {
    for (const char* program : {"pdfinfo", "pdftotext", "pdftohtml", "pdftoppm"}) add(program);
  }

 private:
  std::string before_;
  fs::path folder_;
};

std::vector<std::string> missing() {
  std::vector<std::string> lines;
  for (const Need& need : missing_needs()) lines.push_back(describe(need));
  return lines;
}

TEST(Needs, AreMetWhereThisTestRuns) {
  EXPECT_THAT(missing(), IsEmpty());
}

TEST(Needs, ThatAreNotMetAreNamedWithTheirPackage) {
  const OnlyPath path;
  path.add_poppler();
  EXPECT_THAT(missing(),
              ElementsAre("tesseract is not installed on this machine (Debian package tesseract-ocr)"));
}

TEST(Needs, AreTheProgramsOneByOne) {
  const OnlyPath path;
  path.add("pdfinfo");
  path.add("pdftohtml");
  EXPECT_THAT(missing(),
              ElementsAre("pdftotext is not installed on this machine (Debian package poppler-utils)",
                          "pdftoppm is not installed on this machine (Debian package poppler-utils)",
                          "tesseract is not installed on this machine (Debian package tesseract-ocr)"));
}

TEST(Needs, AreTheDataOfTesseractToo) {
  const OnlyPath path;
  path.add_poppler();
  path.add("tesseract", "#!/bin/sh\necho 'List of available languages (2):'\necho deu\necho eng\n");
  EXPECT_THAT(missing(), ElementsAre("the data osd of tesseract is not installed on this machine (Debian "
                                     "package tesseract-ocr-osd)"));
}

}  // namespace
}  // namespace chunkrd::local
