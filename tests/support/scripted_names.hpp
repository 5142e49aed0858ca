/// Names that a test makes up: this program's getaddrinfo() answers for them, the C library's for
/// all others. To be compiled into the test program itself, so that libuv finds it.
#pragma once

#include <string>
#include <vector>

namespace echomesh {

class ScriptedNames {
 public:
  ScriptedNames() = default;
  ~ScriptedNames();  ///< forgets them, and lets go of those that hang
  ScriptedNames(const ScriptedNames&) = delete;
  ScriptedNames& operator=(const ScriptedNames&) = delete;

  /// Literal addresses, in the order that they are answered; none: nobody knows the name.
  void set(const std::string& name, std::vector<std::string> addresses);
  /// From now on who asks for it gets no answer, until this object goes.
  void hang(const std::string& name);
};

}  // namespace echomesh
