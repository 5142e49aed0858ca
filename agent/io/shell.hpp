/// Gives the agent's core a world: links, timers and clocks become its events, its actions become
/// publications.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent_core.hpp"
#include "agent/io/surroundings.hpp"
#include "proto/io/credentials.hpp"
#include "proto/io/loop.hpp"
#include "proto/io/mqtt_link.hpp"
#include "proto/io/timer.hpp"
#include "proto/result.hpp"

namespace echomesh::agent {

class Shell {
 public:
  /// Reads passwords and certificates; the error names the file. `loop` must outlive the shell.
  static Result<std::unique_ptr<Shell>> make(io::Loop& loop, const Config& config);
  ~Shell();

  void start();
  /// Says `offline` to every report broker and goodbye to all; then calls `done`.
  void stop(std::function<void()> done);
  /// Reads passwords and certificates again.
  void reload();

 private:
  class EchoLink;
  class ReportLink;

  Shell(io::Loop& loop, const Config& config);
  std::optional<Error> make_links();
  io::LinkSettings echo_settings(const io::LinkSettings& access, RegionIndex region) const;
  io::LinkSettings report_settings(const io::LinkSettings& access, StreamIndex stream) const;

  /// Time has come: all sockets are read, then the core judges.
  void wake();
  void tell(const Event& event);
  void perform(const Action& action);
  void act(const PublishEcho& action);
  void act(const AskAround& action);
  void act(const PublishReport& action);
  void act(const PublishStatus& action);

  io::Loop& loop_;
  Config config_;
  HexId run_;
  AgentCore core_;
  io::Timer wakeup_;
  Surroundings surroundings_;
  std::vector<std::unique_ptr<EchoLink>> echo_links_;          ///< by RegionIndex
  std::vector<std::unique_ptr<ReportLink>> report_links_;      ///< by StreamIndex
  std::vector<std::unique_ptr<io::Credentials>> credentials_;  ///< by RegionIndex
  MonoTime memory_due_;
  bool is_stopping_ = false;
  int links_to_stop_ = 0;
};

}  // namespace echomesh::agent
