/// Chooses the version of MQTT for a link's next attempt: 5 first, 3.1.1 where the broker knows
/// no 5.
///
///   v5 --unsupported, or closed twice without an answer--> v311 --likewise--> v5
///
/// A broker that only closes is suspected, not convicted: a proxy with nothing behind it closes
/// just so. A link on which v5 has worked is not talked out of it by that, and one that came to
/// v311 that way tries v5 once more at its next loss.
#pragma once

#include "proto/mqtt_version.hpp"

namespace echomesh {

class VersionChoice {
 public:
  MqttVersion current() const { return version_; }

  void came_up() {
    closed_in_a_row_ = 0;
    if (version_ == MqttVersion::v5) {
      has_v5_worked_ = true;
      return;
    }
    // The second time that v5 was closed on and v311 was not, it is the broker.
    is_v311_certain_ = is_v311_certain_ || has_v311_worked_;
    has_v311_worked_ = true;
  }

  void lost() {
    closed_in_a_row_ = 0;
    if (version_ == MqttVersion::v311 && !is_v311_certain_) {
      version_ = MqttVersion::v5;
    }
  }

  /// The broker said so.
  void unsupported() {
    is_v311_certain_ = version_ == MqttVersion::v5;
    change();
  }

  /// The peer closed after CONNECT, without a CONNACK.
  void closed_unanswered() {
    ++closed_in_a_row_;
    const bool is_v5 = version_ == MqttVersion::v5;
    if (is_v5 && has_v5_worked_) {
      return;
    }
    const int patience = is_v5 && has_v311_worked_ ? 1 : kClosesThatTell;
    if (closed_in_a_row_ >= patience) {
      change();
    }
  }

 private:
  /// Once may be anything.
  static constexpr int kClosesThatTell = 2;

  void change() {
    version_ = version_ == MqttVersion::v5 ? MqttVersion::v311 : MqttVersion::v5;
    closed_in_a_row_ = 0;
  }

  MqttVersion version_ = MqttVersion::v5;
  bool has_v5_worked_ = false;
  bool has_v311_worked_ = false;
  bool is_v311_certain_ = false;
  int closed_in_a_row_ = 0;
};

}  // namespace echomesh
