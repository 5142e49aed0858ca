/// The version of MQTT that a connection speaks.
#pragma once

namespace echomesh {

enum class MqttVersion { v5, v311 };

}  // namespace echomesh
