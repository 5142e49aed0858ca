#include "aggregator/slot_marks.hpp"

#include <algorithm>
#include <bit>

namespace echomesh::aggregator {
namespace {

constexpr std::size_t kBits = 64;

}  // namespace

void SlotMarks::set(std::size_t place, bool is_marked) {
  auto& word = words_[place / kBits];
  const auto bit = std::uint64_t{1} << (place % kBits);
  word = is_marked ? word | bit : word & ~bit;
}

void SlotMarks::clear() {
  std::fill(words_.begin(), words_.end(), 0U);
}

std::optional<std::size_t> SlotMarks::first_in(std::size_t from, std::size_t past) const {
  if (from >= past) {
    return std::nullopt;
  }
  const std::size_t last_word = (past - 1) / kBits;
  std::uint64_t word = words_[from / kBits] & (~std::uint64_t{0} << (from % kBits));
  for (std::size_t i = from / kBits;; word = words_[i]) {
    if (word != 0) {
      const auto found = i * kBits + static_cast<std::size_t>(std::countr_zero(word));
      return found < past ? std::optional(found) : std::nullopt;
    }
    if (i++ == last_word) {
      return std::nullopt;
    }
  }
}

std::optional<std::size_t> SlotMarks::last_in(std::size_t from, std::size_t past) const {
  if (from >= past) {
    return std::nullopt;
  }
  const std::size_t first_word = from / kBits;
  const std::size_t last = past - 1;
  std::uint64_t word = words_[last / kBits] & (~std::uint64_t{0} >> (kBits - 1 - last % kBits));
  for (std::size_t i = last / kBits;; word = words_[i]) {
    if (word != 0) {
      const auto found = i * kBits + kBits - 1 - static_cast<std::size_t>(std::countl_zero(word));
      return found >= from ? std::optional(found) : std::nullopt;
    }
    if (i-- == first_word) {
      return std::nullopt;
    }
  }
}

std::size_t SlotMarks::unmarked_from(std::size_t place, std::size_t count) const {
  const std::size_t before_end = std::min(count, places_ - place);
  if (const auto found = first_in(place, place + before_end)) {
    return *found - place;
  }
  const auto found = first_in(0, count - before_end);
  return found ? before_end + *found : count;
}

std::size_t SlotMarks::unmarked_down_from(std::size_t place, std::size_t count) const {
  const std::size_t before_begin = std::min(count, place + 1);
  if (const auto found = last_in(place + 1 - before_begin, place + 1)) {
    return place - *found;
  }
  const auto found = last_in(places_ - (count - before_begin), places_);
  return found ? before_begin + (places_ - 1 - *found) : count;
}

}  // namespace echomesh::aggregator
