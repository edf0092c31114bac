// The rules of the API, each as a function from descriptors to what breaks it: one line a breach,
// beginning with the full name.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/proto/api_descriptors.h"

namespace segmentation::api_test {

using Problems = std::vector<std::string>;

inline bool StartsWithWord(std::string_view name, std::string_view verb) {
  return name.substr(0, verb.size()) == verb &&
         (name.size() == verb.size() ||
          std::isupper(static_cast<unsigned char>(name[verb.size()])));
}

enum class Effect { kUnknown, kRead, kWrite };

// Whether a method changes anything: by its verb, so that a new verb must be put on a list.
inline Effect EffectOf(const pb::MethodDescriptor* method) {
  static constexpr std::array kWrites = {"Create",   "Update", "Delete",  "Upsert", "BatchUpsert",
                                         "Record",   "Add",    "Exclude", "Tag",    "Untag",
                                         "BatchTag", "Revoke", "Cancel",  "Import"};
  static constexpr std::array kReads = {"Get",    "BatchGet", "List", "Lookup",  "Preview", "Check",
                                        "Stream", "Describe", "Wait", "Explain", "Compare"};
  for (std::string_view verb : kWrites) {
    if (StartsWithWord(method->name(), verb)) return Effect::kWrite;
  }
  for (std::string_view verb : kReads) {
    if (StartsWithWord(method->name(), verb)) return Effect::kRead;
  }
  return Effect::kUnknown;
}

inline bool HasStringField(const pb::Descriptor* message, std::string_view name) {
  const pb::FieldDescriptor* field = message->FindFieldByName(std::string(name));
  return field != nullptr && field->type() == pb::FieldDescriptor::TYPE_STRING &&
         !field->is_repeated();
}
inline bool HasMessageField(const pb::Descriptor* message, std::string_view name,
                            std::string_view type) {
  const pb::FieldDescriptor* field = message->FindFieldByName(std::string(name));
  return field != nullptr && field->message_type() != nullptr &&
         field->message_type()->full_name() == type && !field->is_repeated();
}

inline bool IsSnake(std::string_view name) {
  if (name.empty() || !std::islower(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::islower(c) || std::isdigit(c) || c == '_';
  });
}
inline bool IsPascal(std::string_view name) {
  if (name.empty() || !std::isupper(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c); });
}

// One service a file, named as the file; a request and a response of its own for every method.
inline Problems CheckServiceNames(const Api& api) {
  Problems problems;
  std::set<std::string> used;
  for (const pb::FileDescriptor* file : api.files) {
    if (file->service_count() > 1) problems.push_back(file->name() + ": more than one service");
    for (int i = 0; i < file->service_count(); ++i) {
      const pb::ServiceDescriptor* service = file->service(i);
      if (!IsPascal(service->name()) || !service->name().ends_with("Service")) {
        problems.push_back(service->full_name() + ": want XxxService");
      }
      const std::string path = "segmentation/v1/" + SnakeCase(service->name()) + ".proto";
      if (file->name() != path) problems.push_back(service->full_name() + ": want it in " + path);
    }
  }
  ForEachMethod(api, [&](const pb::MethodDescriptor* method) {
    if (!IsPascal(method->name())) problems.push_back(method->full_name() + ": want PascalCase");
    for (const auto& [type, want] :
         {std::pair{method->input_type(), method->name() + "Request"},
          std::pair{method->output_type(), method->name() + "Response"}}) {
      if (type->name() != want || type->file() != method->file()) {
        problems.push_back(method->full_name() + ": got " + type->full_name() + ", want its own " +
                           want + " in the same file");
      }
      if (!used.insert(type->full_name()).second) {
        problems.push_back(type->full_name() + ": used by two methods");
      }
    }
  });
  ForEachMessage(api, [&](const pb::Descriptor* message) {
    const bool named =
        message->name().ends_with("Request") || message->name().ends_with("Response");
    if (named && !used.contains(message->full_name())) {
      problems.push_back(message->full_name() + ": belongs to no method");
    }
  });
  return problems;
}

inline Problems CheckNames(const Api& api) {
  Problems problems;
  ForEachMessage(api, [&](const pb::Descriptor* message) {
    if (!IsPascal(message->name())) problems.push_back(message->full_name() + ": want PascalCase");
    for (int i = 0; i < message->field_count(); ++i) {
      if (!IsSnake(message->field(i)->name())) {
        problems.push_back(message->field(i)->full_name() + ": want lower_snake_case");
      }
    }
    for (int i = 0; i < message->real_oneof_decl_count(); ++i) {
      if (!IsSnake(message->oneof_decl(i)->name())) {
        problems.push_back(message->oneof_decl(i)->full_name() + ": want lower_snake_case");
      }
    }
  });
  ForEachEnum(api, [&](const pb::EnumDescriptor* type) {
    if (!IsPascal(type->name())) problems.push_back(type->full_name() + ": want PascalCase");
    std::string prefix = SnakeCase(type->name()) + "_";
    for (char& c : prefix) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    std::set<int> numbers;
    for (int i = 0; i < type->value_count(); ++i) {
      const pb::EnumValueDescriptor* value = type->value(i);
      if (!value->name().starts_with(prefix)) {
        problems.push_back(type->full_name() + "." + value->name() + ": want prefix " + prefix);
      }
      if (!numbers.insert(value->number()).second) {
        problems.push_back(type->full_name() + "." + value->name() + ": number used twice");
      }
    }
    const pb::EnumValueDescriptor* zero = type->FindValueByNumber(0);
    if (zero == nullptr || zero->name() != prefix + "UNSPECIFIED") {
      problems.push_back(type->full_name() + ": want 0 = " + prefix + "UNSPECIFIED");
    }
  });
  return problems;
}

inline bool HasComment(const pb::SourceLocation& location) {
  return std::any_of(location.leading_comments.begin(), location.leading_comments.end(),
                     [](unsigned char c) { return !std::isspace(c); });
}
template <typename DescriptorType>
void RequireComment(const DescriptorType* descriptor, Problems& problems) {
  pb::SourceLocation location;
  if (!descriptor->GetSourceLocation(&location) || !HasComment(location)) {
    problems.push_back(descriptor->full_name() + ": has no comment");
  }
}

inline Problems CheckComments(const Api& api) {
  Problems problems;
  for (const pb::FileDescriptor* file : api.files) {
    for (int i = 0; i < file->service_count(); ++i) RequireComment(file->service(i), problems);
  }
  ForEachMethod(api, [&](const pb::MethodDescriptor* method) { RequireComment(method, problems); });
  ForEachMessage(api, [&](const pb::Descriptor* message) {
    RequireComment(message, problems);
    for (int i = 0; i < message->field_count(); ++i) RequireComment(message->field(i), problems);
    for (int i = 0; i < message->real_oneof_decl_count(); ++i) {
      RequireComment(message->oneof_decl(i), problems);
    }
  });
  ForEachEnum(api, [&](const pb::EnumDescriptor* type) {
    RequireComment(type, problems);
    for (int i = 0; i < type->value_count(); ++i) RequireComment(type->value(i), problems);
  });
  return problems;
}

// No floating point, nothing unsigned; whole numbers say their unit; times are Timestamps.
inline Problems CheckTypes(const Api& api) {
  // Last words of whole-number fields that are units or say what is numbered.
  static const std::set<std::string, std::less<>> kUnits = {
      "count",    "counts", "units",    "revision", "size",  "percent", "points",  "digits",
      "sequence", "crc32c", "quantity", "position", "value", "index",   "version", "bytes"};
  // Numbers whose meaning is the message's own.
  static const std::set<std::string, std::less<>> kPlain = {
      "CivilDate.year",          "CivilDate.month",
      "CivilDate.day",           "Literal.integer",
      "RelativeDate.offset",     "RollingTime.offset",
      "BatchItemStatus.code",    "OperationError.code",
      "ExplainedPart.depth",     "ConditionProblem.line",
      "ConditionProblem.column", "ConditionProblem.length",
      "Review.rating",           "MemberChunkData.count_so_far",
      "Tag.exclusion_set"};
  Problems problems;
  ForEachMessage(api, [&](const pb::Descriptor* message) {
    for (int i = 0; i < message->field_count(); ++i) {
      const pb::FieldDescriptor* field = message->field(i);
      switch (field->type()) {
        case pb::FieldDescriptor::TYPE_INT32:
        case pb::FieldDescriptor::TYPE_INT64: {
          const std::string last = field->name().substr(field->name().rfind('_') + 1);
          if (!kUnits.contains(last) && !kPlain.contains(message->name() + "." + field->name())) {
            problems.push_back(field->full_name() + ": a number whose name has no unit");
          }
          break;
        }
        case pb::FieldDescriptor::TYPE_BOOL:
        case pb::FieldDescriptor::TYPE_STRING:
        case pb::FieldDescriptor::TYPE_BYTES:
        case pb::FieldDescriptor::TYPE_ENUM:
          break;
        case pb::FieldDescriptor::TYPE_MESSAGE:
          break;
        default:
          problems.push_back(field->full_name() + ": type " + field->type_name() +
                             " is not allowed");
      }
      const bool time = field->name().ends_with("_at") || field->name() == "as_of";
      if (time && (field->message_type() == nullptr ||
                   field->message_type()->full_name() != "google.protobuf.Timestamp")) {
        problems.push_back(field->full_name() + ": want google.protobuf.Timestamp");
      }
    }
  });
  return problems;
}

// Shop, request id, actor, revision, paging, masks and etags where they belong.
inline Problems CheckRequestShapes(const Api& api) {
  // Tokens and operations are not part of a shop's revisions.
  static const std::set<std::string, std::less<>> kOutsideRevisions = {
      "ListShops",    "CreateToken",    "RevokeToken",   "ListTokens",
      "GetOperation", "ListOperations", "WaitOperation", "CancelOperation"};
  Problems problems;
  ForEachMethod(api, [&](const pb::MethodDescriptor* method) {
    const pb::Descriptor* request = method->input_type();
    const pb::Descriptor* response = method->output_type();
    const auto want = [&](bool held, const pb::Descriptor* where, const std::string& what) {
      if (!held) problems.push_back(where->full_name() + ": want " + what);
    };
    const pb::FieldDescriptor* first = request->FindFieldByNumber(1);
    if (method->name() != "ListShops") {
      want(first != nullptr && first->name() == "shop_id" &&
               first->type() == pb::FieldDescriptor::TYPE_STRING && !first->is_repeated(),
           request, "string shop_id = 1");
    }
    const bool in_revisions = !kOutsideRevisions.contains(method->name());
    const Effect effect = EffectOf(method);
    if (effect == Effect::kUnknown) {
      problems.push_back(method->full_name() + ": its verb is on neither list of EffectOf");
    } else if (method->client_streaming()) {
      want(HasMessageField(request, "header", "segmentation.v1.ImportHeader"), request,
           "ImportHeader header");
    } else if (effect == Effect::kWrite) {
      want(HasStringField(request, "request_id"), request, "string request_id");
      want(HasMessageField(request, "actor", "segmentation.v1.Actor"), request, "Actor actor");
      if (in_revisions) {
        want(HasStringField(response, "revision_token"), response, "string revision_token");
      }
    } else {
      want(request->FindFieldByName("request_id") == nullptr, request,
           "no request_id: it changes nothing");
      if (in_revisions) {
        want(HasStringField(request, "min_revision_token"), request, "string min_revision_token");
        if (!method->server_streaming()) {
          want(HasMessageField(response, "stamp", "segmentation.v1.ReadStamp"), response,
               "ReadStamp stamp");
        }
      }
    }
    if (StartsWithWord(method->name(), "List")) {
      const pb::FieldDescriptor* size = request->FindFieldByName("page_size");
      want(size != nullptr && size->type() == pb::FieldDescriptor::TYPE_INT32, request,
           "int32 page_size");
      want(HasStringField(request, "page_token"), request, "string page_token");
      want(HasStringField(response, "next_page_token"), response, "string next_page_token");
    }
    if (StartsWithWord(method->name(), "Update")) {
      want(HasMessageField(request, "update_mask", "google.protobuf.FieldMask"), request,
           "google.protobuf.FieldMask update_mask");
      bool etag = false;
      for (int i = 0; i < request->field_count(); ++i) {
        const pb::Descriptor* part = request->field(i)->message_type();
        etag = etag || (part != nullptr && HasStringField(part, "etag"));
      }
      want(etag, request, "a resource with string etag");
    }
    if (StartsWithWord(method->name(), "Batch")) {
      const pb::FieldDescriptor* results = response->FindFieldByName("results");
      want(
          results != nullptr && results->is_repeated() && results->message_type() != nullptr &&
              HasMessageField(results->message_type(), "status", "segmentation.v1.BatchItemStatus"),
          response, "repeated results, each with BatchItemStatus status");
    }
  });
  return problems;
}

}  // namespace segmentation::api_test
