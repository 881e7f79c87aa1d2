#include "pipeline/content_type.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace chunkrd::pipeline {
namespace {

const std::string kPdf = "%PDF-1.4\n1 0 obj\n";
const std::string kPng("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0", 29);
// An archive of one empty file `x`, as far as libmagic reads: shorter ones it does not take for an archive.
const std::string kZip = std::string("PK\3\4\x14\0\0\0\0\0\0\0!\0", 14) + std::string(12, '\0') +
                         std::string("\1\0\0\0x", 5) + "PK\1\2" + std::string(40, '\0');

struct Row {
  const char* name;
  std::string content;
  std::vector<std::string> types;
  bool taken;
};

TEST(FaultOfContent, IsWhatTheInboxDoesNotTake) {
  const tests::TemporaryFolder folder;
  const Row table[] = {
      {"a.pdf", kPdf, {"pdf"}, true},
      {"a.PDF", kPdf, {"pdf"}, true},
      {"a.pdf", kPng, {"pdf"}, false},
      {"a.pdf", kPng, {"pdf", "png"}, true},
      {"a.png", kPdf, {"png"}, false},
      {"a.jpeg", kPng, {"jpeg", "jpg"}, false},
      {"a.docx", kZip, {"docx"}, true},
      {"a.pdf", kZip, {"pdf", "docx"}, false},
      {"a.docx", "plain text", {"docx"}, false},
      // The service may still count its pages; exactly *.pdf.
      {"a.pdf", std::string("\1\2\3\4\xff\xfe\0\0", 8), {"pdf"}, true},
      {"a.PDF", std::string("\1\2\3\4\xff\xfe\0\0", 8), {"pdf"}, false},
      // Only the name speaks.
      {"a.txt", kPng, {"txt"}, true},
      {"a.pdf", kPng, {}, true},
  };
  for (const Row& row : table) {
    const auto file = folder.path() / "document";
    std::ofstream(file, std::ios::binary | std::ios::trunc) << row.content;
    EXPECT_EQ(!fault_of_content(file, row.name, row.types), row.taken)
        << row.name << ": " << fault_of_content(file, row.name, row.types).value_or("taken");
  }
}

TEST(EndingOfContent, IsTheUsualOneOrNone) {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "document";
  for (const auto& [content, ending] :
       {std::pair{kPdf, ".pdf"}, {kPng, ".png"}, {std::string("plain text"), ""}, {std::string(), ""}}) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
    EXPECT_EQ(ending_of_content(file), ending);
  }
}

}  // namespace
}  // namespace chunkrd::pipeline
