// For tests of programs that use the SDK; needs GoogleMock. See
// tests/unit/client/mock_sample_test.cc.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <utility>
#include <vector>

#include "segmentation/connection.h"

namespace segmentation {

class MockConnection : public Connection {
 public:
  MockConnection();
  ~MockConnection() override;

#define SEGMENTATION_RPC(service, method, repeatability)    \
  MOCK_METHOD(absl::StatusOr<v1::method##Response>, method, \
              (const v1::method##Request&, const CallOptions&), (override));
#include "segmentation/rpcs.inc"

  MOCK_METHOD(std::unique_ptr<MemberChunkStream>, StreamGroupMembers,
              (const v1::StreamGroupMembersRequest&, const CallOptions&), (override));
  MOCK_METHOD(std::unique_ptr<OrderImportStream>, ImportOrders, (const CallOptions&), (override));
  MOCK_METHOD(std::unique_ptr<MemberImportStream>, ImportMembers, (const CallOptions&), (override));
  MOCK_METHOD(std::unique_ptr<ProductImportStream>, ImportProducts, (const CallOptions&),
              (override));
};

}  // namespace segmentation

// The mocked methods are compiled once, in segmentation::client_mock, not in every test file.
extern template class ::testing::NiceMock<segmentation::MockConnection>;
extern template class ::testing::StrictMock<segmentation::MockConnection>;

namespace segmentation {

// A stream that gives listed messages, then ends with a status.
template <typename Response>
class ListedStream : public ReadStream<Response> {
 public:
  ListedStream(std::vector<Response> responses, absl::Status end)
      : responses_(std::move(responses)), end_(std::move(end)) {}

  bool Read(Response* response) override {
    if (position_ == responses_.size()) return false;
    *response = responses_[position_++];
    return true;
  }
  absl::Status Finish() override { return end_; }
  void Cancel() override {}

 private:
  std::vector<Response> responses_;
  size_t position_ = 0;
  absl::Status end_;
};

}  // namespace segmentation
