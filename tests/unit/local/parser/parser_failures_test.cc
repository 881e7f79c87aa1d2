// What is not the document's fault is not called so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "local/parser/failure.h"
#include "tests/support/sanitizer.h"
#include "tests/support/tiny_pdf.h"
#include "tests/unit/local/parser/parsed_document.h"

namespace chunkrd::local {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A PATH with links to some of the programs, and nothing else.
class OnlyTools {
 public:
  explicit OnlyTools(std::initializer_list<const char*> tools) : path_(::getenv("PATH")) {
    for (const char* tool : tools)
      std::filesystem::create_symlink(std::filesystem::path("/usr/bin") / tool, folder_.path() / tool);
    ::setenv("PATH", folder_.path().c_str(), 1);
  }
  OnlyTools(const OnlyTools&) = delete;
  OnlyTools& operator=(const OnlyTools&) = delete;
  ~OnlyTools() { ::setenv("PATH", path_.c_str(), 1); }

  void add(std::string_view name, std::string_view script) const {
    std::filesystem::permissions(folder_.write(name, script), std::filesystem::perms::owner_all);
  }

 private:
  ScratchFolder folder_;
  std::string path_;
};

void expect_missing(const std::filesystem::path& document, const std::string& what,
                    const std::string& package) {
  const ParsedDocument run(document, R"({"error_handling": "Continue"})");
  EXPECT_EQ(run.code(), InstallationFault::kExitCode) << what;
  EXPECT_THAT(run.error(), AllOf(HasSubstr(what), HasSubstr(package), Not(HasSubstr("damaged"))));
}

TEST(ParserFailure, NamesTheProgramThatIsMissingAndItsPackage) {
  const auto report = kSamples / "harbour-report.pdf";
  {
    const OnlyTools none({});
    expect_missing(report, "pdfinfo", "poppler-utils");
    expect_missing(kSamples / "photo-notice.png", "tesseract", "tesseract-ocr");
  }
  {
    const OnlyTools some({"pdfinfo"});
    expect_missing(report, "pdftotext", "poppler-utils");
  }
  {
    const OnlyTools some({"pdfinfo", "pdftotext", "pdftohtml", "pdftoppm"});
    expect_missing(report, "tesseract", "tesseract-ocr");
  }
}

TEST(ParserFailure, NamesTheDataThatTesseractLacks) {
  const OnlyTools tools({"pdfinfo", "pdftotext", "pdftohtml", "pdftoppm"});
  tools.add("tesseract",
            "#!/bin/sh\necho 'Error opening data file eng.traineddata' >&2\n"
            "echo \"Tesseract couldn't load any languages!\" >&2\nexit 1\n");
  expect_missing(kSamples / "harbour-report.pdf", "data eng of tesseract", "tesseract-ocr-eng");
}

TEST(ParserFailure, OfAMachineWithoutDescriptorsMayBeTriedAgain) {
  if (tests::kSanitizerNeedsDescriptors) GTEST_SKIP() << "the sanitizer cannot do without descriptors";
  const ScratchFolder folder;
  const auto pdf = folder.write("a.pdf", test::tiny_pdf({{}}));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  int next = ::dup(0);
  ::close(next);
  // Files may be read, programs not be started.
  const rlimit few{.rlim_cur = static_cast<rlim_t>(next) + 3, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const ParsedDocument run(pdf, "{}");
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(run.code(), Shortage::kExitCode);
  EXPECT_THAT(run.error(), HasSubstr("descriptors"));
}

}  // namespace
}  // namespace chunkrd::local
