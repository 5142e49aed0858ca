#include "tests/world/sim_network.hpp"

#include <algorithm>

namespace echomesh::world {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kMinRetransmit{200};
constexpr seconds kMaxRetransmit{120};
/// No segment is under way for longer than this, unless the weather is bad.
constexpr seconds kCalm{1};
constexpr seconds kSynWaits[] = {seconds{0}, seconds{1}, seconds{3}, seconds{7}};

}  // namespace

void SimLine::add(Spell spell) {
  spells_.push_back(spell);
}

bool SimLine::is_calm(At from) const {
  return std::none_of(spells_.begin(), spells_.end(), [from](const Spell& spell) {
    return spell.from <= from + kCalm && spell.to >= from;
  });
}

std::optional<At> SimLine::cross(At sent, Direction direction) {
  const At arrived =
      sent + delay_ + (jitter_.count() > 0 ? chance_.between(nanoseconds{0}, jitter_) : jitter_);
  if (spells_.empty() || is_calm(sent)) {
    return arrived;
  }
  nanoseconds extra{0};
  for (const auto& spell : spells_) {
    const bool is_on = spell.from <= sent && sent < spell.to;
    if (spell.kind == Spell::Kind::slow && is_on) {
      extra += spell.extra;
    } else if (spell.kind == Spell::Kind::lossy && is_on && chance_.is_lucky(spell.percent)) {
      return std::nullopt;
    }
  }
  At late = arrived + extra;
  for (const auto& spell : spells_) {  // in flight when the line froze: held, too
    if (spell.kind == Spell::Kind::freeze && spell.from <= late && sent < spell.to) {
      late = std::max(late, spell.to);
    }
  }
  const auto hole = direction == Direction::up ? Spell::Kind::hole_up : Spell::Kind::hole_down;
  for (const auto& spell : spells_) {  // in flight when the hole opened: lost
    if (spell.kind == hole && spell.from <= late && sent < spell.to) {
      return std::nullopt;
    }
  }
  return late;
}

Crossing SimLine::carry(At sent, Direction direction, nanoseconds patience) {
  if (spells_.empty() || is_calm(sent)) {
    const auto arrived = cross(sent, direction);
    return {arrived, *arrived + delay_};
  }
  const Direction back = direction == Direction::up ? Direction::down : Direction::up;
  Crossing crossing;
  nanoseconds wait = kMinRetransmit + 2 * delay_;
  for (At turn = sent; turn <= sent + patience && !crossing.acknowledged;) {
    if (const auto arrived = cross(turn, direction)) {
      crossing.arrived = std::min(crossing.arrived.value_or(*arrived), *arrived);
      crossing.acknowledged = cross(*arrived, back);
    }
    turn += wait;
    wait = std::min<nanoseconds>(2 * wait, kMaxRetransmit);
  }
  return crossing;
}

std::optional<SimLine::Greeting> SimLine::greet(At sent) {
  for (const auto wait : kSynWaits) {
    if (const auto reached = cross(sent + wait, Direction::up)) {
      if (const auto answered = cross(*reached, Direction::down)) {
        return Greeting{*reached, *answered};
      }
    }
  }
  return std::nullopt;
}

}  // namespace echomesh::world
