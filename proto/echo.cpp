#include "proto/echo.hpp"

#include "proto/json_reader.hpp"
#include "proto/json_writer.hpp"

namespace echomesh {

std::string to_json(const Echo& echo) {
  JsonWriter json;
  json.begin_object()
      .text_field("location", echo.location.str())
      .text_field("run", to_string(echo.run))
      .integer_field("n", echo.n)
      .integer_field("ts_ms", unix_ms(echo.sent))
      .end_object();
  return json.take();
}

Result<Echo> parse_echo(std::string_view payload) {
  if (payload.size() > kMaxEchoBytes) {
    return Error{"", "larger than an echo"};
  }
  const auto document = JsonDocument::parse(payload);
  if (!document) {
    return document.error();
  }
  const auto root = document->root();
  const auto location = root.find("location");
  const auto run = root.find("run");
  const auto n = root.find("n");
  const auto sent = root.find("ts_ms");
  if (!location || !location->text() || !run || !run->text() || !n || !n->integer() || !sent ||
      !sent->unix_time()) {
    return Error{"", "not an echo: needs location, run, n and ts_ms"};
  }
  auto id = LocationId::parse(*location->text());
  const auto run_id = HexId::parse(*run->text());
  if (!id || !run_id) {
    return Error{"", "not an echo: location or run is malformed"};
  }
  return Echo{std::move(id).value(), *run_id, *n->integer(), *sent->unix_time()};
}

}  // namespace echomesh
