// The parts that versions share, against plain models: every value, every edge, every version.
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/audience/bit_block.h"
#include "server/audience/member_bitmap.h"
#include "server/audience/member_directory.h"
#include "server/audience/packed_array.h"
#include "server/audience/packed_page.h"
#include "server/audience/page_table.h"
#include "server/audience/text_dictionary.h"
#include "tests/support/generator_random.h"
#include "tests/support/seed.h"

namespace segmentation::audience {
namespace {

using testing_support::GeneratorRandom;

// Of all sizes, both signs and the ends.
int64_t AnyNumber(GeneratorRandom& random) {
  switch (random.Below(6)) {
    case 0:
      return random.Between(-3, 3);
    case 1:
      return 1'000 + random.Below(250);
    case 2:
      return random.Below(65'536);
    case 3:
      return -random.Below(int64_t{1} << 31);
    case 4:
      return 1'700'000'000'000 + random.Below(int64_t{1} << 40);
    default:
      return random.Pick(
          std::vector<int64_t>{INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX});
  }
}

TEST(PackedPageTest, HoldsAnyNumbersAndFindsThemByRange) {
  GeneratorRandom random(testing_support::TestSeed());
  for (int round = 0; round < 60; ++round) {
    PackedPage page;
    std::vector<std::optional<int64_t>> model(kPageRows);
    // Pages of narrow numbers keep narrow cells; every third holds all kinds.
    const int64_t base = AnyNumber(random) / 2;
    const int64_t span = int64_t{1} << (random.Below(5) * 8);
    for (int step = 0; step < 6'000; ++step) {
      const auto row = static_cast<uint32_t>(random.Below(kPageRows));
      std::optional<int64_t> value;
      if (!random.Percent(15)) {
        value = round % 3 == 0 ? AnyNumber(random) : base + random.Below(span);
      }
      page.Set(row, value);
      model[row] = value;
    }
    for (uint32_t row = 0; row < kPageRows; ++row) ASSERT_EQ(page.Get(row), model[row]);
    for (int i = 0; i < 40; ++i) {
      ValueRange range{AnyNumber(random), AnyNumber(random)};
      if (i % 2 == 0) range = {base + random.Below(span), base + random.Below(span)};
      if (range.first > range.last) std::swap(range.first, range.last);
      std::array<uint64_t, PackedPage::kWords> bits{}, looked_up{};
      page.AddRowsIn(std::span(&range, 1), bits.data());
      const auto within = [&](int64_t value) {
        return range.first <= value && value <= range.last;
      };
      page.AddRowsWhere(within, looked_up.data());
      for (uint32_t row = 0; row < kPageRows; ++row) {
        const bool expected = model[row] && within(*model[row]);
        ASSERT_EQ((bits[row / 64] >> (row % 64) & 1) != 0, expected)
            << row << " in " << range.first << " to " << range.last;
        ASSERT_EQ((looked_up[row / 64] >> (row % 64) & 1) != 0, expected);
      }
    }
  }
}

TEST(PackedPageTest, AFallingColumnStaysAsNarrowAsItsRange) {
  PackedPage page;
  for (uint32_t row = 0; row < kPageRows; ++row) page.Set(row, 1'700'000'000 - int64_t{row} * 9);
  for (uint32_t row = 0; row < kPageRows; ++row) {
    ASSERT_EQ(page.Get(row), 1'700'000'000 - int64_t{row} * 9);
  }
  EXPECT_LE(page.bytes(), size_t{2} * kPageRows);
}

TEST(PackedArrayTest, GivesBackWhatItWasMadeOf) {
  GeneratorRandom random(testing_support::TestSeed());
  for (int round = 0; round < 300; ++round) {
    std::vector<std::optional<int64_t>> values(static_cast<size_t>(random.Below(300)));
    const bool any = random.Percent(40);
    const int64_t base = AnyNumber(random) / 2;
    const int64_t span = int64_t{1} << random.Below(60);
    for (auto& value : values) {
      if (random.Percent(80)) value = any ? AnyNumber(random) : base + random.Below(span);
    }
    const PackedArray packed{std::span<const std::optional<int64_t>>(values)};
    for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(packed.Get(i), values[i]);
  }
}

TEST(MemberBitmapTest, EveryVersionKeepsItsMembers) {
  GeneratorRandom random(testing_support::TestSeed());
  MemberBitmap bitmap;
  std::set<domain::MemberNo> model;
  std::vector<std::pair<MemberBitmap, std::set<domain::MemberNo>>> versions;
  Epoch epoch = 1;
  // Dense and sparse by turns, round the edges of blocks and nodes of blocks.
  for (int round = 0; round < 24; ++round) {
    const bool in = round % 4 != 3;
    for (int step = 0; step < 3'000; ++step) {
      const std::vector<domain::MemberNo> edges = {65'536, 131'072, 64 * 65'536};
      const auto member_no =
          static_cast<domain::MemberNo>(random.Pick(edges) + random.Between(-6'000, 6'000));
      const bool set = random.Percent(in ? 90 : 5);
      bitmap.Set(member_no, set, epoch);
      if (set) {
        model.insert(member_no);
      } else {
        model.erase(member_no);
      }
    }
    versions.emplace_back(bitmap, model);
    ++epoch;
  }
  auto bits = std::make_unique<BitBlock>();
  for (const auto& [version, members] : versions) {
    ASSERT_EQ(version.count(), members.size());
    for (const uint32_t block : {0u, 1u, 2u, 63u, 64u}) {
      bits->Clear();
      version.AddTo(block, bits.get());
      std::set<domain::MemberNo> found;
      bits->ForEach([&](uint32_t bit) { found.insert(block * kBlockMembers + bit); });
      const std::set<domain::MemberNo> expected(members.lower_bound(block * kBlockMembers),
                                                members.lower_bound((block + 1) * kBlockMembers));
      ASSERT_EQ(found, expected);
      ASSERT_EQ(version.CountOf(block), expected.size());
    }
    for (const domain::MemberNo member_no : members) ASSERT_TRUE(version.Test(member_no));
  }
}

TEST(PageTableTest, EveryVersionKeepsItsPages) {
  GeneratorRandom random(testing_support::TestSeed());
  PageTable<int> table;
  std::map<size_t, int> model;
  std::vector<std::pair<PageTable<int>, std::map<size_t, int>>> versions;
  for (Epoch epoch = 1; epoch < 60; ++epoch) {
    for (int step = 0; step < 20; ++step) {
      const auto page = static_cast<size_t>(random.Below(400));
      const auto value = static_cast<int>(random.Below(1'000'000));
      if (random.Percent(50)) {
        table.Edit(page, epoch) = value;
      } else {
        table.Replace(page, value, epoch);
      }
      model[page] = value;
    }
    versions.emplace_back(table, model);
  }
  for (const auto& [version, pages] : versions) {
    for (size_t page = 0; page < 400; ++page) {
      const auto expected = pages.find(page);
      const int* const found = version.Find(page);
      ASSERT_EQ(found == nullptr, expected == pages.end());
      if (found == nullptr) continue;
      ASSERT_EQ(*found, expected->second);
    }
  }
}

TEST(TextDictionaryTest, NumbersStayAndAreFoundOverManyChunks) {
  TextDictionary texts;
  constexpr TextNo kTexts = 5'000;
  for (TextNo i = 0; i < kTexts; ++i) {
    ASSERT_EQ(texts.Intern("文本 " + std::to_string(i)), i);
    ASSERT_EQ(texts.Intern("文本 " + std::to_string(i / 2)), i / 2);
  }
  EXPECT_EQ(texts.size(), kTexts);
  EXPECT_EQ(texts.Text(4'321), "文本 4321");
  EXPECT_EQ(texts.Find("文本 1024"), std::optional<TextNo>(1'024));
  EXPECT_EQ(texts.Find("文本"), std::nullopt);
  const std::vector<uint64_t> chosen =
      texts.Choose([](std::string_view text) { return text.ends_with("7"); });
  for (TextNo i = 0; i < kTexts; ++i) {
    ASSERT_EQ((chosen[i / 64] >> (i % 64) & 1) != 0, i % 10 == 7);
  }
}

// What was decided is not asked again, whoever asks, and texts that came since are.
TEST(TextDictionaryTest, RemembersWhatATestDecided) {
  TextDictionary texts;
  int asked = 0;
  const auto ends_with_7 = [&asked](std::string_view text) {
    ++asked;
    return text.ends_with("7");
  };
  const auto choose = [&](const std::string& key) {
    return texts.ChooseAgain(key, texts.size(), ends_with_7);
  };
  EXPECT_TRUE(choose("7").empty());
  EXPECT_TRUE(choose("7").empty()) << "of nothing, twice";
  for (int i = 0; i < 3'000; ++i) texts.Intern(std::to_string(i));
  EXPECT_EQ(choose("7"), texts.Choose(ends_with_7));
  asked = 0;
  EXPECT_EQ(choose("7").size(), (3'000u + 63) / 64);
  EXPECT_EQ(asked, 0);
  texts.Intern("3007");
  const std::vector<uint64_t> chosen = choose("7");
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(chosen[3'000 / 64] >> (3'000 % 64) & 1);
  // Whoever knows fewer texts gets no more than those.
  EXPECT_EQ(texts.ChooseAgain("7", 100, ends_with_7).size(), 2u);
  for (int key = 0; key < 100; ++key) choose(std::to_string(key));
  EXPECT_EQ(choose("7"), chosen);
  EXPECT_EQ(choose(""), chosen);
}

TEST(MemberDirectoryTest, FindsTheNumberThatIsMeant) {
  MemberDirectory directory;
  std::vector<std::string> ids(1);
  EXPECT_EQ(directory.Find("m1", [](domain::MemberNo) { return true; }), std::nullopt);
  for (domain::MemberNo number = 1; number <= 20'000; ++number) {
    // An id comes again under a later number, as after an erasure.
    ids.push_back("m" + std::to_string(number % 15'000));
    directory.Add(ids.back(), number);
    directory.Add(ids.back(), number);
  }
  for (domain::MemberNo number = 1; number <= 20'000; ++number) {
    const auto found = directory.Find(ids[number], [&](domain::MemberNo candidate) {
      return candidate == number && ids[candidate] == ids[number];
    });
    ASSERT_EQ(found, number);
  }
  EXPECT_EQ(directory.Find("nobody",
                           [&](domain::MemberNo candidate) { return ids[candidate] == "nobody"; }),
            std::nullopt);
  EXPECT_LT(directory.bytes(), 20'000u * 24);
}

}  // namespace
}  // namespace segmentation::audience
