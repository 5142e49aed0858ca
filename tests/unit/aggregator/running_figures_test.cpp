// What is kept while slots change is what a reading of every slot gives, whatever happens to the
// history: late reports, gaps, repetition, jumps of the clock, windows that stand, move and return.

#include <cstdint>
#include <vector>

#include "aggregator/path_history.hpp"
#include "aggregator/rtt_buckets.hpp"
#include "tests/unit/aggregator/entries.hpp"
#include "tests/unit/aggregator/naive_figures.hpp"

namespace echomesh::aggregator {
namespace {

constexpr milliseconds kSlow{1000};
constexpr std::int64_t kBehind = 3;

/// A path's life, and what is asked of it on the way.
class Life {
 public:
  Life(std::uint64_t seed, SlotWidth width)
      : dice_(seed),
        history_(width),
        bucket_slots_(std::chrono::seconds{300} / width.value),
        buckets_(bucket_slots_, 288),
        now_{359'049'240 * 5 / width.value.count()} {}

  void live_on() {
    switch (dice_.below(8)) {
      case 0:
        replay();
        break;
      case 1:
        jump();
        break;
      default:
        for (auto slots = dice_.below(120); slots > 0; --slots) {
          live_slot();
        }
    }
  }

  void check() {
    auto end = history_.window_end(now_, kBehind + 1);
    if (dice_.is_lucky(20)) {
      end = end - dice_.below(400);
    }
    CAPTURE(now_.number);
    CAPTURE(end.number);
    CHECK(history_.statistics(end) == naive::statistics_of(history_, end));
    CHECK(all_same_stretches(end));
    const auto shown = history_.now(now_, kBehind);
    if (shown.latest) {
      CHECK(history_.since(now_, kBehind) == naive::since_known(history_, *shown.latest, kBehind));
    }
    if (dice_.is_lucky(10)) {
      const Slot from{(now_.number / bucket_slots_ - 288) * bucket_slots_};
      const auto expected = naive::rtt_buckets(history_, from, bucket_slots_, 288);
      const auto found = buckets_.read(history_, from);
      CHECK(found.p50 == expected.p50);
      CHECK(found.p95 == expected.p95);
    }
  }

 private:
  /// What timelines are drawn from: stretches in which every slot looks like the first.
  bool all_same_stretches(Slot end) const {
    for (Slot first = end - (history_.window_slots() - 1); first <= end;) {
      const Slot next = history_.same_until(first, end + 1);
      for (Slot slot = first; slot < next; slot = slot + 1) {
        if (!history_.at(slot).looks_like(history_.at(first))) {
          return false;
        }
      }
      first = next;
    }
    return true;
  }
  void tell(Slot slot, const EchoEntry& entry) {
    if (history_.join(slot, entry, kSlow)) {
      buckets_.forget(slot);
    }
  }
  EchoEntry any() {
    return dice_.is_lucky(80) ? ok(microseconds{20'000 + dice_.below(5'000)}, dice_.is_lucky(3))
                              : dice_.any_entry();
  }
  void live_slot() {
    now_ = now_ + 1;
    history_.advance(now_);
    if (!dice_.is_lucky(5)) {
      tell(now_ + (dice_.is_lucky(5) ? dice_.below(kFutureSlots + 1) : 0), any());
    }
    if (dice_.is_lucky(5)) {
      tell(now_ - dice_.below(2'000), any());
    }
  }
  void replay() {
    const auto from = dice_.below(2 * history_.window_slots());
    for (auto slots = std::min(from, dice_.below(900)); slots > 0; --slots) {
      tell(now_ - (from - slots), any());
    }
  }
  void jump() {
    const auto far = dice_.is_lucky(30) ? 2 * history_.window_slots() : 900;
    const auto by = dice_.below(far) - (dice_.is_lucky(20) ? far / 2 : 0);
    now_ = now_ + by;
    if (dice_.is_lucky(80)) {
      history_.advance(now_);
    }
  }

  Dice dice_;
  PathHistory history_;
  std::int64_t bucket_slots_;
  RttBucketReader buckets_;
  Slot now_;
};

TEST_SUITE("running figures") {
  TEST_CASE("they are what a reading of every slot gives") {
    const auto first = seed_of_run();
    for (auto seed = first; seed < first + 12; ++seed) {
      CAPTURE(seed);
      Life life(seed, SlotWidth{seconds{seed % 3 == 0 ? 60 : seed % 3 == 1 ? 5 : 15}});
      for (int step = 0; step < 120; ++step) {
        CAPTURE(step);
        life.live_on();
        life.check();
      }
    }
  }
}

}  // namespace
}  // namespace echomesh::aggregator
