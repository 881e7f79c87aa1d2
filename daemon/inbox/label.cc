#include "inbox/label.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <exception>

#include "core/escape.h"

namespace chunkrd::inbox {
namespace {

namespace json = boost::json;

constexpr const char* kAttribute = "user.chunkrd.document";

std::string bytes_at(const json::value& object, std::string_view key) {
  return unprintable(json::value_to<std::string>(object.at(key)));
}

}  // namespace

void Label::put_on(int fd) const noexcept {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink > 1) return;
  try {
    const std::string text = json::serialize(json::value{
        {"inbox", printable(inbox)}, {"name", printable(name)}, {"identity", printable(identity)}});
    (void)::fsetxattr(fd, kAttribute, text.data(), text.size(), 0);
  } catch (const std::exception&) {
    // No memory: the document goes without.
  }
}

std::optional<Label> label_of(const std::filesystem::path& file) {
  std::array<char, 65536> value;  // the kernel's own limit
  const ssize_t length = ::lgetxattr(file.c_str(), kAttribute, value.data(), value.size());
  if (length <= 0) return std::nullopt;
  try {
    const auto object = json::parse(std::string_view(value.data(), static_cast<std::size_t>(length)));
    return Label{bytes_at(object, "inbox"), bytes_at(object, "name"), bytes_at(object, "identity")};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void take_label_off(int fd) noexcept {
  (void)::fremovexattr(fd, kAttribute);
}

void take_label_off(const std::filesystem::path& file) noexcept {
  (void)::lremovexattr(file.c_str(), kAttribute);
}

}  // namespace chunkrd::inbox
