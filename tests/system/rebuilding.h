#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {

inline constexpr const char* kFakeParser = "- do: {parse: {instead: text}}\n";

/// An installation whose queue comes to harm.
class Rebuilding : public ::testing::Test {
 protected:
  void start(const std::string& rules = kFakeParser, const std::vector<std::string>& arguments = {}) {
    home.inbox_options = "settle: 20ms";
    home.start_service(rules, arguments);
    home.start_daemon();
  }
  void kill_daemon() {
    home.daemon().signal(SIGKILL);
    home.daemon().wait(std::chrono::seconds(10));
  }
  Ran chunkrd(std::vector<std::string> arguments) { return home.command(std::move(arguments)); }
  boost::json::object rebuild(std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"rebuild", "--json"});
    const Ran ran = chunkrd(options);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return ran.exit_code == 0 ? boost::json::parse(ran.out).as_object() : boost::json::object();
  }
  void lose_queue() {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(queue().native() + suffix);
  }
  // All that the log has goes into the database: what is damaged there is damaged.
  void empty_log() {
    ASSERT_EQ(run({"/usr/bin/sqlite3", queue(), "PRAGMA wal_checkpoint(TRUNCATE)"}).exit_code, 0);
  }
  void write_into_queue(std::size_t at, const std::string& bytes) {
    std::fstream out(queue(), std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(at));
    out << bytes;
  }
  std::filesystem::path queue() const { return home.state / "queue.sqlite"; }
  // How many documents are in `state`, of those that the program lists.
  std::size_t in_state(const std::string& state) {
    const std::string out = chunkrd({"jobs", "--all", "--state", state, "--ids"}).out;
    return static_cast<std::size_t>(std::ranges::count(out, '\n'));
  }
  std::string state_of(const std::string& name) {
    const Ran ran = chunkrd({"show", "--json", (home.inbox / name).native()});
    return ran.exit_code == 0 ? boost::json::value_to<std::string>(boost::json::parse(ran.out).at("state"))
                              : ran.err;
  }
  // Names and contents of all below the installation but for what the service writes.
  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> files;
    for (const auto& top : {home.state, home.inbox, home.outbox, home.failed, home.archive})
      for (const auto& entry : std::filesystem::recursive_directory_iterator(top))
        files[entry.path()] = entry.is_regular_file() ? read_file(entry.path()) : "";
    return files;
  }

  // Names without folders tell the documents of a test apart.
  void expect_all_delivered_once(const std::vector<std::string>& names) {
    const auto ended = [&] { return files_in(home.archive).size() == names.size(); };
    ASSERT_TRUE(eventually(ended)) << home.daemon_log();
    const auto tasks = home.tasks_by_document();
    std::vector<std::string> results;
    for (const std::string& name : names) {
      results.insert(results.end(), {name + ".json", name + ".md"});
      EXPECT_TRUE(std::filesystem::exists(home.archive / name)) << name;
      const std::string at_service = std::filesystem::path(name).filename();
      ASSERT_TRUE(tasks.contains(at_service)) << name;
      EXPECT_EQ(tasks.at(at_service).succeeded, 1) << name << ": tasks that were paid";
    }
    std::ranges::sort(results);
    EXPECT_EQ(files_in(home.outbox), results);
    EXPECT_THAT(files_in(home.failed), ::testing::IsEmpty());
    EXPECT_TRUE(eventually([&] { return files_in(home.state / "spool").empty(); }));
  }
  static std::vector<std::string> files_in(const std::filesystem::path& folder) {
    auto names = files_below(folder);
    std::erase_if(names, [](const std::string& name) { return name.ends_with('/'); });
    return names;
  }

  Installation home;
};

}  // namespace chunkrd::tests
