#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/folder.h"
#include "outbox/manifest.h"
#include "outbox/manifests.h"
#include "outbox/ours.h"
#include "outbox/relative_name.h"
#include "outbox/reservations.h"

namespace chunkrd::outbox {

/// What a delivery that has begun has in its own folder; see Delivery.
inline constexpr std::string_view kIntent = ".intent";
inline const std::string kOut = ".out";

/// The names that a delivery is going to use, below the outbox.
std::vector<std::string> reservation_names(const Manifest& manifest);

/// One job's way into the outbox, over all calls and crashes. What is on disk says how far it is:
///   no intent in the delivery's folder         nothing of it is visible
///   intent, and the JSON in the folder         some of the other files may be visible
///   intent, but no JSON in the folder          all is visible
///   manifest in manifests/                     all is visible, and we have seen to it that it stays so
/// The intent lies in the folder that it speaks of: whoever removes the folder removes both.
///
/// An earlier result is replaced by way of two folders in it: .swap, from where the new files change places
/// with the old, and .out, where what came out is looked at before it is removed. Either may hold somebody
/// else's file after a crash: they are settled (see Ours) before anything else happens.
class Delivery {
 public:
  /// Makes the job's folder if it is not there.
  Delivery(const Places& places, const Manifests& manifests, Reservations& reservations, std::string job_id);

  /// See Outbox::publish(). `layout` is for a delivery that has not begun yet.
  Delivered publish(const Origin& origin, const RelativeName& wanted, Layout layout,
                    const std::vector<Part>& parts);

  /// Puts back into the folder what an interrupted publish() had not made visible yet. Throws NotAManifest
  /// for a damaged intent.
  void restore() { read_intent(); }

  /// Ends a delivery that nobody will repeat: what is visible without its JSON goes.
  void discard();

  const Folder& folder() const { return folder_; }

 private:
  bool in_folder(const Manifest::File& file) const { return folder_.has(file.source); }
  std::optional<Folder> target_of(const Manifest& manifest) const;
  std::optional<Folder> place_of(const Manifest& manifest) const;
  bool visible(const Manifest& manifest, const Manifest::File& file) const;
  bool all_visible(const Manifest& manifest) const;
  std::optional<Manifest> read_intent();
  void end_half_move(const Manifest& intent) const;
  void write_intent(const Manifest& manifest) const {
    folder_.write(std::string(kIntent), to_json(manifest));
  }

  std::vector<Manifest::File> make_durable(const std::vector<Part>& parts,
                                           const std::optional<Manifest>& begun);
  Manifest::File make_durable(const Part& part, const std::optional<Manifest>& begun);
  Manifest::File made_durable(Manifest::File file, const std::optional<Manifest>& begun);
  void write_named(const std::vector<Part>& parts, Manifest& manifest);

  Delivered deliver(const Origin& origin, const RelativeName& wanted, Layout layout,
                    const std::vector<Part>& parts);
  Delivered deliver_as(const RelativeName& wanted, const std::string& base, const std::vector<Part>& parts,
                       Manifest& manifest, const std::optional<Manifest>& begun);
  void require_all(const Manifest& manifest) const;
  bool try_name(const std::vector<Part>& parts, Manifest& manifest, const std::optional<Manifest>& begun);
  bool show(const Manifest& manifest, const Folder& target) const;
  bool show_files(const Manifest& manifest, const Folder& target) const;
  bool show_folder(const Manifest& manifest, const Folder& target) const;
  void gather(const Manifest& manifest) const;
  void take_back(const Manifest& manifest);
  void take_back(const Folder& target, const std::string& name, const Manifest::File& file,
                 const Ours& ours) const;
  void abandon(const Manifest& intent);
  void finish(const Manifest& manifest);
  void finish_again(const Manifest& manifest) const;
  void remove_folder() const;

  std::optional<Manifest> to_replace(const Origin& origin) const;
  std::optional<Delivered> replace(const Manifest& before, const std::optional<Manifest>& begun,
                                   const Origin& origin, const std::vector<Part>& parts);
  void stage(const Manifest& manifest) const;
  void recover(const Manifest& intent);
  void take_from(const Folder& place, const std::string& name, const Manifest::File& file) const;
  bool is_half_shown(const Manifest& begun, const Manifest::File& file) const;
  void require_no_remainder(const Manifest::File& file) const;
  Ours ours_in(const Manifest& intent) const;
  Ours::Kept keep();
  std::string told() const;

  const Manifests& manifests_;
  Reservations& reservations_;
  std::string job_id_;
  Folder root_;
  Folder deliveries_;
  Folder folder_;                  ///< the delivery's own
  std::vector<std::string> kept_;  ///< what was not ours, by where it lies now
};

}  // namespace chunkrd::outbox
