// From bytes to rows: encodings, CSV, sorting outside memory.
#include <gtest/gtest.h>
#include <iconv.h>
#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/import/csv_reader.h"
#include "client/cli/import/packed_fields.h"
#include "client/cli/import/spool_sort.h"
#include "client/cli/import/text_decoder.h"
#include "tests/unit/client/recording_sink.h"

namespace segmentation::cli {
namespace {

// Decodes bytes given in pieces of `piece` bytes.
std::string Decode(const std::string& bytes, size_t piece, TextEncoding* found,
                   std::optional<TextEncoding> given = std::nullopt) {
  TextDecoder decoder(given);
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    text += *decoder.Decode(bytes.substr(at, piece), false);
  }
  text += *decoder.Decode("", true);
  *found = decoder.encoding();
  return text;
}

TEST(TextDecoder, FindsTheEncodingWhateverThePieces) {
  struct Case {
    std::string bytes;
    TextEncoding encoding;
    std::string text;
  };
  const std::vector<Case> cases = {
      {"plain", TextEncoding::kUtf8, "plain"},
      {"\xEF\xBB\xBF订单", TextEncoding::kUtf8, "订单"},
      {"a,订单编号\n", TextEncoding::kUtf8, "a,订单编号\n"},
      {"a,\xB6\xA9\xB5\xA5\xB1\xE0\xBA\xC5\n", TextEncoding::kGb18030, "a,订单编号\n"},
      // A character of four bytes in GB18030 only: U+1F600.
      {"\xB6\xA9\x94\x39\xFC\x36", TextEncoding::kGb18030, "订\xF0\x9F\x98\x80"},
      {std::string("\xFF\xFE"
                   "a\0\xC4\x8B",
                   6),
       TextEncoding::kUtf16Le, "a评"},
      {std::string("\xFE\xFF\0a\x8B\xC4", 6), TextEncoding::kUtf16Be, "a评"},
  };
  for (const Case& test : cases) {
    for (size_t piece = 1; piece <= test.bytes.size(); ++piece) {
      TextEncoding found;
      const std::string text = Decode(test.bytes, piece, &found);
      EXPECT_EQ(found, test.encoding) << test.text << " in pieces of " << piece;
      EXPECT_EQ(text, test.text);
    }
  }
}

TEST(TextDecoder, DecidesByTheFirstTextHoweverLate) {
  const std::string ascii(300'000, 'x');
  TextEncoding found;
  EXPECT_EQ(Decode(ascii + "\xB6\xA9\xB5\xA5", 4096, &found), ascii + "订单");
  EXPECT_EQ(found, TextEncoding::kGb18030);
}

std::string Gbk(const std::string& utf8) {
  const iconv_t handle = iconv_open("GB18030", "UTF-8");
  std::string in = utf8, out(utf8.size() * 2, '\0');
  char *from = in.data(), *to = out.data();
  size_t from_left = in.size(), to_left = out.size();
  EXPECT_EQ(iconv(handle, &from, &from_left, &to, &to_left), 0u);
  iconv_close(handle);
  out.resize(out.size() - to_left);
  return out;
}

// One bad byte among characters of UTF-8 must not turn the whole file into other characters.
TEST(TextDecoder, AFewBadBytesLeaveUtf8AsItIs) {
  const std::string rows = "订单编号,标题,城市\n1,蕾丝连衣裙,上海\n2,补水面膜,北京\n";
  for (const std::string& bad : {std::string("\xFF"), std::string("\xB6\xA9"),
                                 std::string("\xE8\xAE"), std::string("\x80")}) {
    for (size_t at = 0; at <= rows.size(); ++at) {
      if (at < rows.size() && (static_cast<uint8_t>(rows[at]) & 0xC0) == 0x80) continue;
      const std::string bytes = rows.substr(0, at) + bad + rows.substr(at);
      TextEncoding found;
      EXPECT_EQ(Decode(bytes, 7, &found), bytes) << "at " << at;
      EXPECT_EQ(found, TextEncoding::kUtf8) << "at " << at;
    }
  }
  // The bad row alone is refused.
  const std::string path = TemporaryFile("one_bad_byte.csv", "id,标题\n1,\xFF裙\n2,补水面膜\n");
  auto reader = CsvReader::Open(path, std::nullopt, 0);
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::vector<bool> clean;
  CsvRow row;
  while (*(*reader)->Next(&row)) clean.push_back(IsCleanUtf8(row.fields[1]));
  EXPECT_EQ((*reader)->encoding(), TextEncoding::kUtf8);
  EXPECT_EQ(clean, (std::vector<bool>{true, false, true}));
}

TEST(TextDecoder, FindsGbkByItselfDamagedOrNot) {
  const std::string rows = "订单编号,标题,城市\n1,蕾丝连衣裙,上海\n2,补水面膜,北京\n";
  const std::string gbk = Gbk(rows);
  TextEncoding found;
  EXPECT_EQ(Decode(gbk, 7, &found), rows);
  EXPECT_EQ(found, TextEncoding::kGb18030);
  for (const char* text : {"张", "小美", "上海,蕾丝", "标题", "é€"}) {
    EXPECT_EQ(Decode(Gbk(text), 3, &found), text);
    EXPECT_EQ(found, TextEncoding::kGb18030) << text;
  }
  for (size_t at = 0; at <= gbk.size(); ++at) {
    Decode(gbk.substr(0, at) + "\xFF" + gbk.substr(at), 7, &found);
    EXPECT_EQ(found, TextEncoding::kGb18030) << "at " << at;
  }
}

TEST(TextDecoder, BytesThatMeanNothingAreFoundInTheirRow) {
  TextEncoding found;
  const std::string text = Decode("\xB6\xA9\xFF\xFF,\xB5\xA5", 3, &found, TextEncoding::kGb18030);
  EXPECT_FALSE(IsCleanUtf8(text));
  EXPECT_TRUE(text.ends_with(",单"));
}

TEST(Utf8, IsCheckedStrictly) {
  for (const char* good : {"", "a", "é", "订", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsCleanUtf8(good)) << good;
  }
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xE8\xAE",
                          "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xFF"}) {
    EXPECT_FALSE(IsCleanUtf8(bad));
  }
  EXPECT_FALSE(IsCleanUtf8(std::string_view("a\0b", 3)));
}

std::vector<CsvRow> ReadCsv(const std::string& name, const std::string& bytes,
                            absl::Status* error = nullptr) {
  auto reader = CsvReader::Open(TemporaryFile(name, bytes), std::nullopt, 0);
  EXPECT_TRUE(reader.ok()) << reader.status();
  std::vector<CsvRow> rows;
  CsvRow row;
  while (true) {
    const absl::StatusOr<bool> more = (*reader)->Next(&row);
    if (!more.ok()) {
      if (error != nullptr) *error = more.status();
      EXPECT_NE(error, nullptr) << more.status();
      return rows;
    }
    if (!*more) return rows;
    rows.push_back(row);
  }
}

TEST(CsvReader, ReadsQuotesLineBreaksAndKnowsLines) {
  const std::vector<CsvRow> rows =
      ReadCsv("quotes.csv", "id,title\r\n1,\"two\r\nlines, \"\"quoted\"\"\"\r\n\r\n2, x \n3,");
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[1].line, 2);
  EXPECT_EQ(rows[1].fields, (std::vector<std::string>{"1", "two\r\nlines, \"quoted\""}));
  EXPECT_EQ(rows[2].line, 5);
  EXPECT_EQ(rows[2].fields, (std::vector<std::string>{"2", "x"}));
  EXPECT_EQ(rows[3].line, 6);
  EXPECT_EQ(rows[3].fields, (std::vector<std::string>{"3", ""}));
}

TEST(CsvReader, FindsTheDelimiter) {
  EXPECT_EQ(ReadCsv("tabs.csv", "a\tb,c\td\n1\t2\t3\n")[1].fields.size(), 3u);
  EXPECT_EQ(ReadCsv("semicolons.csv", "a;\"b,c,d,e\";f\n1;2;3\n")[1].fields.size(), 3u);
}

TEST(CsvReader, AQuoteNeverClosedIsAnErrorWithItsLine) {
  absl::Status error;
  ReadCsv("open.csv", "a\n1\n\"2\n3\n", &error);
  EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(error.message().find("line 3"), absl::string_view::npos) << error;
}

TEST(CsvReader, ReadsGzipAndNoticesACutOne) {
  std::string text = "id\n";
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string path = ::testing::TempDir() + "/segctl_rows.csv.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())),
            static_cast<int>(text.size()));
  gzclose(file);
  const std::string packed = ReadWholeFile(path);
  EXPECT_EQ(ReadCsv("whole.csv.gz", packed).size(), 50'001u);
  absl::Status error;
  ReadCsv("cut.csv.gz", packed.substr(0, packed.size() / 2), &error);
  EXPECT_EQ(error.code(), absl::StatusCode::kDataLoss) << error;
}

TEST(CsvReader, NamesAFileThatIsNotThere) {
  const auto reader = CsvReader::Open("/nonexistent/orders.csv", std::nullopt, 0);
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(reader.status().message().find("/nonexistent/orders.csv"), absl::string_view::npos);
}

TEST(SpoolSort, SortsStablyInMemoryAndOutside) {
  for (const size_t memory : {size_t{1000}, size_t{10'000}, size_t{1} << 20}) {
    SpoolSort sort(memory);
    std::mt19937 random(20260101);
    std::vector<std::pair<std::string, std::string>> want;
    for (int i = 0; i < 2000; ++i) {
      std::string key = std::to_string(random() % 300);
      if (i % 100 == 0) key = std::string("\0\xFF", 2);
      want.emplace_back(key, std::to_string(i));
      ASSERT_TRUE(sort.Add(key, std::to_string(i)).ok());
    }
    std::stable_sort(want.begin(), want.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::pair<std::string, std::string>> got;
    std::string key, value;
    while (true) {
      const absl::StatusOr<bool> more = sort.Next(&key, &value);
      ASSERT_TRUE(more.ok()) << more.status();
      if (!*more) break;
      got.emplace_back(key, value);
    }
    EXPECT_EQ(got, want) << "with " << memory << " bytes";
    EXPECT_EQ(sort.spooled_run_count() > 1, memory < (1 << 20));
  }
}

TEST(PackedFields, ComeBackAsTheyWere) {
  const std::vector<std::string> fields = {"", "a", std::string("\0\n,", 3),
                                           std::string(70'000, 'x')};
  EXPECT_EQ(UnpackFields(PackFields(fields)), fields);
  EXPECT_TRUE(UnpackFields("").empty());
}

}  // namespace
}  // namespace segmentation::cli
