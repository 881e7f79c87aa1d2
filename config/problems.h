#pragma once

#include <yaml-cpp/mark.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/errors.h"

namespace chunkrd::config {

/// Everything that is wrong with a configuration file, at once. The text has one line for each error:
/// `/etc/chunkrd/chunkrd.yaml:14:9: profiles.x.parse.ocr_strategy: unknown value "Some"; use All or Auto`.
class ConfigErrors final : public UserError {
 public:
  explicit ConfigErrors(std::vector<std::string> lines);
  const std::vector<std::string>& lines() const noexcept { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// The errors found so far in one file.
class Problems {
 public:
  explicit Problems(std::filesystem::path file) : file_(file), shown_as_(std::move(file)) {}
  /// `shown_as`: what people know the file by, where that is not where it lies.
  Problems(std::filesystem::path file, std::filesystem::path shown_as)
      : file_(std::move(file)), shown_as_(std::move(shown_as)) {}

  const std::filesystem::path& file() const noexcept { return file_; }

  /// `mark` counts from 0, as yaml-cpp does; a null mark is an error of the file as a whole. `key` may be
  /// empty.
  void add(const YAML::Mark& mark, std::string_view key, std::string_view message);

  /// Throws ConfigErrors, in the order of the file, if there is anything to tell.
  void throw_if_any() const;

 private:
  struct Problem {
    int line;  // from 1; 0 for the whole file
    int column;
    std::string text;
  };
  std::filesystem::path file_, shown_as_;
  std::vector<Problem> problems_;
};

}  // namespace chunkrd::config
