// Every limit of the API and the domain but those of conditions (condition/limits.h): unit in the
// name, reason beside it. Going one beyond is an error, never a cut (T51). The API's comments quote
// these numbers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace segmentation::domain {

// Text, in bytes of UTF-8. They are the widths of the columns.
inline constexpr size_t kMaxIdBytes = 64;             // public ids: unique keys stay short
inline constexpr size_t kMaxRequestIdBytes = 64;      // a UUID is 36
inline constexpr size_t kMaxSourceBytes = 32;         // name of a source of orders
inline constexpr size_t kMaxPlatformBytes = 32;       // of a store
inline constexpr size_t kMaxNameBytes = 256;          // of shops, stores, groups, tag values
inline constexpr size_t kMaxAttributeNameBytes = 64;  // snake_case, typed by people
inline constexpr size_t kMaxTagTemplateBytes = 64;    // 化妆品 …
inline constexpr size_t kMaxKindBytes = 64;           // kind of a promotion or an operation
inline constexpr size_t kMaxDescriptionBytes = 1024;
inline constexpr size_t kMaxActorBytes = 128;           // who: a person or a program
inline constexpr size_t kMaxReferenceBytes = 128;       // conversation or order behind a tag
inline constexpr size_t kMaxEvidenceBytes = 256;        // of a consent
inline constexpr size_t kMaxIdentityBytes = 320;        // the longest e-mail address: 64 + 1 + 255
inline constexpr size_t kMaxAttributeTextBytes = 1024;  // one text value of an attribute
inline constexpr size_t kMaxNoteBytes = 4096;
inline constexpr size_t kMaxReviewTextBytes = 4096;
inline constexpr size_t kMaxTitleBytes =
    512;                                     // of a product or line; platforms allow 60 characters
inline constexpr size_t kMaxSkuBytes = 128;  // platform SKU ids and merchants' codes
inline constexpr size_t kMaxCategoryBytes = 256;  // a category path
inline constexpr size_t kMaxBrandBytes = 256;
inline constexpr size_t kMaxStageBytes = 64;           // 新品, 热销, 清仓
inline constexpr size_t kMaxPropertyNameBytes = 64;    // 尺码
inline constexpr size_t kMaxPropertyValueBytes = 256;  // 35码
inline constexpr size_t kMaxAddressBytes = 512;        // street of a receiver address
inline constexpr size_t kMaxFullAddressBytes = 1024;   // the address as the source wrote it
inline constexpr size_t kMaxAddressPartBytes = 64;     // province, city, district
inline constexpr size_t kMaxTerminalBytes = 64;
inline constexpr size_t kMaxPromotionSourceBytes = 64;
inline constexpr size_t kMaxCouponIdBytes = 64;
inline constexpr size_t kMaxLogisticsBytes = 64;  // name of the company
inline constexpr size_t kMaxExclusionReasonBytes = 256;
inline constexpr size_t kMaxTimeZoneBytes = 64;
inline constexpr size_t kMaxTokenLabelBytes = 256;

// NFKC may lengthen text up to elevenfold; the folded columns hold four times the text, and text
// that would outgrow them is refused.
inline constexpr size_t kMaxFoldedGrowth = 4;

// Counts.
inline constexpr size_t kMaxIdentitiesPerMember = 32;   // families share few; more is a merge error
inline constexpr size_t kMaxAttributesPerMember = 600;  // all built-in and custom ones
inline constexpr size_t kMaxValuesPerAttribute = 100;   // of a multi-valued one
inline constexpr size_t kMaxTagsPerMember = 2'000;      // a card shows 30; imports more
inline constexpr size_t kMaxNotesPerMember = 1'000;     // by hand
inline constexpr size_t kMaxLinesPerOrder = 500;        // platforms stop at 50–200
inline constexpr size_t kMaxRefundsPerOrder = 100;      // a few a line
inline constexpr size_t kMaxReviewsPerOrder = 1'000;    // two a line: first and follow-up
inline constexpr size_t kMaxPropertiesPerLine = 32;
inline constexpr size_t kMaxPromotionSourcesPerOrder = 32;
inline constexpr size_t kMaxCouponsPerOrder = 32;
inline constexpr size_t kMaxBatchItems = 500;          // one batch call, one import chunk
inline constexpr size_t kMaxBatchBytes = 1024 * 1024;  // one import chunk: one transaction
inline constexpr int32_t kDefaultPageSize = 100;
inline constexpr int32_t kMaxPageSize = 1'000;        // bounded answers
inline constexpr size_t kMaxAnswerBytes = 64 * 1024;  // kept with its request for replay
inline constexpr size_t kMaxGroupsPerShop = 10'000;   // re-checked as facts change
inline constexpr size_t kMaxTagsPerShop = 100'000;    // free values of brands and models
inline constexpr size_t kMaxTagCategoriesPerShop = 1'000;
inline constexpr size_t kMaxTagSynonyms = 50;
inline constexpr size_t kMaxCustomAttributesPerShop = 500;
inline constexpr size_t kMaxAliasesPerAttribute = 20;
inline constexpr size_t kMaxEnumValuesPerAttribute = 1'000;
inline constexpr size_t kMaxStoresPerShop = 1'000;
inline constexpr size_t kMaxPromotionsPerShop = 10'000;
inline constexpr size_t kMaxWindowsPerPromotion = 100;
inline constexpr size_t kMaxShopsPerToken = 1'000;
inline constexpr size_t kMaxExcludedOrdersPerCall = 500;  // as one batch

// Numbers.
inline constexpr int64_t kMaxAmountMinor =
    1'000'000'000'000'000;                              // either way; 9,000 such fit a sum
inline constexpr int64_t kMaxQuantity = 1'000'000'000;  // of one line, either way
inline constexpr int64_t kMaxDecimalValue = 1'000'000'000'000'000'000;  // in 1/10,000, either way
inline constexpr int32_t kMaxRating = 5;
inline constexpr int32_t kMaxConfidencePercent = 100;

}  // namespace segmentation::domain
