// What the storage URLs give, and to whom: nothing but the files of the one task they were made for.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <boost/json/object.hpp>
#include <fstream>

#include "core/errors.h"
#include "local/server/names.h"
#include "local/server/signer.h"
#include "local/server/stored_file.h"
#include "tests/unit/local/server/fixture.h"

namespace chunkrd::local::server::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kParsedWithImage =
    R"sh(mkdir "$out/images"; printf PNG > "$out/images/s1.png"
echo '{"page_count": 1, "chunks": [{"image": "chunkr-local:images/s1.png"}]}' > "$out/output.json")sh";

class Storage : public ServerTest {
 protected:
  static std::string path_of(const std::string& url) { return url.substr(url.find("/storage")); }
  static std::string part(const std::string& url, std::string_view from, std::string_view to) {
    const auto begin = url.find(from) + from.size();
    return url.substr(begin, url.find(to, begin) - begin);
  }
  std::string input_url(const std::string& id) const {
    return path_of(text(read(id).json().at("configuration"), "input_file_url"));
  }
  std::string image_url(const std::string& id) const {
    return path_of(text(read(id).json().at("output").at("chunks").at(0), "image"));
  }
  void write(const fs::path& file, std::string_view text) const { std::ofstream(file) << text; }
};

TEST_F(Storage, ALineBreakInAFileNameMovesNoBorderInWhatIsSigned) {
  parser(kParsedWithImage);
  start();
  write(folder_ / "secret", "of somebody else");
  const auto id = create(R"(a\nimages/../../../../../secret)");
  ASSERT_TRUE(reaches(id, "Succeeded"));
  const auto url = input_url(id);
  const auto forged =
      fmt::format("/storage/{}/images/../../../../../secret?expires={}%0Ainput/a&signature={}", id,
                  part(url, "expires=", "&"), url.substr(url.find("signature=") + 10));
  const Reply reply = get(forged);
  EXPECT_EQ(reply.status, 403U);
  EXPECT_THAT(reply.body, testing::Not(HasSubstr("somebody")));
}

TEST_F(Storage, ANameBecomesAPlainOne) {
  start();
  for (const auto& [given, taken] : std::vector<std::pair<std::string, std::string>>{
           {R"(../../etc/shadow)", "shadow"},
           {R"(/etc/shadow)", "shadow"},
           {R"(C:\\scans\\Müller & Söhne (1).pdf)", "Müller & Söhne (1).pdf"},
           {R"(a\nb\u0000c.pdf)", "a\uFFFDb\uFFFDc.pdf"},
           {R"(.hidden)", ".hidden"},
           {R"(  spaces .pdf)", "  spaces .pdf"}}) {
    const auto id = create(given);
    const auto task = read(id).json();
    EXPECT_EQ(text(task.at("output"), "file_name"), taken) << given;
    EXPECT_EQ(get(input_url(id)).body, "a document") << given;
  }
  for (const auto* nothing : {"", "..", ".", "a/", "a/.."}) {
    const auto id = create(nothing);
    EXPECT_EQ(text(read(id).json().at("output"), "file_name"), id + ".txt") << nothing;
  }
}

TEST_F(Storage, AnImageThatIsALinkIsNotFollowed) {
  parser(kParsedWithImage);
  start();
  write(folder_ / "secret", "of somebody else");
  const auto id = create("a.txt");
  ASSERT_TRUE(reaches(id, "Succeeded"));
  const auto url = image_url(id);
  ASSERT_EQ(get(url).body, "PNG");
  for (const auto& entry : fs::recursive_directory_iterator(options_.state / "tasks" / id)) {
    if (entry.path().filename() != "s1.png") continue;
    fs::remove(entry.path());
    fs::create_symlink(folder_ / "secret", entry.path());
    break;
  }
  EXPECT_EQ(get(url).status, 404U);
}

TEST_F(Storage, AnAddressIsForOneTaskAndOneNameAndOneTime) {
  options_.key = "";
  start();
  const auto url = input_url(create("a.txt"));
  const auto other = create("a.txt");
  const auto id = part(url, "/storage/", "/");
  const auto expires = part(url, "expires=", "&");
  const auto query = url.substr(url.find('?'));
  const auto swapped = [&](const std::string& from, const std::string& to) {
    auto changed = url;
    return get(changed.replace(changed.find(from), from.size(), to)).status;
  };
  EXPECT_EQ(swapped(id, other), 403U);
  EXPECT_EQ(swapped("a.txt", "b.txt"), 403U);
  EXPECT_EQ(swapped("input/", "images/"), 403U);
  for (const auto& time : {expires + "0", expires + "%0A", "+" + expires, "0" + expires, "%20" + expires,
                           expires + ".5", std::string("99999999999999999999"), std::string("-1")}) {
    EXPECT_EQ(swapped("expires=" + expires, "expires=" + time), 403U) << time;
  }
  EXPECT_EQ(get(url).status, 200U);
}

TEST_F(Storage, IsForItsUserAloneAlsoWhereItWasNot) {
  start();
  create("a.txt");
  stop();
  const auto& state = options_.state;
  for (const auto* file : {"lock", "tasks.sqlite3", "signing.key"}) ::chmod((state / file).c_str(), 0644);
  for (const auto* folder : {"tasks", "incoming"}) ::chmod((state / folder).c_str(), 0755);
  start();
  create("b.txt");
  for (const auto& entry : fs::directory_iterator(state)) {
    const auto mode = static_cast<unsigned>(entry.status().permissions());
    EXPECT_EQ(mode & 077U, 0U) << entry.path();
  }
}

TEST_F(Storage, AStateFolderThatIsMadeIsPrivateAndOneThatWasThereStaysAsItIs) {
  start();
  EXPECT_EQ(fs::status(options_.state).permissions(), fs::perms::owner_all);
  ::chmod(options_.state.c_str(), 0755);
  start();
  EXPECT_EQ(static_cast<unsigned>(fs::status(options_.state).permissions()), 0755U);
}

TEST_F(Storage, WhatIsNotOursInTheStateFolderStays) {
  for (const auto* folder : {"tasks", "incoming"}) {
    fs::create_directories(options_.state / folder / "mine");
    write(options_.state / folder / "mine" / "notes.txt", "mine");
    write(options_.state / folder / "letter.txt", "mine");
  }
  start();
  stop();
  for (const auto* folder : {"tasks", "incoming"}) {
    EXPECT_TRUE(fs::exists(options_.state / folder / "mine" / "notes.txt")) << folder;
    EXPECT_TRUE(fs::exists(options_.state / folder / "letter.txt")) << folder;
  }
}

TEST_F(Storage, ALinkInTheStateFolderIsRefusedAndNotFollowed) {
  write(folder_ / "theirs", "theirs");
  ::chmod((folder_ / "theirs").c_str(), 0644);
  fs::create_directories(folder_ / "their folder");
  for (const auto* name : {"lock", "tasks.sqlite3", "signing.key", "tasks", "incoming"}) {
    fs::remove_all(options_.state);
    fs::create_directories(options_.state);
    const bool is_folder = std::string_view(name) == "tasks" || std::string_view(name) == "incoming";
    fs::create_symlink(folder_ / (is_folder ? "their folder" : "theirs"), options_.state / name);
    try {
      start();
      ADD_FAILURE() << name;
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), HasSubstr(name));
    }
    EXPECT_EQ(fs::file_size(folder_ / "theirs"), 6U);
    EXPECT_EQ(static_cast<unsigned>(fs::status(folder_ / "theirs").permissions()), 0644U);
  }
}

TEST(Names, ATasksIdIsNothingElse) {
  EXPECT_TRUE(is_task_id("3f1c9c1e-6a52-4b0e-9a53-6f1c0c6a2f10"));
  for (const auto* text :
       {"", "..", "3f1c9c1e-6a52-4b0e-9a53-6f1c0c6a2f1", "3F1C9C1E-6A52-4B0E-9A53-6F1C0C6A2F10",
        "3f1c9c1e/6a52-4b0e-9a53-6f1c0c6a2f10", "3f1c9c1e-6a52-4b0e-9a53-6f1c0c6a2f1\n"}) {
    EXPECT_FALSE(is_task_id(text)) << text;
  }
}

TEST(Names, AreCutBetweenCharactersAndKeepTheirEnding) {
  std::string name;
  for (int i = 0; i < 200; ++i) name += "ü";
  const auto taken = plain_file_name(name + ".pdf");
  EXPECT_LE(taken.size(), 255U);
  EXPECT_TRUE(taken.ends_with("ü.pdf"));
  EXPECT_EQ(plain_file_name(std::string(255, 'a')).size(), 255U);
  EXPECT_EQ(plain_file_name("a." + std::string(1000, 'b')).size(), 255U);
  EXPECT_EQ(plain_file_name("a\xff.pdf"), "a\uFFFD.pdf");
}

}  // namespace
}  // namespace chunkrd::local::server::test
