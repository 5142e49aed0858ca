/// Random ids from the kernel's generator.
#pragma once

#include "proto/names.hpp"

namespace echomesh::io {

HexId random_id();

}  // namespace echomesh::io
