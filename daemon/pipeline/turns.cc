#include "pipeline/turns.h"

#include <algorithm>
#include <utility>

namespace chunkrd::pipeline {
namespace {

double stride_of(const std::string& profile, const Turns::Profiles& profiles) {
  const auto known = profiles.find(profile);
  return 1.0 / (known == profiles.end() ? 1 : known->second.weight);
}

// The documents of one profile.
struct Line {
  double mark = 0, stride = 1;
  std::vector<queue::Job> jobs;
  std::size_t next = 0;
};

}  // namespace

// Who had nothing to do for a while has saved up no more than one turn.
double Turns::mark_of(const std::string& profile) const {
  double latest = 0;
  for (const auto& [name, mark] : marks_) latest = std::max(latest, mark);
  const auto known = marks_.find(profile);
  return std::max(known == marks_.end() ? 0 : known->second, latest - 1);
}

std::vector<queue::Job> Turns::in_turn(std::map<std::string, std::vector<queue::Job>> ready,
                                       const Profiles& profiles) const {
  std::vector<Line> lines;
  for (auto& [profile, jobs] : ready)
    if (!jobs.empty())
      lines.push_back(
          {.mark = mark_of(profile), .stride = stride_of(profile, profiles), .jobs = std::move(jobs)});
  std::vector<queue::Job> order;
  while (!lines.empty()) {
    const auto line = std::ranges::min_element(lines, {}, &Line::mark);
    order.push_back(std::move(line->jobs[line->next++]));
    line->mark += line->stride;
    if (line->next == line->jobs.size()) lines.erase(line);
  }
  return order;
}

void Turns::took(const std::string& profile, const Profiles& profiles) {
  marks_[profile] = mark_of(profile) + stride_of(profile, profiles);
}

}  // namespace chunkrd::pipeline
