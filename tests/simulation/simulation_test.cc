#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/simulation/world.h"

namespace chunkrd::simulation {
namespace {

namespace fs = std::filesystem;

// A folder in memory where there is one: a run is a few thousand small files.
class Folder {
 public:
  explicit Folder(std::uint64_t seed)
      : path_((fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) /
              fmt::format("chunkrd-simulation-{}-{}", ::getpid(), seed)) {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

Verdict run_seed(std::uint64_t seed, Plan plan = {}) {
  plan.seed = seed;
  const Folder folder(seed);
  return run(plan, folder.path());
}

// What may happen at the borders, beside the weather. A seed draws some of them, so that each is met often,
// and all combinations come: of the usual ones in many seeds, of all in those that were seen to hold.
enum class Draw { usual, every };
struct Border {
  std::string_view name;
  Draw drawn;
  void (*change)(Plan&);
};
constexpr Border kBorders[] = {
    {"clock", Draw::usual, [](Plan& plan) { plan.borders.clock_steps = 6; }},
    {"stops", Draw::usual, [](Plan& plan) { plan.borders.stops = true; }},
    {"inbox", Draw::every, [](Plan& plan) { plan.borders.inbox_gone = 4; }},
    {"spool", Draw::every, [](Plan& plan) { plan.borders.spool_gone = 4; }},
    {"sidecars", Draw::usual, [](Plan& plan) { plan.borders.late_sidecars = true; }},
    {"writers", Draw::usual, [](Plan& plan) { plan.borders.late_writers = true; }},
    {"places", Draw::every, [](Plan& plan) { plan.borders.moved_places = 4; }},
    {"storms", Draw::every, [](Plan& plan) { plan.borders.storms = 25; }},
    {"budget", Draw::every, [](Plan& plan) { plan.borders.documents_per_day = 80; }},
    {"rebuilds", Draw::every, [](Plan& plan) { plan.borders.rebuilds = 2; }},
    {"names", Draw::every, [](Plan& plan) { plan.borders.names_again = 3; }},
    {"success", Draw::every, [](Plan& plan) { plan.weather.other_success = 0.05; }},
    {"redirects", Draw::every, [](Plan& plan) { plan.weather.redirected = 0.05; }},
    {"gateway", Draw::every, [](Plan& plan) { plan.weather.gateway = 0.05; }},
    {"refusals", Draw::every, [](Plan& plan) { plan.weather.odd_refusal = 0.05; }},
    {"uploads", Draw::every, [](Plan& plan) { plan.weather.cut_upload = 0.2; }},
    {"short-list", Draw::every,
     [](Plan& plan) { plan.weather.page_at_most = 5, plan.weather.foreign_tasks = 600; }},
    {"broken-list", Draw::every, [](Plan& plan) { plan.weather.missing_entry = 0.1; }},
};

// CHUNKRD_SIMULATION_BORDERS=clock,stops: exactly these, in every run; =all: each seed draws from all.
Plan plan_of(std::uint64_t seed, Draw draw = Draw::usual) {
  const char* const named = std::getenv("CHUNKRD_SIMULATION_BORDERS");
  Plan plan;
  // Every third run forgets what is over, so that crashes come in the middle of that, too.
  plan.retention = seed % 3 == 0;
  SeededRandom chance(seed);
  const std::string chosen = named == nullptr ? "" : fmt::format(",{},", named);
  if (chosen == ",all,") draw = Draw::every;
  for (const Border& border : kBorders) {
    const bool by_chance = chance.chance(0.3) && (draw == Draw::every || border.drawn == Draw::usual);
    const bool by_name = chosen.contains(fmt::format(",{},", border.name));
    if (named == nullptr || chosen == ",all," ? by_chance : by_name) border.change(plan);
  }
  // A rebuild without an old queue knows only the folders that are configured (docs/commands.md).
  if (plan.borders.rebuilds > 0) plan.borders.moved_places = 0;
  return plan;
}

std::string list(const Verdict& verdict) {
  std::string text;
  for (const std::string& problem : verdict.problems) text += problem + "\n";
  return text;
}

// With what the seed drew.
std::string list(const Verdict& verdict, const Plan& plan) {
  std::string text = "drawn:";
  for (const Border& border : kBorders) {
    Plan with = plan;
    border.change(with);
    if (with.borders == plan.borders && with.weather == plan.weather) text += fmt::format(" {}", border.name);
  }
  return text + "\n" + list(verdict);
}

// The seeds are split so that ctest can run them side by side.
constexpr std::uint64_t kShards = 10;

class Seeds : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    if (std::getenv("CHUNKRD_SIMULATION_LOG") == nullptr) spdlog::set_level(spdlog::level::off);
  }
};

TEST_P(Seeds, EveryDocumentIsAccountedForOnce) {
  const std::uint64_t seeds = from_environment("CHUNKRD_SIMULATION_SEEDS", CHUNKRD_SIMULATION_SEEDS_DEFAULT);
  int unavoidable = 0, documents = 0;
  for (std::uint64_t i = 0; i < seeds / kShards; ++i) {
    const std::uint64_t seed = 1 + GetParam() + i * kShards;
    const Plan plan = plan_of(seed);
    const Verdict verdict = run_seed(seed, plan);
    ASSERT_TRUE(verdict.problems.empty()) << "replay with CHUNKRD_SIMULATION_SEED=" << seed << ":\n"
                                          << list(verdict, plan);
    unavoidable += verdict.unavoidable_duplicates;
    documents += verdict.delivered + verdict.failed;
  }
  RecordProperty("documents", documents);
  RecordProperty("unavoidable_duplicates", unavoidable);
}
INSTANTIATE_TEST_SUITE_P(Simulation, Seeds, ::testing::Range(std::uint64_t{0}, kShards));

// Seeds that were run: what they have met holds on.
class EveryBorder : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(EveryBorder, HoldsWithTheOthers) {
  spdlog::set_level(spdlog::level::off);
  const Plan plan = plan_of(GetParam(), Draw::every);
  const Verdict verdict = run_seed(GetParam(), plan);
  EXPECT_TRUE(verdict.problems.empty()) << "replay with CHUNKRD_SIMULATION_BORDERS=all "
                                        << "CHUNKRD_SIMULATION_SEED=" << GetParam() << ":\n"
                                        << list(verdict, plan);
}
INSTANTIATE_TEST_SUITE_P(Simulation, EveryBorder,
                         ::testing::Values(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 21, 24, 34, 41, 44));

TEST(Simulation, OneSeedCanBeReplayed) {
  const std::uint64_t seed = from_environment("CHUNKRD_SIMULATION_SEED", 1);
  if (std::getenv("CHUNKRD_SIMULATION_LOG") == nullptr) spdlog::set_level(spdlog::level::off);
  const Plan plan = plan_of(seed);
  const Verdict first = run_seed(seed, plan);
  const Verdict second = run_seed(seed, plan);
  EXPECT_TRUE(first.problems.empty()) << list(first, plan);
  EXPECT_EQ(first.requests, second.requests);
  EXPECT_EQ(first.took, second.took);
  std::printf("delivered %d, failed %d, crashes %d, requests %lu, polls %lu, simulated %ld s\n",
              first.delivered, first.failed, first.crashes, first.requests, first.polls,
              first.took.count() / 1000);
}

TEST(Simulation, OutagesEndByAskingHealth) {
  Weather stormy;
  stormy.outages = 12;
  const Verdict verdict = run_seed(2, {.weather = stormy});
  EXPECT_TRUE(verdict.problems.empty()) << list(verdict);
  EXPECT_GT(verdict.healthy, 0u);
}

TEST(Simulation, InFairWeatherEachDocumentIsOneTaskAndFewPolls) {
  Weather fair{};
  fair.no_connection = fair.lost_request = fair.lost_answer = fair.error_500 = fair.error_after =
      fair.too_fast = 0;
  fair.garbled = fair.task_fails = fair.stuck_in_starting = fair.not_found = fair.empty_success = 0;
  fair.cut_result = fair.broken_row = fair.refused_file = 0;
  fair.outages = fair.revoked_keys = fair.quota_gone = fair.submits_fail = 0;
  const Verdict verdict = run_seed(7, {.crashes = 0, .wishes = 0, .weather = fair});
  EXPECT_TRUE(verdict.problems.empty()) << list(verdict);
  EXPECT_EQ(verdict.delivered, 200);
  EXPECT_LE(verdict.polls, 3u * 200u);
}

}  // namespace
}  // namespace chunkrd::simulation
