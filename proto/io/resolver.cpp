#include "proto/io/resolver.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <uv.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "proto/io/clock.hpp"
#include "proto/io/loop.hpp"

namespace echomesh::io {
namespace {

constexpr std::chrono::seconds kPatience{5};
/// A name with more addresses than this is tried by the first ones.
constexpr std::size_t kMaxAddresses = 16;

bool is_literal(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

std::vector<std::string> literals(const addrinfo* found) {
  std::vector<std::string> addresses;
  for (const auto* entry = found; entry != nullptr && addresses.size() < kMaxAddresses;
       entry = entry->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) == 0 &&
        std::find(addresses.begin(), addresses.end(), text) == addresses.end()) {
      addresses.emplace_back(text);
    }
  }
  return addresses;
}

}  // namespace

struct Resolver::Request {
  uv_getaddrinfo_t handle{};
  Loop* loop;
  Resolver* resolver;  ///< null once it is gone
};

Resolver::Resolver(Loop& loop, std::string host, Answer answer)
    : loop_(loop),
      deferrals_(loop),
      host_(std::move(host)),
      answer_(std::move(answer)),
      deadline_(loop, [this] {
        if (is_waiting_) {
          finish({}, "no answer from the resolver in 5 s");
        }
      }) {}

Resolver::~Resolver() {
  if (request_ != nullptr) {
    request_->resolver = nullptr;
  }
}

void Resolver::resolve() {
  assert(!is_waiting_);
  if (is_literal(host_)) {
    deferrals_.add([this] { answer_({host_}, ""); });
    return;
  }
  is_waiting_ = true;
  deadline_.arm(mono_now() + kPatience);
  if (request_ != nullptr) {
    return;
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  request_ = new Request{{}, &loop_, this};
  request_->handle.data = request_;
  loop_.resolving(1);
  const int status = uv_getaddrinfo(
      loop_.raw(), &request_->handle,
      [](uv_getaddrinfo_t* handle, int failure, addrinfo* found) {
        const std::unique_ptr<Request> request(static_cast<Request*>(handle->data));
        request->loop->resolving(-1);
        if (auto* resolver = request->resolver) {
          resolver->request_ = nullptr;
          if (resolver->is_waiting_) {
            resolver->finish(literals(found),
                             failure == 0 ? "no usable address" : uv_strerror(failure));
          }
        }
        uv_freeaddrinfo(found);
      },
      host_.c_str(), nullptr, &hints);
  if (status < 0) {
    loop_.resolving(-1);
    delete std::exchange(request_, nullptr);
    is_waiting_ = false;
    deadline_.disarm();
    deferrals_.add([this, status] { answer_({}, uv_strerror(status)); });
  }
}

void Resolver::finish(std::vector<std::string> addresses, std::string failure) {
  is_waiting_ = false;
  deadline_.disarm();
  answer_(std::move(addresses), std::move(failure));
}

}  // namespace echomesh::io
