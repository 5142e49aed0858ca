/// Processor time of this program, to say what a piece of work costs.
#pragma once

#include <ctime>

namespace echomesh {

class Stopwatch {
 public:
  double seconds() const {
    return static_cast<double>(std::clock() - begin_) / static_cast<double>(CLOCKS_PER_SEC);
  }
  double ns_each(long times) const { return seconds() * 1e9 / static_cast<double>(times); }

 private:
  std::clock_t begin_ = std::clock();
};

}  // namespace echomesh
