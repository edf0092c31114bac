// Streams of messages as a Connection hands them out: one attempt, nothing verified, nothing
// resumed.
#pragma once

#include "absl/status/status.h"

namespace segmentation {

// Messages from the server. One reader at a time; Cancel may be called from any thread.
template <typename Response>
class ReadStream {
 public:
  virtual ~ReadStream() = default;
  // Waits for the next message. False = there is none any more: ask Finish.
  virtual bool Read(Response* response) = 0;
  // How the stream ended. Call once, after Read returned false.
  virtual absl::Status Finish() = 0;
  // Makes Read return false soon.
  virtual void Cancel() = 0;
};

// Messages both ways. One writer and one reader at a time, which may be different threads.
template <typename Request, typename Response>
class BidiStream : public ReadStream<Response> {
 public:
  // False = the stream is broken: Read what is left, then Finish.
  virtual bool Write(const Request& request) = 0;
  // Nothing more will be written.
  virtual bool WritesDone() = 0;
};

}  // namespace segmentation
