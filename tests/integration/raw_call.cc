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

}  // namespace

absl::Status RawCall(const std::string& address, const std::string& path,
                     const std::map<std::string, std::string>& metadata,
                     const std::string& request) {
  grpc::GenericStub stub(ChannelTo(address));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, path, &queue);
  call->StartCall(nullptr);
  if (Await(queue)) {
    const grpc::Slice slice(request);
    const grpc::ByteBuffer bytes(&slice, 1);
    call->WriteLast(bytes, grpc::WriteOptions(), nullptr);
    Await(queue);
    grpc::ByteBuffer answer;
    do {
      call->Read(&answer, nullptr);
    } while (Await(queue));
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

absl::Status RawCall(const std::string& address, const std::string& path, const std::string& token,
                     const std::string& request) {
  std::map<std::string, std::string> metadata;
  if (!token.empty()) metadata["authorization"] = "Bearer " + token;
  return RawCall(address, path, metadata, request);
}

}  // namespace segmentation::integration
