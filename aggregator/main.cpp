// echomesh-aggregator: turns reports into retained status topics.

#include <string>
#include <string_view>
#include <vector>

#include "aggregator/config.hpp"
#include "aggregator/io/shell.hpp"
#include "proto/io/program_main.hpp"

namespace {

struct Aggregator {
  static constexpr std::string_view kName = "echomesh-aggregator";
  static constexpr std::string_view kPurpose =
      "turns the reports on one broker into retained status topics";
  using Shell = echomesh::aggregator::Shell;

  static auto read(std::string_view text, const std::string& file) {
    return echomesh::aggregator::read_config(text, file);
  }
  static std::vector<echomesh::Endpoint> endpoints(const echomesh::aggregator::Config& config) {
    return {config.broker};
  }
  static std::size_t names(const echomesh::aggregator::Config& /*config*/) { return 1; }
  static std::string greeting(const echomesh::aggregator::Config& config) {
    return "serves " + to_string(config.broker.url);
  }
};

}  // namespace

int main(int argc, char** argv) {
  return echomesh::io::program_main<Aggregator>(argc, argv);
}
