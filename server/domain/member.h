// A member of a shop and what is known of it besides orders.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/domain/attribute.h"
#include "server/domain/ids.h"

namespace segmentation::domain {

// Stored numbers: they never change.
enum class IdentityKind : uint8_t {
  kOuid = 1,    // stable id of a buyer in a shop, given by the platform
  kNick = 2,    // account name
  kPhone = 3,   // E.164 after normalisation
  kEmail = 4,   // lower-cased domain
  kOpenId = 5,  // WeChat
  kPin = 6,     // JD account
  kCard = 7,    // membership card
};

// A normalised identity: unique a shop. `value` is personal data.
struct Identity {
  IdentityNo number = 0;
  IdentityKind kind = IdentityKind::kOuid;
  std::string value;
  int64_t added_at_ms = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};

struct IdentityKey {
  IdentityKind kind;
  std::string value;
  friend auto operator<=>(const IdentityKey&, const IdentityKey&) = default;
};

enum class Channel : uint8_t {
  kSms = 1,
  kEmail = 2,
  kWechat = 3,
  kWangwang = 4,
  kPhone = 5,
  kPost = 6,
  kApp = 7
};
enum class ConsentState : uint8_t { kOptedIn = 1, kOptedOut = 2 };

// The choice in force for one channel; absent = never asked.
struct Consent {
  Channel channel = Channel::kSms;
  ConsentState state = ConsentState::kOptedOut;
  int64_t changed_at_ms = 0;  // when the buyer chose, as told by the caller
  std::string evidence;       // conversation id, form …
  friend bool operator==(const Consent&, const Consent&) = default;
};

enum class TagSource : uint8_t {
  kAgent = 1,
  kBuyer = 2,
  kBatch = 3,
  kRule = 4,
  kImport = 5,
  kModel = 6
};

// One tag on one member. One row a (member, tag).
struct TagAssignment {
  TagNo tag_no = 0;
  TagSource source = TagSource::kAgent;
  std::string actor;      // name of the person or program
  std::string reference;  // conversation or order id; may be empty
  int32_t confidence_percent = 100;
  int64_t assigned_at_ms = 0;
  std::optional<int64_t> expires_at_ms;  // the tag is gone from this instant on
  std::optional<int64_t> number;         // numeric categories: value in 1/10,000
  Stamp stamp;
};

struct Member {
  MemberNo number = 0;
  std::string id;  // public, 1–64 bytes, compared byte by byte (T36)
  bool blocked = false;
  std::vector<Identity> identities;  // by number
  std::map<AttributeNo, std::vector<Value>>
      attributes;                   // profile rows; a multi-valued one keeps its order
  std::vector<Consent> consents;    // by channel
  std::vector<TagAssignment> tags;  // by tag number; expired ones included
  uint32_t next_identity_no = 1;
  Stamp stamp;
};

struct Note {
  MemberNo member_no = 0;
  std::string id;
  std::string text;  // personal data
  std::string author;
  Stamp stamp;
};

}  // namespace segmentation::domain
