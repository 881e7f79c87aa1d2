#pragma once

#include <string>

#include "config/settings.h"

namespace chunkrd::config {

/// The API key: from `api.key_file`, else $CHUNKRD_API_KEY, else $CREDENTIALS_DIRECTORY/api-key (systemd's
/// LoadCredential=api-key:...). One final newline is not part of it. Empty only when there is none and the
/// service is on this machine (chunkr-local without --key).
///
/// Warns when others may read the key file. Throws UserError when there is no usable key, or when it would
/// travel over plain http to another machine and api.allow_http does not say that this is meant; if it does,
/// warns. The key itself is never in a message.
std::string load_api_key(const Api& api);

/// What a webhook's notifications are signed with: from its `secret_file`, else
/// $CREDENTIALS_DIRECTORY/webhook-secret; read and checked as the API key is. Empty: nothing is signed.
std::string load_webhook_secret(const Webhook& webhook);

/// Whether requests go to another machine over plain http, and what that means.
bool travels_in_the_open(const Api& api);
inline constexpr const char* kInTheOpen =
    "plain http to another machine: whoever is between the two can read the API key and the documents";

/// True when `url` names this machine: localhost, 127.x.x.x or [::1].
bool is_loopback(const std::string& url);

}  // namespace chunkrd::config
