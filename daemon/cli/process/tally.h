#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cli/process/documents.h"
#include "queue/job.h"

namespace chunkrd::cli::process {

/// How far a document has come, as a person cares.
enum class Stage {
  waiting,    ///< not at the service yet
  parsing,    ///< at the service, or on its way from there into its place
  delivered,  ///< its result lies in its place
  failed,     ///< it did not come to a result
};
inline constexpr int kStageCount = 4;

/// The stage of a document whose row is in `state`.
Stage stage_of(queue::State state) noexcept;

/// What has become of each of a command's documents so far. Pure.
class Tally {
 public:
  struct Entry {
    Document document;
    Stage stage = Stage::waiting;
    queue::Job job{};                    ///< as last heard of; without an id as long as there is none
    std::string wanted_settings_hash{};  ///< delivered with others it has failed: the update did not succeed
  };

  explicit Tally(std::vector<Document> documents);

  std::vector<Entry>& entries() noexcept { return entries_; }
  const std::vector<Entry>& entries() const noexcept { return entries_; }

  /// A row of this document exists already.
  void adopt(Entry& entry, const queue::Job& job);
  /// It will never have one.
  void fail(Entry& entry, const queue::Job& why);

  /// A row came to be, or moved. The document that has come to its end by that, if it is one of ours.
  const Entry* heard(const queue::Job& job);

  std::size_t count(Stage stage) const noexcept { return counts_[static_cast<std::size_t>(stage)]; }
  std::size_t ended() const noexcept { return count(Stage::delivered) + count(Stage::failed); }
  bool all_ended() const noexcept { return ended() == entries_.size(); }

  /// What the documents of a stage cost in time, as far as that can be told beforehand: their bytes, and a
  /// share for each.
  std::uint64_t work(Stage stage) const noexcept { return work_[static_cast<std::size_t>(stage)]; }
  std::uint64_t work_ended() const noexcept { return work(Stage::delivered) + work(Stage::failed); }

  /// Of the documents that were waiting at first: what is to be uploaded.
  std::uint64_t bytes_to_send() const noexcept { return bytes_to_send_; }
  /// Of what was delivered since, less what was delivered again from an earlier result.
  int pages() const noexcept { return pages_; }

 private:
  void move(Entry& entry, const queue::Job& job);
  void count_in(const Entry& entry);
  void count_out(const Entry& entry);

  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> by_name_;  ///< inbox, NUL, name -> entry
  std::array<std::size_t, kStageCount> counts_{};
  std::array<std::uint64_t, kStageCount> work_{};
  std::uint64_t bytes_to_send_ = 0;
  int pages_ = 0;
};

}  // namespace chunkrd::cli::process
