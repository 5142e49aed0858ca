#include "tests/support/delay_pipe.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace echomesh {

void DelayPipe::hold(std::string bytes, MonoTime due) {
  assert(!has_end_);
  held_bytes_ += bytes.size();
  pieces_.push_back({not_before_last(due), std::move(bytes), std::nullopt});
}

void DelayPipe::hold(End end, MonoTime due) {
  assert(!has_end_);
  has_end_ = true;
  pieces_.push_back({not_before_last(due), {}, end});
}

std::optional<DelayPipe::Piece> DelayPipe::take(MonoTime now) {
  const auto due = next_due();
  if (!due || *due > now) {
    return std::nullopt;
  }
  Piece piece = std::move(pieces_.front());
  pieces_.pop_front();
  held_bytes_ -= piece.bytes.size();
  return piece;
}

std::optional<MonoTime> DelayPipe::next_due() const {
  if (is_frozen_ || pieces_.empty()) {
    return std::nullopt;
  }
  return pieces_.front().due;
}

MonoTime DelayPipe::not_before_last(MonoTime due) const {
  return pieces_.empty() ? due : std::max(due, pieces_.back().due);
}

}  // namespace echomesh
