#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "server/app/app.h"
#include "server/base/error.h"

namespace segmentation::app {
namespace {

// grpc.health.v1.Health/Check with an empty request. The answer is one enum field, number 1;
// SERVING is 1.
bool IsServing(grpc::GenericStub& stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
  grpc::CompletionQueue queue;
  const grpc::ByteBuffer request(nullptr, 0);
  auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  queue.Shutdown();
  if (!status.ok()) return false;
  std::vector<grpc::Slice> slices;
  if (!answer.Dump(&slices).ok()) return false;
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes == std::string("\x08\x01", 2);
}

// "; it is not ready: …" as the server last said; empty if it said nothing or that all is well.
std::string WhatItSays(const std::string& data_dir) {
  std::ifstream file(absl::StrCat(data_dir, "/", kStateFile));
  std::string state;
  if (!std::getline(file, state) || state.empty() || state == "ready") return {};
  return absl::StrCat("; it is ", state);
}

}  // namespace

absl::Status WaitReady(const std::string& data_dir, int pid, int timeout_seconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_seconds);
  std::unique_ptr<grpc::GenericStub> stub;
  for (;;) {
    if (pid != 0 && kill(pid, 0) != 0) {
      return base::MakeError(
          base::Reason::DATABASE_UNAVAILABLE, "",
          absl::StrCat("segmentd (pid ", pid, ") ended before it was ready", WhatItSays(data_dir)));
    }
    if (stub == nullptr) {
      std::ifstream file(absl::StrCat(data_dir, "/segmentd.address"));
      std::string address;
      if (std::getline(file, address) && !address.empty()) {
        stub = std::make_unique<grpc::GenericStub>(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
      }
    }
    if (stub != nullptr && IsServing(*stub)) return absl::OkStatus();
    if (std::chrono::steady_clock::now() >= until) {
      return base::MakeError(base::Reason::DEADLINE_PASSED, "",
                             absl::StrCat("segmentd is not ready after ", timeout_seconds, " s",
                                          WhatItSays(data_dir)));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace segmentation::app
