#include "cli/report.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>

#include "artifacts/report.h"
#include "artifacts/result_scanner.h"
#include "cli/job_names.h"
#include "cli/open_queue.h"
#include "cli/print.h"
#include "cli/whereabouts.h"
#include "config/reader.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path config_file, out;
  std::string job;
  bool json = false;
};

std::optional<fs::path> result_of(const std::vector<Lying>& where) {
  for (const Lying& one : where)
    if (one.what == "result" && one.path.extension() == ".json") return one.path;
  return std::nullopt;
}

// The task's PDF where it was delivered, else the original where that is one: their pages are the same.
std::optional<fs::path> pdf_of(const std::vector<Lying>& where) {
  for (const std::string_view what : {"result", "archive", "inbox", "spool"})
    for (const Lying& one : where)
      if (one.what == what && (one.path.extension() == ".pdf" || one.path.extension() == ".PDF"))
        return one.path;
  return std::nullopt;
}

ExitCode run(const Options& options) {
  const config::Settings settings = config::read_settings(options.config_file);
  auto store = open_queue(settings, queue::Access::read);
  const queue::Job job = job_named(store, settings, options.job);
  const auto where = whereabouts(job, settings);
  const auto result = result_of(where);
  if (!result)
    throw UserError(ExitCode::no_input,
                    fmt::format("{} has no result in the outbox: `chunkrd show {}` says where it is",
                                printable(job.name), short_id(job.id)));
  const fs::path to =
      options.out.empty() ? fs::path(fs::path(job.name).filename().native() + ".report.html") : options.out;
  try {
    artifacts::write_report(*result, pdf_of(where), job.name, to);
  } catch (const artifacts::BrokenResult& broken) {
    throw UserError(ExitCode::io_error, fmt::format("{}: {}", printable(result->native()), broken.what()));
  }
  if (options.json)
    put("{}\n", boost::json::serialize(boost::json::object{
                    {"job", job.id}, {"name", printable(job.name)}, {"report", printable(to.native())}}));
  else
    put("{}\n", printable(to.native()));
  return ExitCode::ok;
}

}  // namespace

Command add_report(CLI::App& program) {
  CLI::App* parser =
      add_parser(program, "report", "Write a page that shows a document's pages with what was found on them",
                 "report 01j2k3m4n5p6q7\n"
                 "report /srv/chunkrd/outbox/report.pdf.json --out look.html");
  auto options = std::make_shared<Options>();
  add_config_option(*parser, options->config_file);
  parser->add_option("job", options->job, kJobHelp)->required()->type_name("JOB");
  parser->add_option("-o,--out", options->out, "The file to write; NAME.report.html here if not named")
      ->type_name("FILE");
  add_json_option(*parser, options->json);
  return {parser, [options] { return run(*options); }};
}

}  // namespace chunkrd::cli
