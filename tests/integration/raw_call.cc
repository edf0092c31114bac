#include "tests/integration/raw_call.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>

#include "client/src/status_details.h"

namespace segmentation::integration {
namespace {

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  static auto* const kChannels = new std::map<std::string, std::shared_ptr<grpc::Channel>>;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  auto& channel = (*kChannels)[address];
  if (channel == nullptr)
    channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  return channel;
}

// Waits for the one operation under way.
bool Await(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

absl::Status Exchange(const std::string& address, const std::string& path,
                      const std::map<std::string, std::string>& metadata,
                      const std::vector<std::string>& requests, int& answers) {
  grpc::GenericStub stub(ChannelTo(address));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, path, &queue);
  call->StartCall(nullptr);
  if (Await(queue)) {
    for (size_t i = 0; i < requests.size(); ++i) {
      const grpc::Slice slice(requests[i]);
      const grpc::ByteBuffer bytes(&slice, 1);
      if (i + 1 == requests.size()) {
        call->WriteLast(bytes, grpc::WriteOptions(), nullptr);
      } else {
        call->Write(bytes, nullptr);
      }
      if (!Await(queue)) break;
    }
    grpc::ByteBuffer answer;
    for (call->Read(&answer, nullptr); Await(queue); call->Read(&answer, nullptr)) ++answers;
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  Await(queue);
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
  }
  return internal::FromGrpc(status);
}

std::map<std::string, std::string> Bearer(const std::string& token) {
  if (token.empty()) return {};
  return {{"authorization", "Bearer " + token}};
}

}  // namespace

absl::Status RawCall(const std::string& address, const std::string& path,
                     const std::map<std::string, std::string>& metadata,
                     const std::string& request) {
  int answers = 0;
  return Exchange(address, path, metadata, {request}, answers);
}

absl::Status RawCall(const std::string& address, const std::string& path, const std::string& token,
                     const std::string& request) {
  return RawCall(address, path, Bearer(token), request);
}

absl::Status RawStream(const std::string& address, const std::string& path,
                       const std::string& token, const std::vector<std::string>& requests,
                       int& answers) {
  return Exchange(address, path, Bearer(token), requests, answers);
}

}  // namespace segmentation::integration
