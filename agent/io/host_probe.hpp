/// Asks a host whether it answers a TCP connect, at each of its addresses.
///
///   ask() --> a connect to each address --accepted or reset--> answered()
///
/// The name is looked up at the start and again once a minute of use; while nobody answers that,
/// the last good addresses serve.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proto/io/loop.hpp"
#include "proto/io/resolver.hpp"
#include "proto/time.hpp"

namespace echomesh::agent {

class HostProbe {
 public:
  /// `answered` is called for each address that accepts or resets a connect, from the loop or from
  /// look(); it may not call the probe. Each asking has `patience`, also when another comes before.
  HostProbe(io::Loop& loop, std::string host, std::uint16_t port, std::function<void()> answered,
            nanoseconds patience = nanoseconds{0});
  ~HostProbe();
  HostProbe(const HostProbe&) = delete;
  HostProbe& operator=(const HostProbe&) = delete;

  /// Fresh connects, if the name has `at_least` so many addresses; earlier ones are dropped once
  /// their time is over. Where no address is known yet they begin once one is.
  void ask(std::size_t at_least = 1);
  /// Drops the connects that are under way.
  void drop();
  /// Drops those whose time is over.
  void drop_old();
  /// Takes note of answers that have come already, before a limit is judged.
  void look();

  /// Addresses of the latest asking, and how many connects were accepted or answered since.
  std::size_t asked() const { return asked_; }
  std::size_t accepted() const { return accepted_; }
  std::size_t answered() const { return answers_; }  ///< accepted or reset

 private:
  class Connect;

  void look_up();
  void resolved(std::vector<std::string> addresses);
  void connect();
  void answer(bool has_accepted);

  io::Loop& loop_;
  std::uint16_t port_;
  std::function<void()> answered_;
  std::vector<std::string> addresses_;
  nanoseconds patience_;
  std::deque<std::unique_ptr<Connect>> connects_;  ///< the oldest first
  std::size_t asked_ = 0;
  std::size_t accepted_ = 0;
  std::size_t answers_ = 0;
  bool is_looking_up_ = false;
  bool waits_for_name_ = false;
  std::size_t at_least_ = 1;
  MonoTime looked_up_;
  io::Resolver resolver_;
};

}  // namespace echomesh::agent
