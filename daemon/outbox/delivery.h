#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/folder.h"
#include "outbox/manifest.h"
#include "outbox/relative_name.h"
#include "outbox/reservations.h"

namespace chunkrd::outbox {

/// What a delivery that has begun has in its own folder; see Delivery.
inline constexpr std::string_view kIntent = ".intent";

/// Where the parts of an outbox lie.
struct Places {
  std::filesystem::path root;
  std::filesystem::path deliveries() const { return root / ".chunkrd" / "tmp"; }
  std::filesystem::path manifests() const { return root / ".chunkrd" / "manifests"; }
};

/// One job's way into the outbox, over all calls and crashes. What is on disk says how far it is:
///   no intent in the delivery's folder         nothing of it is visible
///   intent, and the JSON in the folder         some of the other files may be visible
///   intent, but no JSON in the folder          all is visible
///   manifest in manifests/                     all is visible, and we have seen to it that it stays so
/// The intent lies in the folder that it speaks of: whoever removes the folder removes both.
class Delivery {
 public:
  Delivery(const Places& places, Reservations& reservations, std::string job_id);

  /// See Outbox::publish(). `layout` is for a delivery that has not begun yet.
  Delivered publish(const Origin& origin, const RelativeName& wanted, Layout layout,
                    const std::vector<Part>& parts);

  /// Puts back into the folder what an interrupted publish() had not made visible yet.
  void restore() const { read_intent(); }

  /// Ends a delivery that nobody will repeat: what is visible without its JSON goes.
  void discard();

 private:
  bool in_folder(const Manifest::File& file) const;
  bool visible(const Manifest& manifest, const Manifest::File& file) const;
  std::optional<Manifest> read_intent() const;
  std::vector<Manifest::File> make_durable(const std::vector<Part>& parts,
                                           const std::optional<Manifest>& begun) const;
  Manifest::File make_durable(const Part& part, const std::optional<Manifest>& begun) const;
  Manifest::File made_durable(Manifest::File file, const std::optional<Manifest>& begun) const;
  void write_named(const std::vector<Part>& parts, Manifest& manifest) const;
  bool try_name(const std::vector<Part>& parts, Manifest& manifest, const std::optional<Manifest>& begun);
  bool show(const Manifest& manifest, const Folder& target) const;
  bool show_files(const Manifest& manifest, const Folder& target) const;
  bool show_folder(const Manifest& manifest, const Folder& target) const;
  void gather(const Manifest& manifest) const;
  void take_back(const Manifest& manifest) const;
  void abandon(const Manifest& intent) const;
  std::optional<Delivered> replace(const Manifest& before, const std::optional<Manifest>& begun,
                                   const Origin& origin, const std::vector<Part>& parts);
  bool may_replace(const Manifest& before, const Manifest& after, const std::optional<Manifest>& begun) const;
  void put_in_place(const Manifest& manifest) const;
  void remove_replaced(const Manifest& before, const Manifest& after) const;
  void finish(const Manifest& manifest) const;
  void remove_folder() const;

  const Places& places_;
  Reservations& reservations_;
  std::string job_id_;
  std::filesystem::path folder_;  ///< the delivery's own
};

}  // namespace chunkrd::outbox
