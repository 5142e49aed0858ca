/// Looks a host name up without blocking the loop.
///
/// Those who ask for one name share one lookup, which waits in a thread of libuv's pool for as long
/// as the system's resolver takes: a name that hangs holds up itself alone.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "proto/io/loop.hpp"
#include "proto/io/timer.hpp"

namespace echomesh::io {

/// So many names (up to 512) may be looked up at once. To be called before the first lookup.
void reserve_lookups(std::size_t names);

class Resolver {
 public:
  /// Literal addresses, in the order to be tried; or none, and why.
  using Answer = std::function<void(std::vector<std::string> addresses, std::string failure)>;

  /// `answer` is called from the loop, once for each resolve() that this object lives to see; and
  /// once more with the addresses, where they came after a failure was told.
  Resolver(Loop& loop, std::string host, Answer answer);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// No answer in 1 s is a failure, but the lookup is waited for, and none is added to it. A
  /// literal address asks nobody. REQUIRES: the one before was answered.
  void resolve();

 private:
  friend struct NameLookup;
  int ask();
  void finish(const std::vector<std::string>& addresses, const std::string& failure);

  Loop& loop_;
  Deferrals deferrals_;
  std::string host_;
  Answer answer_;
  NameLookup* lookup_ = nullptr;  ///< under way; owned by libuv's thread pool until it answers
  bool is_waiting_ = false;       ///< for an answer to resolve()
  Timer deadline_;
};

}  // namespace echomesh::io
