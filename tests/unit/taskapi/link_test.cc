#include "taskapi/link.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <system_error>

#include "tests/unit/taskapi/folder.h"

namespace chunkrd::taskapi {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The address in a NAME.url of this content, or what is wrong with it after "error: ".
std::string address_in(const std::string& text) {
  const Folder folder;
  const auto link = read_link(folder.write("a.url", text));
  if (!link) return "error: " + link.error();
  const auto* address = std::get_if<WebAddress>(&*link);
  return address != nullptr ? address->url : "a data URL";
}

/// The data URL's type and base64, as they will be sent.
std::string data_in(const std::string& text) {
  const Folder folder;
  const auto link = read_link(folder.write("a.url", text));
  if (!link) return "error: " + link.error();
  const auto* data = std::get_if<DataUrl>(&*link);
  if (data == nullptr) return "an address";
  EXPECT_EQ(data->size_bytes, text.size());
  return data->media_type + " " + text.substr(data->begin, data->length);
}

TEST(Link, IsTheAddressOnItsOneLine) {
  EXPECT_EQ(address_in("https://example.com/annual.pdf"), "https://example.com/annual.pdf");
  EXPECT_EQ(address_in("http://example.com/a%20b.pdf?x=1&y=[2]\n"),
            "error: the address is not a valid URL: "
            "other characters must be written as %XX");
  EXPECT_EQ(address_in("http://example.com/a%20b.pdf?x=1&y=2#page=3\n"),
            "http://example.com/a%20b.pdf?x=1&y=2#page=3");
  EXPECT_EQ(address_in("\xef\xbb\xbf \r\n https://[::1]:8080/ \r\n\r\n"), "https://[::1]:8080/");
}

TEST(Link, WritesTheSchemeAsTheServiceLooksForIt) {
  EXPECT_EQ(address_in("HTTPS://Example.com/A"), "https://Example.com/A");
  EXPECT_EQ(address_in("Http://Example.com/A"), "http://Example.com/A");
  EXPECT_EQ(data_in("DATA:text/plain;BASE64,QUJD"), "text/plain QUJD");
}

TEST(Link, IsTheUrlOfAWindowsShortcut) {
  EXPECT_EQ(address_in("[{000214A0-0000-0000-C000-000000000046}]\r\nProp3=19,11\r\nURL=https://wrong/\r\n"
                       "[InternetShortcut]\r\nIDList=\r\nURL=https://example.com/a?b=c\r\nHotKey=0\r\n"),
            "https://example.com/a?b=c");
  EXPECT_EQ(address_in("[internetshortcut]\nurl = https://example.com/\n"), "https://example.com/");
}

TEST(Link, IsTheUrlOfADesktopEntry) {
  EXPECT_EQ(
      address_in("#!/usr/bin/env xdg-open\n[Desktop Entry]\nType=Link\nName=A\nURL=https://example.com/\n"),
      "https://example.com/");
  EXPECT_EQ(address_in("[Desktop Entry]\nURL[$e]=https://example.com/\nIcon=x\n"), "https://example.com/");
}

TEST(Link, OfAShortcutMustBeOnTheWeb) {
  EXPECT_THAT(address_in("[InternetShortcut]\nURL=file:///etc/passwd\n"), HasSubstr("no http or https"));
  EXPECT_THAT(address_in("[InternetShortcut]\nURL=\n"), HasSubstr("no http or https"));
  EXPECT_THAT(address_in("[InternetShortcut]\nIconIndex=0\n"), HasSubstr("no line URL="));
  EXPECT_THAT(address_in("[Other]\nURL=https://example.com/\n"), HasSubstr("no line URL="));
}

TEST(Link, IsTheDataUrlWithoutWhatIsAroundIt) {
  EXPECT_EQ(data_in("data:application/pdf;base64,JVBERi0xLjQKJSVFT0YK"),
            "application/pdf JVBERi0xLjQKJSVFT0YK");
  EXPECT_EQ(data_in("\n data:application/pdf;name=a.pdf;base64,QQ==\r\n\n"),
            "application/pdf;name=a.pdf QQ==");
  EXPECT_EQ(data_in("data:;base64,QUI="), " QUI=");
}

TEST(Link, ReadsADataUrlOfAnySize) {
  // Around the size of the pieces it is read in.
  const std::string before = "data:;base64,";
  for (const std::size_t size : {65532u, 65536u, 65540u, 131072u, 300'000u})
    for (const char* padded : {"QUJD", "QUI=", "QQ=="}) {
      const std::string base64 = std::string(size - 4, 'Q') + padded;
      EXPECT_TRUE(data_in(before + base64 + "\n") == " " + base64) << size << " " << padded;
    }
}

TEST(Link, RefusesADataUrlThatIsNotBase64OnOneLine) {
  EXPECT_THAT(data_in("data:text/plain,Hello"), HasSubstr("is not data:<type>;base64,<content>"));
  EXPECT_THAT(data_in("data:text/plain;base64"), HasSubstr("is not data:<type>;base64,<content>"));
  EXPECT_THAT(data_in("data:,"), HasSubstr("is not data:<type>;base64,<content>"));
  EXPECT_THAT(data_in("data:a\"b;base64,QUJD"), HasSubstr("its type holds a character"));
  EXPECT_THAT(data_in("data:;base64,\n"), HasSubstr("no content"));
  EXPECT_THAT(data_in("data:;base64,QUJ"), HasSubstr("cut, or lacks its padding"));
  EXPECT_THAT(data_in("data:;base64,QUJD\nQUJD"), HasSubstr("broken into lines"));
  EXPECT_THAT(data_in("data:;base64,QUJ-"), HasSubstr("not base64"));
  EXPECT_THAT(data_in("data:;base64,QUJD\"}"), HasSubstr("not base64"));
  EXPECT_THAT(data_in("data:;base64,Q==="), HasSubstr("not base64"));
  EXPECT_THAT(data_in("data:;base64,QUJD" + std::string(200'000, 'Q') + "%"), HasSubstr("not base64"));
}

TEST(Link, RefusesEverythingElse) {
  EXPECT_THAT(address_in(""), HasSubstr("is empty"));
  EXPECT_THAT(address_in(" \r\n"), HasSubstr("is empty"));
  EXPECT_THAT(address_in("ftp://example.com/a.pdf"), HasSubstr("no http, https or data URL"));
  EXPECT_THAT(address_in("/etc/passwd"), HasSubstr("no http, https or data URL"));
  EXPECT_THAT(address_in("https://"), HasSubstr("names no host"));
  EXPECT_THAT(address_in("https://example.com/a b"), HasSubstr("not a valid URL"));
  EXPECT_THAT(address_in("https://example.com/\xc3\xa4"), HasSubstr("not a valid URL"));
  EXPECT_THAT(address_in("https://a/\nhttps://b/\n"), HasSubstr("more than one line"));
  EXPECT_THAT(address_in("https://a/" + std::string(9000, 'a')), HasSubstr("longer than 8192"));
  EXPECT_THAT(address_in(std::string("h\0t\0t\0p\0", 8)), HasSubstr("not text"));
}

TEST(Link, ErrorsDoNotRepeatTheAddress) {
  for (const char* text : {"https://example.com/a b?sign=geheim", "https://a/geheim\nhttps://b/",
                           "geheim://x", "[InternetShortcut]\nURL=geheim"})
    EXPECT_THAT(address_in(text), testing::AllOf(HasSubstr("error: "), Not(HasSubstr("geheim")))) << text;
}

TEST(Link, IsReadFromRegularFilesOnly) {
  const Folder folder;
  std::filesystem::create_symlink(folder.write("a.url", "https://a/"), folder.path("link.url"));
  EXPECT_THROW(static_cast<void>(read_link(folder.path("link.url"))), std::system_error);
  EXPECT_THROW(static_cast<void>(read_link(folder.path("absent.url"))), std::system_error);
}

}  // namespace
}  // namespace chunkrd::taskapi
