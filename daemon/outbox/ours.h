#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "outbox/folder.h"
#include "outbox/manifest.h"

namespace chunkrd::outbox {

/// What manifests say that we have put into a folder: names, each with the contents that it had from us.
/// Nothing is removed or replaced that is not in it, with one of these contents, at the moment at which
/// nobody else can reach it any more: it is moved out of the outbox first and looked at then.
class Ours {
 public:
  /// What `manifest` puts into its folder (Manifest::folders).
  void add(const Manifest& manifest);

  /// Is the file `name` of `folder` one of them, with one of its contents?
  bool is_ours(const Folder& folder, const std::string& name) const;
  /// Are all in `folder`, and all below it, ours? One that is not there is.
  bool has_all_of(const Folder& parent, const std::string& folder) const;

  /// Could all that `manifest` has be put into `parent` with nobody else losing anything? Each name is free
  /// or ours, and a folder is one in which something is ours.
  bool leaves_room(const Folder& parent, const Manifest& manifest) const;

  /// What is kept for somebody else because it is not what we have put there.
  using Kept = std::function<void(const std::string& path)>;

  /// Removes what of `out` is ours, and puts all else back to where it was: into `into`, under another name
  /// where its own is taken by now. `out` is empty then.
  void settle(const Folder& out, const Folder& into, const Kept& kept) const;

  /// Takes away from `place` what is ours and not in `after`. It goes by way of `out`, where nobody else
  /// looks, and where everything lies as it lay in its place: after a crash settle() knows where it belongs.
  void take_away(const Folder& place, const Ours& after, const Folder& out, const Kept& kept) const;

  /// Shows what lies in `from` in `into`: what is free is taken, what is ours replaced; `last` comes last,
  /// after everything else is durable. A folder changes places with its predecessor at once where that is
  /// ours with all that is in it; else file by file. EEXIST, with the rest still in `from`, when a name is
  /// taken meanwhile.
  void show(const Folder& from, const Folder& into, const std::string& last, const Folder& out,
            const Kept& kept) const;

 private:
  struct Content {
    std::string sha256;
    std::uint64_t size_bytes = 0;
  };

  const Ours& in(const std::string& folder) const;
  void clear(const Folder& folder) const;
  void replace(const Folder& from, const Folder& into, const std::string& name, const Folder& out,
               const Kept& kept) const;

  std::map<std::string, std::vector<Content>> files_;
  std::map<std::string, Ours> folders_;
};

}  // namespace chunkrd::outbox
