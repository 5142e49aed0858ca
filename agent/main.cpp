// echomesh-agent: measures from one location and reports.

#include <string>
#include <string_view>
#include <vector>

#include "agent/config.hpp"
#include "agent/io/shell.hpp"
#include "proto/io/program_main.hpp"

namespace {

struct Agent {
  static constexpr std::string_view kName = "echomesh-agent";
  static constexpr std::string_view kPurpose = "measures MQTT latency from one location";
  using Shell = echomesh::agent::Shell;

  static auto read(std::string_view text, const std::string& file) {
    return echomesh::agent::read_config(text, file);
  }
  static std::vector<echomesh::Endpoint> endpoints(const echomesh::agent::Config& config) {
    std::vector<echomesh::Endpoint> endpoints;
    for (const auto& region : config.regions) {
      endpoints.push_back(region.endpoint);
    }
    return endpoints;
  }
  static std::size_t names(const echomesh::agent::Config& config) {
    return config.regions.size() + config.witnesses.size();
  }
  static std::string greeting(const echomesh::agent::Config& config) {
    return "at " + config.location.str() + " watches " + std::to_string(config.regions.size()) +
           " regions";
  }
};

}  // namespace

int main(int argc, char** argv) {
  return echomesh::io::program_main<Agent>(argc, argv);
}
