#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

/// `chunkrd completion SHELL`: prints what lets bash, zsh or fish complete chunkrd's command line, made from
/// the parsers of all commands. What a word is completed with follows from its option's type_name(): JOB,
/// JOB..., STATE,..., CODE, PROFILE, CAUSE, INBOX and SHELL have their own words, FILE and PATH are files.
Command add_completion(CLI::App& program);

/// `chunkrd __complete KIND`: prints the words for it, for these scripts; hidden. Never fails: where there
/// is no queue there is nothing to complete.
Command add_complete_words(CLI::App& program);

}  // namespace chunkrd::cli
