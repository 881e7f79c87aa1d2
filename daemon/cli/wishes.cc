// The commands about a document that wish something of it: retry, cancel, delete.
#include "cli/wishes.h"

#include <memory>

#include "cli/acting.h"
#include "config/reader.h"

namespace chunkrd::cli {
namespace {

namespace lifecycle = pipeline::lifecycle;
using queue::Asked;
using queue::Job;
using queue::State;

bool has_ended(const Job& job) {
  return is_end(job.state);
}

ExitCode run(const Acting& options, const lifecycle::Wish& wish, const IsOver& is_over) {
  const config::Settings settings = config::read_settings(options.config_file);
  return act(options, settings, [&](const Job&) { return wish; }, is_over);
}

}  // namespace

Command add_retry(CLI::App& program) {
  CLI::App* parser = add_parser(program, "retry", "Try documents again that have failed or were cancelled",
                                "retry 01j2k3m4n5p6q7\n"
                                "retry /srv/chunkrd/failed/report.pdf --wait 600\n"
                                "jobs --state failed --ids | xargs chunkrd retry");
  auto options = std::make_shared<Acting>();
  options->add_options(*parser);
  return {parser, [options] { return run(*options, lifecycle::Retry{}, has_ended); }};
}

Command add_cancel(CLI::App& program) {
  CLI::App* parser = add_parser(program, "cancel",
                                "Cancel documents: here at once, at the service while their tasks wait there",
                                "cancel 01j2k3m4n5p6q7\n"
                                "cancel --or-delete 01j2k3m4n5p6q7");
  auto options = std::make_shared<Acting>();
  auto or_delete = std::make_shared<bool>(false);
  options->wait_seconds = 10;
  options->add_options(*parser);
  parser->add_flag("--or-delete", *or_delete,
                   "Where it is too late: have the task deleted at the service after the delivery");
  const auto is_over = [](const Job& job) { return is_end(job.state) || !lifecycle::wants_cancel(job); };
  return {parser, [=] { return run(*options, lifecycle::Cancel{*or_delete}, is_over); }};
}

Command add_delete(CLI::App& program) {
  CLI::App* parser =
      add_parser(program, "delete",
                 "Delete documents' tasks at the service, once their results are safe here; results stay",
                 "delete 01j2k3m4n5p6q7\n"
                 "delete /srv/chunkrd/outbox/report.pdf.json");
  auto options = std::make_shared<Acting>();
  options->wait_seconds = 10;
  options->add_options(*parser);
  const auto is_over = [](const Job& job) {
    return job.state != State::removing && job.asked == Asked::nothing;
  };
  return {parser, [=] { return run(*options, lifecycle::Remove{}, is_over); }};
}

}  // namespace chunkrd::cli
