#include "tests/support/cutting_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace segmentation::testing_support {
namespace {

// A text statement: length 7, sequence 0, COM_QUERY.
const std::string kCommitPacket(
    "\x07\x00\x00\x00\x03"
    "COMMIT",
    11);

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return address;
}

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

// What is there now; empty when the other end is gone.
std::string Receive(int socket) {
  std::string data(64 * 1024, '\0');
  const ssize_t size = recv(socket, data.data(), data.size(), 0);
  data.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return data;
}

bool SendAll(int socket, const std::string& data) {
  size_t sent = 0;
  while (sent < data.size()) {
    const ssize_t size = send(socket, data.data() + sent, data.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return false;
    sent += static_cast<size_t>(size);
  }
  return true;
}

}  // namespace

CuttingProxy::CuttingProxy(std::string server_socket)
    : server_socket_(std::move(server_socket)), socket_path_(folder_.path() + "/proxy.sock") {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(socket_path_);
  if (listener_ < 0 ||
      bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener_, 64) != 0) {
    Die("cutting proxy");
  }
  acceptor_ = std::thread([this] { Listen(); });
}

CuttingProxy::~CuttingProxy() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  CutAll();
  for (std::thread& session : sessions_) session.join();
  close(listener_);
}

void CuttingProxy::CutAll() {
  std::lock_guard lock(mutex_);
  for (const int socket : open_) shutdown(socket, SHUT_RDWR);
}

void CuttingProxy::Listen() {
  for (;;) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) {
      if (stopping_) return;
      continue;
    }
    std::lock_guard lock(mutex_);
    open_.insert(client);
    sessions_.emplace_back([this, client] { Serve(client); });
  }
}

void CuttingProxy::Serve(int client) {
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(server_socket_);
  bool open = server >= 0 &&
              connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  while (open) {
    pollfd ends[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (poll(ends, 2, -1) < 0) break;
    if (ends[0].revents != 0) {
      const std::string request = Receive(client);
      open = !request.empty() && Forward(server, request);
    }
    if (open && ends[1].revents != 0) {
      const std::string answer = Receive(server);
      open = !answer.empty() && SendAll(client, answer);
    }
  }
  std::lock_guard lock(mutex_);
  open_.erase(client);
  close(client);
  if (server >= 0) close(server);
}

bool CuttingProxy::Forward(int server, const std::string& request) {
  if (request != kCommitPacket) return SendAll(server, request);
  const Cut cut = cut_.exchange(Cut::kNever);
  if (cut == Cut::kNever) return SendAll(server, request);
  ++cut_count_;
  if (cut == Cut::kAfterCommit && SendAll(server, request)) Receive(server);
  return false;
}

}  // namespace segmentation::testing_support
