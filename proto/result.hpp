/// The outcome of anything that bad input can spoil: a value, or one error that names its place.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace echomesh {

/// What was wrong, and where: `where` is a place a user can find (a key, a topic, a file), `what`
/// says what was expected there.
struct Error {
  std::string where;
  std::string what;

  bool operator==(const Error&) const = default;
};

inline std::string to_string(const Error& error) {
  return error.where.empty() ? error.what : error.where + ": " + error.what;
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}
  Result(Error error) : content_(std::move(error)) {}

  bool ok() const { return std::holds_alternative<T>(content_); }
  explicit operator bool() const { return ok(); }

  /// REQUIRES: ok()
  const T& value() const& {
    assert(ok());
    return std::get<T>(content_);
  }
  T&& value() && {
    assert(ok());
    return std::get<T>(std::move(content_));
  }
  const T& operator*() const& { return value(); }
  const T* operator->() const { return &value(); }

  /// REQUIRES: !ok()
  const Error& error() const {
    assert(!ok());
    return std::get<Error>(content_);
  }

 private:
  std::variant<T, Error> content_;
};

}  // namespace echomesh
