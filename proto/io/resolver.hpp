/// Looks a host name up without blocking the loop, for a while at most.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proto/io/loop.hpp"
#include "proto/io/timer.hpp"

namespace echomesh::io {

class Resolver {
 public:
  /// Literal addresses, in the order to be tried; or none, and why.
  using Answer = std::function<void(std::vector<std::string> addresses, std::string failure)>;

  /// `answer` is called from the loop, once for each resolve() that this object lives to see.
  Resolver(Loop& loop, std::string host, Answer answer);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// At most 5 s; an answer that comes later is not heard. A literal address asks nobody. A lookup
  /// that a resolver still sits on is waited for again: no second one is made.
  /// REQUIRES: the one before was answered.
  void resolve();

 private:
  struct Request;
  void finish(std::vector<std::string> addresses, std::string failure);

  Loop& loop_;
  Deferrals deferrals_;
  std::string host_;
  Answer answer_;
  Request* request_ = nullptr;  ///< owned by libuv's thread pool until it answers
  bool is_waiting_ = false;     ///< for an answer to resolve()
  Timer deadline_;
};

}  // namespace echomesh::io
