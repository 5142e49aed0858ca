/// One bit for each place of a ring, found again 64 at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace echomesh::aggregator {

class SlotMarks {
 public:
  explicit SlotMarks(std::size_t places) : places_(places), words_((places + 63) / 64) {}

  void set(std::size_t place, bool is_marked);
  void clear();

  /// How many places from `place` on, around the ring, the first marked one is; none within `count`
  /// places: `count`. REQUIRES: place < places, count <= places
  std::size_t unmarked_from(std::size_t place, std::size_t count) const;
  /// The same backwards: from `place` down.
  std::size_t unmarked_down_from(std::size_t place, std::size_t count) const;

 private:
  std::optional<std::size_t> first_in(std::size_t from, std::size_t past) const;
  std::optional<std::size_t> last_in(std::size_t from, std::size_t past) const;

  std::size_t places_;
  std::vector<std::uint64_t> words_;
};

}  // namespace echomesh::aggregator
