// A change of one shop as the group-commit writer runs it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/domain/ids.h"
#include "server/domain/member.h"
#include "server/domain/order.h"
#include "server/domain/shop.h"
#include "server/storage/rows.h"
#include "server/usecase/call_context.h"

namespace segmentation::usecase {

class WorkingSet;

// The rows a command may look at or change. Repeats are welcome: the batch reads each row once. The
// definitions of the shop are always there.
struct WriteKeys {
  // An id that a member would get if none of the identities has an owner. Looked up only then.
  struct FreshMember {
    std::vector<domain::IdentityKey> identities;
    std::string member_id;
  };

  std::vector<std::string> member_ids;
  std::vector<FreshMember> fresh_members;
  std::vector<domain::MemberNo> member_nos;
  std::vector<domain::IdentityKey> identities;  // normalized; their owners are loaded too
  std::vector<domain::OrderKey> orders;         // the members they belong to are loaded too
  std::vector<std::string> product_ids;
  std::vector<std::string> notes_of_member_ids;  // all notes of these members
  std::vector<std::string> import_ids;
  std::vector<std::string> operation_ids;
  // What is read of members beside their row: the union over the batch, for all its members.
  storage::MemberParts parts = storage::MemberParts::kRow;

  void Add(const WriteKeys& other) {
    const auto append = [](const auto& from, auto& to) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(other.member_ids, member_ids);
    append(other.fresh_members, fresh_members);
    append(other.member_nos, member_nos);
    append(other.identities, identities);
    append(other.orders, orders);
    append(other.product_ids, product_ids);
    append(other.notes_of_member_ids, notes_of_member_ids);
    append(other.import_ids, import_ids);
    append(other.operation_ids, operation_ids);
    parts = parts | other.parts;
  }
};

// What an answer says about the write it belongs to, and what it needs to be put in words. Valid
// while the encoder runs.
struct AnswerContext {
  domain::Revision revision = 0;  // the state of the shop that includes the write
  std::string revision_token;     // the same, opaque (RevisionTokenCodec)
  base::InstantMs now_ms = 0;     // as-of of what the answer computes
  const domain::ShopDefinitions* definitions = nullptr;  // names behind the numbers
};

// Turns the result of a command into the serialised response that is stored with the request id and
// sent to the caller. Made by rpc; pure, it may be called more than once.
template <typename Result>
using AnswerEncoder = std::function<std::string(const Result&, const AnswerContext&)>;

struct WriteResult {
  domain::Revision revision = 0;  // when replayed: the revision of the first answer
  bool replayed = false;          // the answer was given before, nothing was done now
  std::string answer;             // what the encoder made
};

// Called exactly once, on a writer thread or before the submitting call returns. Must not block.
using WriteCallback = std::function<void(absl::StatusOr<WriteResult>)>;

enum class WritePriority : uint8_t { kInteractive, kBulk };

class WriteCommand {
 public:
  explicit WriteCommand(CallContext context) : context_(std::move(context)) {}
  virtual ~WriteCommand() = default;
  WriteCommand(const WriteCommand&) = delete;
  WriteCommand& operator=(const WriteCommand&) = delete;

  const CallContext& context() const { return context_; }

  // Adds the rows that Apply asks the working set for.
  virtual void CollectKeys(WriteKeys& keys) const = 0;

  // Decides the command against the rows as changed by the commands before it in the batch, changes
  // them, and returns the encoded answer (ws.answer_context() goes to the encoder). On an error the
  // writer takes back every change made through `ws`; the error answers this command alone. May run
  // more than once, each time on a fresh state: it keeps nothing between runs and does nothing but
  // change `ws`.
  virtual absl::StatusOr<std::string> Apply(WorkingSet& ws) = 0;

  virtual WritePriority priority() const { return WritePriority::kInteractive; }

  // About what the change adds to the transaction, in bytes; bounds the batch and the queue.
  virtual size_t EstimatedBytes() const { return 512; }

  // Commands of different causes never share a revision.
  virtual storage::ChangeCause cause() const { return storage::ChangeCause::kFact; }

 private:
  CallContext context_;
};

}  // namespace segmentation::usecase
