#include "proto/stamp.hpp"

#include <doctest/doctest.h>

#include <string>

#include "proto/json_writer.hpp"

namespace echomesh {
namespace {

using std::chrono::seconds;

std::string written(const Stamp& stamp) {
  JsonWriter json;
  json.begin_object();
  write_stamp(json, stamp);
  return json.end_object().take();
}

}  // namespace

TEST_SUITE("stamp") {
  TEST_CASE("a document is valid for three periods, and at least 90 s") {
    CHECK(validity_for(seconds{0}) == seconds{90});
    CHECK(validity_for(seconds{5}) == seconds{90});
    CHECK(validity_for(seconds{30}) == seconds{90});
    CHECK(validity_for(seconds{31}) == seconds{93});
    CHECK(validity_for(seconds{300}) == seconds{900});
  }

  TEST_CASE("a stamp is ts, ts_ms and valid_until_ms") {
    const UtcTime at = utc_from_unix_ms(1'795'255'400'123);
    CHECK(written({at, at + seconds{90}}) ==
          R"({"ts":"2026-11-21T10:03:20.123Z","ts_ms":1795255400123,)"
          R"("valid_until_ms":1795255490123})");
  }

  TEST_CASE("what is final is valid for ever: null") {
    CHECK(written({utc_from_unix_ms(0), std::nullopt}) ==
          R"({"ts":"1970-01-01T00:00:00.000Z","ts_ms":0,"valid_until_ms":null})");
  }
}

}  // namespace echomesh
