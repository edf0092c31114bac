// T66: audiences are kept for their next page, within two bounds.
#include "server/usecase/audience_cache.h"

#include "gtest/gtest.h"
#include "tests/unit/usecase/write_harness.h"

namespace segmentation::usecase {
namespace {

constexpr size_t kManyBytes = size_t{1} << 30;

std::shared_ptr<Audience> Evaluated(AudienceCache& cache, domain::Revision revision, int count,
                                    absl::Status* status = nullptr) {
  std::shared_ptr<Audience> audience = cache.Make();
  audience->key.revision = revision;
  std::vector<domain::MemberNo> members;
  for (int i = 1; i <= count; ++i) members.push_back(static_cast<domain::MemberNo>(i));
  const absl::Status appended = cache.Append(members, *audience);
  if (status != nullptr) *status = appended;
  return appended.ok() ? audience : nullptr;
}
AudienceKey Key(domain::Revision revision) {
  AudienceKey key;
  key.revision = revision;
  return key;
}

TEST(AudienceCacheTest, KeepsTheNewestWithinItsBytes) {
  AudienceCache cache(3'000, kManyBytes);
  for (int revision = 1; revision <= 4; ++revision) cache.Put(Evaluated(cache, revision, 200));
  EXPECT_EQ(cache.Find(Key(1)), nullptr);
  ASSERT_NE(cache.Find(Key(4)), nullptr);
  EXPECT_EQ(cache.Find(Key(4))->members.size(), 200u);
  cache.Put(Evaluated(cache, 5, 10'000));
  EXPECT_EQ(cache.Find(Key(5)), nullptr) << "larger than the cache";
  EXPECT_NE(cache.Find(Key(4)), nullptr);
}

TEST(AudienceCacheTest, UnreadOnesMakeRoomAndReadOnesStay) {
  AudienceCache cache(kManyBytes, 2'000);
  cache.Put(Evaluated(cache, 1, 200));
  cache.Put(Evaluated(cache, 2, 200));
  std::shared_ptr<const Audience> read = cache.Find(Key(1));
  EXPECT_EQ(cache.budget().taken(), 1'600u);
  std::shared_ptr<Audience> third = Evaluated(cache, 3, 200);
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(cache.Find(Key(2)), nullptr) << "only kept, so it had to go";
  EXPECT_NE(cache.Find(Key(1)), nullptr) << "being read, so dropping it frees nothing";
  absl::Status refused;
  EXPECT_EQ(Evaluated(cache, 4, 200, &refused), nullptr);
  EXPECT_EQ(ReasonOf(refused), base::Reason::QUEUE_FULL);
  EXPECT_EQ(cache.budget().taken(), 1'600u) << "a refused one leaves nothing behind";
  third.reset();
  EXPECT_NE(Evaluated(cache, 5, 200), nullptr);
}

TEST(AudienceCacheTest, CountsTheMemoryThatGrowingTakes) {
  AudienceCache cache(0, kManyBytes);
  std::shared_ptr<Audience> audience = cache.Make();
  const std::vector<domain::MemberNo> page(100, 7);
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(cache.Append(page, *audience).ok());
  EXPECT_EQ(audience->members.size(), 900u);
  EXPECT_EQ(cache.budget().taken(), audience->members.capacity() * sizeof(domain::MemberNo));
  audience.reset();
  EXPECT_EQ(cache.budget().taken(), 0u);
}

}  // namespace
}  // namespace segmentation::usecase
