#include "inbox/names.h"

#include <gtest/gtest.h>

#include <string>

namespace chunkrd::inbox {
namespace {

using Verdict = Names::Verdict;

TEST(Names, TemporaryNamesAndLitterAreIgnored) {
  const Names names({});
  for (const char* name :
       {".a.pdf",    ".chunkrd",   ".DS_Store",    "._a.pdf",      ".a.pdf.Xy12Zq", ".~lock.a.odt#",
        ".stfolder", "a.pdf.part", "a.PART",       "a.filepart",   "a.pdf.partial", "a.tmp",
        "a.TMP",     "a.temp",     "a.swp",        "a.crdownload", "a.download",    "a.opdownload",
        "~$a.docx",  "a.txt~",     "#a.txt#",      "Thumbs.db",    "thumbs.DB",     "desktop.ini",
        "@eaDir",    "#recycle",   "$RECYCLE.BIN", "lost+found"}) {
    EXPECT_EQ(names.judge(name), Verdict::ignored) << name;
    EXPECT_FALSE(names.enters(name)) << name;
  }
}

TEST(Names, DocumentsAreNot) {
  const Names names({});
  for (const std::string name :
       {"a.pdf", "partial.pdf", "tmp", "part", "download", "a.tmp.pdf", "~a.pdf", "$a.pdf", "#a.pdf",
        "a b\nc.pdf", "-rf", "*", "[", "\\", "\xff\xfe.pdf", "\xc3\xa4.pdf", "x.yaml", "chunkr.yaml"}) {
    EXPECT_EQ(names.judge(name), Verdict::document) << name;
    EXPECT_TRUE(names.enters(name)) << name;
  }
  EXPECT_EQ(names.judge(std::string(255, '\xff')), Verdict::document);
}

TEST(Names, SidecarsAreKeptForLater) {
  const Names names({});
  EXPECT_EQ(names.judge("a.pdf.chunkr.yaml"), Verdict::sidecar);
}

TEST(Names, TheUsersPatternsAreExact) {
  const Names names({"*.log", "draft-??.pdf", "[xy]*"});
  EXPECT_EQ(names.judge("a.log"), Verdict::ignored);
  EXPECT_EQ(names.judge("a.LOG"), Verdict::document);
  EXPECT_EQ(names.judge("draft-01.pdf"), Verdict::ignored);
  EXPECT_EQ(names.judge("draft-1.pdf"), Verdict::document);
  EXPECT_FALSE(names.enters("xylophone"));
  EXPECT_TRUE(names.enters("zither"));
}

}  // namespace
}  // namespace chunkrd::inbox
