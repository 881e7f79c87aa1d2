#pragma once

#include <optional>
#include <string>
#include <system_error>

#include "core/fd.h"
#include "inbox/identity.h"
#include "inbox/label.h"
#include "inbox/spool.h"
#include "inbox/tree.h"

namespace chunkrd::inbox {

/// One document on its way from the folder it lies in to the spool; see Spool::take(). Each of the steps
/// can be the last one before a crash: whatever is found of an earlier attempt is completed or undone first.
///
/// In the document's folder there may be ".chunkrd-<job>": an original that has been copied, until it is
/// unlinked. In the spool there may be ".<job>.part": a copy that is not complete.
class Taking {
 public:
  /// `from`: the folder the document lies in; none if that is gone. `spool`: the spool's folder. `label`:
  /// what it has in the spool, and only there.
  Taking(std::string base, const Identity& identity, std::string job_id, FileDescriptor from,
         FileDescriptor spool, std::optional<Label> label);

  Taken move();
  Taken copy();

  /// Undoes move(): what it has brought to the spool has its name in the inbox again, or another one where
  /// that is taken by now. There must be a folder for it.
  void undo_move();
  /// Undoes copy().
  void undo_copy();

  /// For a folder that is gone: what an earlier attempt has brought to the spool is all there is.
  Taken look_in_spool_only() const;

 private:
  Taken move_by_copy();
  Taken complete_move();
  Taken complete_move_by_copy();
  Taken why_not_moved(const std::system_error& error) const;
  Taken put_back();
  Taken publish_copy();
  void drop_copy() const noexcept;
  FileDescriptor open_spooled() const noexcept;
  void return_from_aside();
  void return_to_inbox(int folder, const std::string& name);
  void sync_spooled() const;
  void sync_folders() const;

  Taken examine() const;
  Sighting spooled() const { return look_surely(spool_.get(), job_id_, job_id_); }
  bool lies_aside() const { return look_surely(from_.get(), aside_, aside_).kind != Kind::gone; }
  void remove_old_name(const Identity& moved);

  const std::string base_;
  const Identity identity_;
  const std::string job_id_;
  const std::string aside_, part_;
  const FileDescriptor from_, spool_;
  const std::optional<Label> label_;
};

}  // namespace chunkrd::inbox
