#include "server/domain/identity.h"

#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/base/strings.h"
#include "server/base/text.h"
#include "server/domain/limits.h"
#include "server/domain/validation.h"

namespace segmentation::domain {
namespace {

using base::MakeError;
using base::Reason;
using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr size_t kMaxLocalPartBytes = 64;
constexpr size_t kMaxDomainBytes = 255;
constexpr size_t kMaxDomainLabelBytes = 63;

const PhoneNumberUtil& Phones() {
  static const PhoneNumberUtil* const util = [] {
    PhoneNumberUtil* instance = PhoneNumberUtil::GetInstance();
    // Its own logger prints to the terminal, and a message may hold a phone number.
    instance->SetLogger(new i18n::phonenumbers::NullLogger);
    return instance;
  }();
  return *util;
}

absl::Status Masked(std::string_view field, std::string_view what) {
  return MakeError(Reason::IDENTITY_MASKED, field,
                   base::StrCat("got ", what, ", want a value that stands for one person"));
}

absl::Status Invalid(std::string_view field, std::string_view message) {
  return MakeError(Reason::FIELD_INVALID, field, message);
}

// Bytes of a blank (ASCII, no-break and ideographic space, byte order mark) at either end; 0: none.
size_t BlankAtFront(std::string_view text) {
  if (!text.empty() && absl::ascii_isspace(static_cast<unsigned char>(text.front()))) return 1;
  if (text.starts_with("\u00a0")) return 2;
  if (text.starts_with("\u3000") || text.starts_with("\ufeff")) return 3;
  return 0;
}
size_t BlankAtBack(std::string_view text) {
  if (!text.empty() && absl::ascii_isspace(static_cast<unsigned char>(text.back()))) return 1;
  if (text.ends_with("\u00a0")) return 2;
  if (text.ends_with("\u3000") || text.ends_with("\ufeff")) return 3;
  return 0;
}

std::string_view StripBlanks(std::string_view text) {
  while (size_t size = BlankAtFront(text)) text.remove_prefix(size);
  while (size_t size = BlankAtBack(text)) text.remove_suffix(size);
  return text;
}

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// "1.93E+15": what a spreadsheet makes of a long number. The digits are lost.
bool IsSpreadsheetNumber(std::string_view text) {
  const size_t exponent = text.find_first_of("eE");
  if (exponent == std::string_view::npos || exponent == 0) return false;
  const std::string_view mantissa = text.substr(0, exponent);
  std::string_view power = text.substr(exponent + 1);
  const bool plus = power.starts_with('+');
  if (plus) power.remove_prefix(1);
  const bool point = mantissa.find('.') != std::string_view::npos;
  return (plus || point) && !power.empty() && std::all_of(power.begin(), power.end(), IsDigit) &&
         IsDigit(mantissa.front()) && std::count(mantissa.begin(), mantissa.end(), '.') <= 1 &&
         std::all_of(mantissa.begin(), mantissa.end(),
                     [](char c) { return IsDigit(c) || c == '.'; });
}

// One digit over and over, whatever stands between: 00000000000, 111-1111-1111.
bool IsOneDigitRepeated(std::string_view text) {
  size_t digits = 0;
  char first = 0;
  for (char c : text) {
    if (IsDigit(c)) {
      if (digits == 0) first = c;
      if (c != first) return false;
      ++digits;
    } else if (c != ' ' && c != '-' && c != '+') {
      return false;
    }
  }
  return digits >= 4;
}

// Tokens of the platforms' encryption ("~Ab…=~1~", "$Ab…=$1$"): they change weekly.
bool IsEncryptedToken(std::string_view text) {
  return text.size() >= 4 && (text.front() == '~' || text.front() == '$') &&
         text.front() == text.back() && std::count(text.begin(), text.end(), text.front()) >= 3;
}

bool HasMask(std::string_view nfkc) {
  return nfkc.find('*') != std::string_view::npos || nfkc.find("●●") != std::string_view::npos ||
         nfkc.find("••") != std::string_view::npos;
}

// 138xxxx8000: letters x in place of digits.
bool HasLetterMask(std::string_view phone) {
  return phone.find("xxx") != std::string_view::npos || phone.find("XXX") != std::string_view::npos;
}

bool IsAnonymous(std::string_view nfkc) {
  constexpr std::string_view kNobody[] = {"匿名", "匿名用户", "匿名买家", "匿名会员", "匿名顾客"};
  return std::find(std::begin(kNobody), std::end(kNobody), nfkc) != std::end(kNobody);
}

// New prefixes are given out faster than the library's tables are renewed.
bool LooksLikeChineseMobile(const PhoneNumber& number) {
  const uint64_t national = number.national_number();
  return number.country_code() == 86 && national >= 13'000'000'000 && national <= 19'999'999'999;
}

bool IsMobile(const PhoneNumber& number) {
  const PhoneNumberUtil::PhoneNumberType type = Phones().GetNumberType(number);
  return type == PhoneNumberUtil::MOBILE || type == PhoneNumberUtil::FIXED_LINE_OR_MOBILE ||
         LooksLikeChineseMobile(number);
}

absl::StatusOr<std::string> NormalizePhone(std::string_view nfkc, std::string_view region,
                                           std::string_view field) {
  // Exports write '138… so that a spreadsheet keeps the digits.
  if (nfkc.starts_with('\'')) nfkc = StripBlanks(nfkc.substr(1));
  if (nfkc.empty()) return MakeError(Reason::FIELD_REQUIRED, field, "got nothing, want a phone");
  if (HasLetterMask(nfkc)) return Masked(field, "a masked phone");
  if (IsOneDigitRepeated(nfkc)) return Masked(field, "one digit repeated");
  // Read as a vanity number, letters would turn into digits.
  std::string text(nfkc);
  for (std::string_view word : {"转", "分机"}) {
    const size_t at = text.find(word);
    if (at != std::string::npos) text.replace(at, word.size(), " ext. ");
  }
  const size_t letter = nfkc.find_first_of("abcdfghijklmnopqrsuvwyzABCDFGHIJKLMNOPQRSUVWYZ");
  if (letter != std::string_view::npos) return Invalid(field, "got letters, want a phone number");

  // 18877771111-123: the part after a whole mobile number is the extension of a virtual one.
  const size_t dash = text.rfind('-');
  PhoneNumber number;
  const std::string default_region = region.empty() ? std::string("ZZ") : std::string(region);
  if (dash != std::string::npos && dash > 0) {
    PhoneNumber head;
    if (Phones().Parse(text.substr(0, dash), default_region, &head) ==
            PhoneNumberUtil::NO_PARSING_ERROR &&
        (Phones().IsValidNumber(head) || LooksLikeChineseMobile(head)) && IsMobile(head)) {
      return Masked(field, "a virtual number with an extension");
    }
  }
  if (Phones().Parse(text, default_region, &number) != PhoneNumberUtil::NO_PARSING_ERROR ||
      !(Phones().IsValidNumber(number) || LooksLikeChineseMobile(number))) {
    return Invalid(field, region.empty()
                              ? "got no valid phone number, want one with '+' and country code"
                              : "got no valid phone number");
  }
  if (!number.extension().empty()) {
    if (IsMobile(number)) return Masked(field, "a virtual number with an extension");
    return Invalid(field, "got an extension, want a number that reaches one person");
  }
  std::string normalized;
  Phones().Format(number, PhoneNumberUtil::E164, &normalized);
  return normalized;
}

bool IsDomain(std::string_view domain) {
  if (domain.empty() || domain.size() > kMaxDomainBytes) return false;
  size_t labels = 0;
  while (true) {
    const size_t dot = domain.find('.');
    const std::string_view label = domain.substr(0, dot);
    if (label.empty() || label.size() > kMaxDomainLabelBytes || label.front() == '-' ||
        label.back() == '-') {
      return false;
    }
    for (char c : label) {
      const unsigned char byte = static_cast<unsigned char>(c);
      if (byte < 0x80 && !absl::ascii_isalnum(byte) && c != '-') return false;
    }
    ++labels;
    if (dot == std::string_view::npos) break;
    domain.remove_prefix(dot + 1);
  }
  return labels >= 2;
}

absl::StatusOr<std::string> NormalizeEmail(std::string_view nfkc, std::string_view field) {
  const size_t at = nfkc.rfind('@');
  if (at == std::string_view::npos || at == 0 || nfkc.find('@') != at) {
    return Invalid(field, "got no address of the form name@domain");
  }
  const std::string_view local = nfkc.substr(0, at);
  const std::string domain = base::FoldNfkcCase(nfkc.substr(at + 1));
  if (local.size() > kMaxLocalPartBytes) {
    return Invalid(field, base::StrCat("got ", local.size(), " bytes before '@', want at most ",
                                       kMaxLocalPartBytes));
  }
  if (local.find_first_of(" \"(),:;<>[\\]") != std::string_view::npos || local.front() == '.' ||
      local.back() == '.' || local.find("..") != std::string_view::npos) {
    return Invalid(field, "got characters before '@' that no plain address holds");
  }
  if (!IsDomain(domain)) return Invalid(field, "got no domain after '@'");
  return base::StrCat(local, "@", domain);
}

}  // namespace

absl::StatusOr<std::string> NormalizeIdentity(IdentityKind kind, std::string_view text,
                                              std::string_view region, std::string_view field) {
  RETURN_IF_ERROR(ValidateText(text, kMaxIdentityBytes, field));
  text = StripBlanks(text);
  if (text.empty()) return MakeError(Reason::FIELD_REQUIRED, field, "got nothing, want a value");
  if (base::HasControlCharacter(text)) {
    return Invalid(field, "got a control character, want an identity without any");
  }
  const std::string folded = base::FoldNfkc(text);
  const std::string_view nfkc = StripBlanks(folded);
  if (nfkc.size() > kMaxIdentityBytes) {
    return MakeError(Reason::FIELD_TOO_LONG, field,
                     base::StrCat("got ", nfkc.size(),
                                  " bytes in the normalised form, want at "
                                  "most ",
                                  kMaxIdentityBytes));
  }
  if (HasMask(nfkc)) return Masked(field, "a masked value");
  if (IsAnonymous(nfkc)) return Masked(field, "a stand-in for an anonymous buyer");
  if (IsEncryptedToken(nfkc)) return Masked(field, "an encrypted token that changes");
  if (IsSpreadsheetNumber(nfkc)) {
    return Invalid(field,
                   "got a number that a spreadsheet cut short, such as 1.93E+15; export the column "
                   "as text");
  }
  if (nfkc.starts_with("=\"")) {
    return Invalid(field, "got a spreadsheet formula, want the value between the quotes");
  }
  switch (kind) {
    case IdentityKind::kPhone:
      return NormalizePhone(nfkc, region, field);
    case IdentityKind::kEmail:
      return NormalizeEmail(nfkc, field);
    case IdentityKind::kNick:
      return std::string(nfkc);
    case IdentityKind::kCard:
    case IdentityKind::kOuid:
    case IdentityKind::kOpenId:
    case IdentityKind::kPin:
      if (kind != IdentityKind::kPin && IsOneDigitRepeated(nfkc)) {
        return Masked(field, "one digit repeated");
      }
      return std::string(text);
  }
  return MakeError(Reason::ENUM_UNKNOWN, field,
                   base::StrCat("got identity kind ", static_cast<int>(kind)));
}

std::string_view DefaultPhoneRegion(std::string_view time_zone, std::string_view currency) {
  constexpr std::pair<std::string_view, std::string_view> kByZone[] = {
      {"Asia/Shanghai", "CN"},
      {"Asia/Urumqi", "CN"},
      {"Asia/Chongqing", "CN"},
      {"Asia/Harbin", "CN"},
      {"PRC", "CN"},
      {"Asia/Hong_Kong", "HK"},
      {"Hongkong", "HK"},
      {"Asia/Macau", "MO"},
      {"Asia/Taipei", "TW"},
      {"Asia/Tokyo", "JP"},
      {"Japan", "JP"},
      {"Asia/Seoul", "KR"},
      {"Asia/Singapore", "SG"},
      {"Asia/Kuala_Lumpur", "MY"},
      {"Asia/Bangkok", "TH"},
      {"Asia/Ho_Chi_Minh", "VN"},
      {"Asia/Jakarta", "ID"},
      {"Asia/Manila", "PH"},
      {"Asia/Kolkata", "IN"},
      {"Asia/Dubai", "AE"},
      {"Europe/London", "GB"},
      {"Europe/Dublin", "IE"},
      {"Europe/Paris", "FR"},
      {"Europe/Berlin", "DE"},
      {"Europe/Madrid", "ES"},
      {"Europe/Rome", "IT"},
      {"Europe/Amsterdam", "NL"},
      {"Europe/Brussels", "BE"},
      {"Europe/Vienna", "AT"},
      {"Europe/Zurich", "CH"},
      {"Europe/Stockholm", "SE"},
      {"Europe/Oslo", "NO"},
      {"Europe/Copenhagen", "DK"},
      {"Europe/Helsinki", "FI"},
      {"Europe/Warsaw", "PL"},
      {"Europe/Lisbon", "PT"},
      {"Europe/Moscow", "RU"},
      {"America/New_York", "US"},
      {"America/Chicago", "US"},
      {"America/Denver", "US"},
      {"America/Los_Angeles", "US"},
      {"America/Toronto", "CA"},
      {"America/Vancouver", "CA"},
      {"America/Mexico_City", "MX"},
      {"America/Sao_Paulo", "BR"},
      {"Australia/Sydney", "AU"},
      {"Australia/Melbourne", "AU"},
      {"Pacific/Auckland", "NZ"}};
  constexpr std::pair<std::string_view, std::string_view> kByCurrency[] = {
      {"CNY", "CN"}, {"HKD", "HK"}, {"MOP", "MO"}, {"TWD", "TW"}, {"JPY", "JP"}, {"KRW", "KR"},
      {"SGD", "SG"}, {"MYR", "MY"}, {"THB", "TH"}, {"VND", "VN"}, {"IDR", "ID"}, {"PHP", "PH"},
      {"INR", "IN"}, {"AED", "AE"}, {"GBP", "GB"}, {"CHF", "CH"}, {"SEK", "SE"}, {"NOK", "NO"},
      {"DKK", "DK"}, {"PLN", "PL"}, {"RUB", "RU"}, {"USD", "US"}, {"CAD", "CA"}, {"MXN", "MX"},
      {"BRL", "BR"}, {"AUD", "AU"}, {"NZD", "NZ"}};
  for (const auto& [zone, region] : kByZone) {
    if (zone == time_zone) return region;
  }
  for (const auto& [code, region] : kByCurrency) {
    if (code == currency) return region;
  }
  return "";
}

std::string_view EmailDomainOf(const IdentityKey& identity) {
  if (identity.kind != IdentityKind::kEmail) return {};
  const size_t at = identity.value.rfind('@');
  if (at == std::string::npos) return {};
  return std::string_view(identity.value).substr(at + 1);
}

namespace {

std::string_view LastCodePoints(std::string_view text, size_t count) {
  const size_t all = base::CountCodePoints(text);
  if (all <= count) return text;
  return text.substr(base::TruncateCodePoints(text, all - count).size());
}

// The ends of a value, the more the longer it is, and never more than half of it.
std::string KeepEnds(std::string_view value, size_t at_most) {
  const size_t ends = std::min(at_most, base::CountCodePoints(value) / 4);
  if (ends == 0) return "**";
  return base::StrCat(base::TruncateCodePoints(value, ends), "**", LastCodePoints(value, ends));
}

std::string MaskPhone(std::string_view e164) {
  std::string_view shown = e164;
  if (shown.starts_with("+86")) shown.remove_prefix(3);
  if (shown.size() < 9) return "****";
  return base::StrCat(shown.substr(0, shown.size() - 8), "****", shown.substr(shown.size() - 4));
}

}  // namespace

std::string MaskIdentity(IdentityKind kind, std::string_view value) {
  switch (kind) {
    case IdentityKind::kPhone:
      return MaskPhone(value);
    case IdentityKind::kEmail: {
      const size_t at = value.rfind('@');
      if (at == std::string_view::npos) return "***";
      return base::StrCat(base::TruncateCodePoints(value.substr(0, at), at > 1 ? 1 : 0), "***",
                          value.substr(at));
    }
    case IdentityKind::kNick:
    case IdentityKind::kPin:
    case IdentityKind::kOuid:
    case IdentityKind::kOpenId:
    case IdentityKind::kCard:
      return KeepEnds(value, kind == IdentityKind::kNick || kind == IdentityKind::kPin ? 1 : 4);
  }
  return "**";
}

std::string MaskName(std::string_view name) {
  const size_t count = base::CountCodePoints(name);
  if (count == 0) return "";
  if (count == 1) return "*";
  return base::StrCat(base::TruncateCodePoints(name, 1), count == 2 ? "*" : "**");
}

std::string MaskText(std::string_view text) { return text.empty() ? "" : "***"; }

}  // namespace segmentation::domain
