#include "server/usecase/write_batch.h"

#include <algorithm>
#include <map>
#include <random>
#include <string_view>
#include <utility>

#include "server/audience/shop_indexes.h"
#include "server/base/error.h"
#include "server/base/planted_fault.h"
#include "server/domain/limits.h"
#include "server/usecase/fact_errors.h"
#include "server/usecase/working_set.h"

namespace segmentation::usecase {
namespace {

using base::MakeError;
using base::Reason;

bool HasReason(const absl::Status& status, Reason reason) {
  const auto info = base::GetErrorInfo(status);
  return info && info->reason == reason;
}

using GivenAnswers = std::map<std::string, GivenAnswer, std::less<>>;

absl::Status KeyReused(std::string_view request_id) {
  return MakeError(Reason::IDEMPOTENCY_KEY_REUSED, "request_id",
                   "was used by another request of this shop; want a fresh id for a new request",
                   {{"request_id", std::string(request_id)}});
}

// What is kept for replay. The answer of a batch may be as long as the batch, else a full batch of
// good items would fail for its answer; without a request id nothing is kept.
size_t MaxAnswerBytes(const WriteCommand& command) {
  if (command.context().request_id.empty()) return SIZE_MAX;
  return command.priority() == WritePriority::kBulk ? domain::kMaxBatchBytes
                                                    : domain::kMaxAnswerBytes;
}

// Decides one command against the rows as they are; a failed one leaves no change.
absl::StatusOr<WriteResult> DecideOne(WriteCommand& command, WorkingSet& ws) {
  const WorkingSet::Savepoint savepoint = ws.Save();
  ws.BeginCommand();
  absl::StatusOr<std::string> answer = command.Apply(ws);
  const size_t limit = MaxAnswerBytes(command);
  if (answer.ok() && answer->size() > limit) {
    answer =
        MakeError(Reason::RESULT_TOO_LARGE, "",
                  "the answer is too large to be kept; send fewer items in one call",
                  {{"bytes", std::to_string(answer->size())}, {"limit", std::to_string(limit)}});
  }
  if (!answer.ok()) {
    ws.RollbackTo(savepoint);
    return answer.status();
  }
  return WriteResult{ws.answer_context().revision, ws.replayed(), *std::move(answer)};
}

// Decides the commands in order. New answers under request ids are added to `requests`. A deleted
// shop answers repeats of what it did, and nothing else.
std::vector<absl::StatusOr<WriteResult>> DecideAll(std::span<PendingWrite> commands,
                                                   GivenAnswers given, WorkingSet& ws,
                                                   std::vector<storage::RequestRow>& requests) {
  std::vector<absl::StatusOr<WriteResult>> outcomes;
  outcomes.reserve(commands.size());
  for (PendingWrite& write : commands) {
    const CallContext& context = write.command->context();
    if (const auto earlier = given.find(context.request_id); earlier != given.end()) {
      if (earlier->second.request_hash == context.request_hash) {
        outcomes.push_back(earlier->second.result);
      } else {
        outcomes.push_back(KeyReused(context.request_id));
      }
      continue;
    }
    if (ws.definitions().shop.deleted) {
      // The look-up of the shop was older, or a command before this one deleted it.
      outcomes.push_back(ShopNotFound());
      continue;
    }
    outcomes.push_back(DecideOne(*write.command, ws));
    if (context.request_id.empty() || !outcomes.back().ok()) continue;
    const WriteResult& result = *outcomes.back();
    requests.push_back(
        {context.request_id, context.request_hash, result.revision, ws.now_ms(), result.answer});
    given.emplace(context.request_id,
                  GivenAnswer{context.request_hash, {result.revision, true, result.answer}});
  }
  return outcomes;
}

absl::Time LatestDeadline(std::span<PendingWrite> commands) {
  absl::Time latest = absl::InfinitePast();
  for (const PendingWrite& write : commands) {
    latest = std::max(latest, write.command->context().deadline);
  }
  return latest;
}

absl::StatusOr<std::shared_ptr<const DefinitionIndex>> DefinitionsOf(
    storage::Reader& reader, std::shared_ptr<const DefinitionIndex> known) {
  const domain::Revision revision = reader.head().definition_revision;
  if (known != nullptr && known->definitions()->definition_revision == revision) return known;
  auto read = reader.ReadDefinitions();
  if (!read.ok()) return read.status();
  return std::make_shared<const DefinitionIndex>(*std::move(read));
}

}  // namespace

BatchRunner::BatchRunner(storage::Store& store, const base::Clock& clock,
                         const RevisionTokenCodec& tokens, const ShopWriterOptions& options,
                         const std::atomic<bool>& abandon)
    : store_(store), clock_(clock), tokens_(tokens), options_(options), abandon_(abandon) {}

void BatchRunner::Run(domain::ShopNo shop_no, std::vector<PendingWrite> batch, ShopMemory& memory) {
  if (!batch.empty()) RunCommands(shop_no, batch, memory);
}

absl::Duration BatchRunner::Backoff(int attempt) const {
  thread_local std::minstd_rand random{std::random_device()()};
  const absl::Duration full = std::min(
      options_.max_backoff, options_.first_backoff * (int64_t{1} << std::min(attempt, 20)));
  return full * std::uniform_real_distribution<double>(0.5, 1.0)(random);
}

void BatchRunner::RunCommands(domain::ShopNo shop_no, std::span<PendingWrite> commands,
                              ShopMemory& memory) {
  const auto answer_all = [&](const absl::Status& status) {
    for (PendingWrite& write : commands) write.done(status);
  };
  bool finding_out = false;
  absl::Time give_up = absl::InfiniteFuture();
  for (int attempt = 1;; ++attempt) {
    if (!finding_out) {
      // Answers those that nobody waits for, and goes on with the others.
      const auto unwanted = std::stable_partition(
          commands.begin(), commands.end(), [this](const PendingWrite& write) {
            return CheckStillWanted(write.command->context(), clock_.Now()).ok();
          });
      for (auto write = unwanted; write != commands.end(); ++write) {
        absl::Status status = CheckStillWanted(write->command->context(), clock_.Now());
        write->done(std::move(status));
      }
      commands = commands.first(static_cast<size_t>(unwanted - commands.begin()));
      if (commands.empty()) return;
    }
    Attempt tried = TryOnce(shop_no, commands, finding_out, memory);
    if (tried.ending == Ending::kAnswered) {
      for (size_t i = 0; i < commands.size(); ++i) commands[i].done(std::move(tried.outcomes[i]));
      return;
    }
    if (tried.ending == Ending::kBadData && commands.size() > 1) {
      const size_t half = commands.size() / 2;
      RunCommands(shop_no, commands.first(half), memory);
      RunCommands(shop_no, commands.subspan(half), memory);
      return;
    }
    if (tried.ending == Ending::kUnknown && !finding_out) {
      finding_out = true;
      give_up = clock_.Now() + options_.find_out_limit;
    }
    if (!finding_out) {
      if (tried.ending != Ending::kConflict || attempt >= options_.max_attempts) {
        answer_all(tried.status);
        return;
      }
    } else if (clock_.Now() >= give_up || abandon_.load()) {
      answer_all(MakeError(
          Reason::OUTCOME_UNKNOWN, "",
          "the database was lost while it committed; the same request id asked again tells"));
      return;
    }
    options_.sleep(Backoff(attempt - 1));
  }
}

BatchRunner::Attempt BatchRunner::TryOnce(domain::ShopNo shop_no, std::span<PendingWrite> commands,
                                          bool finding_out, ShopMemory& memory) {
  const auto ended = [](absl::Status status, bool data_is_to_blame = false) {
    Attempt attempt;
    if (HasReason(status, Reason::OUTCOME_UNKNOWN)) {
      attempt.ending = Ending::kUnknown;
    } else if (absl::IsAborted(status) || absl::IsUnavailable(status)) {
      attempt.ending = Ending::kConflict;
    } else if (data_is_to_blame &&
               (absl::IsInvalidArgument(status) || absl::IsAlreadyExists(status))) {
      attempt.ending = Ending::kBadData;
    }
    attempt.status = std::move(status);
    return attempt;
  };

  const absl::Time now = clock_.Now();
  absl::Time deadline = now + options_.transaction_limit;
  if (!finding_out) deadline = std::min(deadline, LatestDeadline(commands));
  auto transaction = store_.BeginWrite(shop_no, deadline);
  if (!transaction.ok()) return ended(transaction.status());
  storage::WriteTransaction& tx = **transaction;
  const domain::Revision revision = tx.head().revision;

  auto definitions = DefinitionsOf(tx, memory.definitions);
  if (!definitions.ok()) return ended(definitions.status());
  memory.definitions = *definitions;

  WriteKeys keys;
  std::vector<std::string> request_ids;
  for (const PendingWrite& write : commands) {
    write.command->CollectKeys(keys);
    const std::string& request_id = write.command->context().request_id;
    if (!request_id.empty()) request_ids.push_back(request_id);
  }
  GivenAnswers given;
  if (!request_ids.empty()) {
    std::sort(request_ids.begin(), request_ids.end());
    request_ids.erase(std::unique(request_ids.begin(), request_ids.end()), request_ids.end());
    auto rows = tx.ReadRequests(request_ids);
    if (!rows.ok()) return ended(rows.status());
    for (storage::RequestRow& row : *rows) {
      // An answer found after a lost COMMIT is the first one this caller gets.
      given.emplace(
          row.request_id,
          GivenAnswer{row.request_hash, {row.revision, !finding_out, std::move(row.answer)}});
    }
    for (const std::string& request_id : request_ids) {
      const GivenAnswer* const recent = memory.no_op_answers.Find(request_id);
      if (recent != nullptr) given.emplace(request_id, *recent);
    }
  }
  memory.products.BeginOn(revision - 1);
  auto loaded = WorkingSet::Load(tx, *definitions, keys, absl::ToUnixMillis(now), &memory.products);
  if (!loaded.ok()) return ended(loaded.status());
  WorkingSet& ws = **loaded;

  Attempt attempt;
  attempt.ending = Ending::kAnswered;
  storage::WriteSet rows;
  ws.SetAnswerRevision(revision, tokens_.Encode(shop_no, revision));
  attempt.outcomes = DecideAll(commands, given, ws, rows.requests);
  std::vector<storage::RequestRow> requests = std::move(rows.requests);
  rows = ws.TakeWriteSet();
  if (rows.empty()) {
    // What is answered again was committed, perhaps by a COMMIT whose answer was lost.
    if (options_.indexes != nullptr) options_.indexes->Note(shop_no, revision - 1);
    // Nothing differs: no revision is used up, and the answers name the one before.
    requests.clear();
    ws.SetAnswerRevision(revision - 1, tokens_.Encode(shop_no, revision - 1));
    attempt.outcomes = DecideAll(commands, std::move(given), ws, requests);
    for (storage::RequestRow& row : requests) {
      memory.no_op_answers.Add(row.request_id, {std::move(row.request_hash),
                                                {row.revision, true, std::move(row.answer)}});
    }
    return attempt;
  }
  if (!base::PlantedFault("request_row_forgotten")) rows.requests = std::move(requests);
  if (absl::Status status = tx.Apply(rows); !status.ok()) return ended(std::move(status), true);
  absl::Status status = tx.Commit(commands.front().command->cause());
  if (!status.ok()) return ended(std::move(status));
  if (options_.indexes != nullptr) options_.indexes->Apply(shop_no, ws.Changes());
  memory.products.Keep(revision, ws.products());
  if (ws.current_definitions() != memory.definitions->definitions()) {
    memory.definitions = std::make_shared<const DefinitionIndex>(ws.current_definitions());
  }
  return attempt;
}

}  // namespace segmentation::usecase
