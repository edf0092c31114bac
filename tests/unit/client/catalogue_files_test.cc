// Members and products out of CSV files.
#include <gtest/gtest.h>

#include <string>

#include "client/cli/import/csv_catalogue.h"
#include "tests/unit/client/recording_sink.h"

namespace segmentation::cli {
namespace {

AttributeTypes Types() {
  AttributeTypes types;
  const auto add = [&types](const std::string& key, v1::AttributeType type, bool multi = false) {
    types[key].set_attribute(key);
    types[key].set_type(type);
    types[key].set_multi_valued(multi);
  };
  add("name", v1::ATTRIBUTE_TYPE_TEXT);
  add("birthday", v1::ATTRIBUTE_TYPE_DATE);
  add("height", v1::ATTRIBUTE_TYPE_DECIMAL);
  add("points", v1::ATTRIBUTE_TYPE_INTEGER);
  add("budget", v1::ATTRIBUTE_TYPE_MONEY);
  add("pets", v1::ATTRIBUTE_TYPE_TEXT, true);
  return types;
}

TEST(MemberFile, ReadsIdentitiesAndTypedAttributes) {
  RecordingSink<v1::Member> sink;
  const std::string path = TemporaryFile(
      "members.csv",
      "编号,手机,email,attribute.name,生日,attribute.height,attribute.points,attribute.budget,"
      "attribute.pets,blocked\n"
      "m1,'13800138000,a@qq.com;b@qq.com,小美,1990-02-28,1.72,12,99.90,猫;狗,是\n"
      "m2,,,,--02-29,,,,,\n"
      ",13900139000,,,,,,,,\n"
      ",,,nobody,,,,,,\n"
      "m5,1.39E+10,,,,,,,,\n"
      "m6,,,,1990-13-01,,,,,\n"
      "m7,,,,,,1.5,,,\n");
  ASSERT_TRUE(
      ReadCsvMembers({path},
                     {{"member_id", "编号"}, {"phone", "手机"}, {"attribute.birthday", "生日"}},
                     Types(), ShanghaiRules(""), sink)
          .ok());
  ASSERT_EQ(sink.rows.size(), 3u);
  const v1::Member& first = sink.rows[0];
  EXPECT_EQ(first.member_id(), "m1");
  EXPECT_TRUE(first.blocked());
  ASSERT_EQ(first.identities_size(), 3);
  EXPECT_EQ(first.identities(0).value(), "13800138000");
  std::map<std::string, v1::AttributeValues> values;
  for (const v1::AttributeValues& value : first.attributes()) values[value.attribute()] = value;
  EXPECT_EQ(values["name"].values(0).text_value(), "小美");
  EXPECT_EQ(values["birthday"].values(0).date_value().year(), 1990);
  EXPECT_EQ(values["height"].values(0).decimal_value(), "1.72");
  EXPECT_EQ(values["points"].values(0).integer_value(), 12);
  EXPECT_EQ(values["budget"].values(0).money_minor_units(), 9990);
  EXPECT_EQ(values["pets"].values_size(), 2);
  const v1::CivilDate& leap = sink.rows[1].attributes(0).values(0).date_value();
  EXPECT_EQ(leap.year(), 0);
  EXPECT_EQ(leap.month(), 2);
  EXPECT_EQ(leap.day(), 29);
  EXPECT_EQ(sink.rows[2].member_id(), "");
  EXPECT_EQ(sink.rejected_lines(), (std::vector<int64_t>{5, 6, 7, 8}));
}

TEST(MemberFile, UnknownAttributesAreRejectedWithAHint) {
  RecordingSink<v1::Member> sink;
  const std::string path =
      TemporaryFile("unknown_attribute.csv", "member_id,attribute.shoe\nm1,42\nm2,\n");
  ASSERT_TRUE(ReadCsvMembers({path}, {}, Types(), ShanghaiRules(""), sink).ok());
  EXPECT_EQ(sink.rows.size(), 1u) << "an empty value asks for nothing";
  ASSERT_EQ(sink.rejected.size(), 1u);
  EXPECT_NE(sink.rejected[0].message.find("segctl attribute create"), std::string::npos);
}

TEST(ProductFile, ReadsAllFields) {
  RecordingSink<v1::Product> sink;
  const std::string path = TemporaryFile("products.csv",
                                         "product_id,title,category,brand,stage\n"
                                         "P1,补水面膜,面膜,某牌,新品\n,x,,,\n");
  ASSERT_TRUE(ReadCsvProducts({path}, {}, ShanghaiRules(""), sink).ok());
  ASSERT_EQ(sink.rows.size(), 1u);
  EXPECT_EQ(sink.rows[0].title(), "补水面膜");
  EXPECT_EQ(sink.rows[0].stage(), "新品");
  EXPECT_EQ(sink.rejected_lines(), std::vector<int64_t>{3});
}

}  // namespace
}  // namespace segmentation::cli
