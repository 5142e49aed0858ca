/// Gives the aggregator's core a world: its link, timer and clock become events, its actions
/// become publications.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "aggregator/aggregator_core.hpp"
#include "proto/io/credentials.hpp"
#include "proto/io/loop.hpp"
#include "proto/io/mqtt_link.hpp"
#include "proto/io/timer.hpp"
#include "proto/result.hpp"

namespace echomesh::aggregator {

class Shell : public io::LinkListener {
 public:
  /// Reads the password and certificates; the error names the file. `loop` must outlive the shell.
  static Result<std::unique_ptr<Shell>> make(io::Loop& loop, const Config& config);

  void start();
  /// Says `offline` and goodbye; then calls `done`.
  void stop(std::function<void()> done);
  /// Reads the password and certificates again.
  void reload() { credentials_.reload(); }

  void on_link_up(io::MqttVersion version, bool subscription_denied) override;
  void on_link_lost(const io::LinkFailure& failure) override;
  void on_attempt_failed(const io::LinkFailure& failure) override;
  void on_delivery(const io::Delivery& delivery) override;
  void on_acknowledged(int token, int reason) override;

 private:
  Shell(io::Loop& loop, const Config& config, HexId instance, const io::LinkSettings& access);
  io::LinkSettings link_settings(io::LinkSettings access) const;

  void wake();
  void tell(const Event& event);
  void act(const Publish& action);
  void act(const Reconnect& action);
  void act(const Warn& action);

  HexId instance_;
  AggregatorCore core_;
  io::Timer wakeup_;
  io::MqttLink link_;
  io::Credentials credentials_;
  std::set<MissCause> told_;  ///< causes that the log knows
  MonoTime memory_due_;
  bool is_stopping_ = false;
};

}  // namespace echomesh::aggregator
