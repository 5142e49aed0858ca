#include "proto/io/random.hpp"

#include <sys/random.h>

#include <cassert>

namespace echomesh::io {

HexId random_id() {
  HexId id;
  const auto bytes = getrandom(&id.value, sizeof id.value, 0);
  assert(bytes == sizeof id.value);
  return id;
}

}  // namespace echomesh::io
