#include "proto/version_choice.hpp"

#include <doctest/doctest.h>

namespace echomesh {

TEST_SUITE_BEGIN("version_choice");

TEST_CASE("MQTT 5 comes first, and 3.1.1 where the broker says that it knows no 5; and back") {
  VersionChoice choice;
  CHECK(choice.current() == MqttVersion::v5);
  choice.unsupported();
  CHECK(choice.current() == MqttVersion::v311);
  choice.came_up();
  choice.lost();
  CHECK(choice.current() == MqttVersion::v311);  // what worked is remembered
  choice.unsupported();
  CHECK(choice.current() == MqttVersion::v5);
}

TEST_CASE("a peer that closes without an answer is suspected at the second time") {
  VersionChoice choice;
  choice.closed_unanswered();
  CHECK(choice.current() == MqttVersion::v5);
  choice.closed_unanswered();
  CHECK(choice.current() == MqttVersion::v311);
  choice.closed_unanswered();
  CHECK(choice.current() == MqttVersion::v311);
  choice.closed_unanswered();
  CHECK(choice.current() == MqttVersion::v5);
}

TEST_CASE("a link on which MQTT 5 has worked is not talked out of it by closing") {
  VersionChoice choice;
  choice.came_up();
  choice.lost();
  for (int i = 0; i < 10; ++i) {
    choice.closed_unanswered();
    CHECK(choice.current() == MqttVersion::v5);
  }
  choice.unsupported();
  CHECK(choice.current() == MqttVersion::v311);
}

TEST_CASE("a link that closing led to 3.1.1 tries 5 once more, and then believes it") {
  VersionChoice choice;
  choice.closed_unanswered();
  choice.closed_unanswered();
  choice.came_up();
  choice.lost();
  REQUIRE(choice.current() == MqttVersion::v5);
  choice.closed_unanswered();
  REQUIRE(choice.current() == MqttVersion::v311);
  choice.came_up();
  choice.lost();
  CHECK(choice.current() == MqttVersion::v311);
}

TEST_SUITE_END();

}  // namespace echomesh
