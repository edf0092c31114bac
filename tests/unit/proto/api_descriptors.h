// The compiled descriptors of segmentation.v1, with comments, and what the tests ask of them.
#pragma once

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/compiler/parser.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "gtest/gtest.h"

namespace segmentation::api_test {

namespace pb = google::protobuf;

// Files of one package in a pool of their own.
struct Api {
  std::unique_ptr<pb::DescriptorPool> pool;
  std::vector<const pb::FileDescriptor*> files;
};

inline std::string EnvironmentPath(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    ADD_FAILURE() << name << " is not set: run this program through ctest";
    return "";
  }
  return value;
}

inline std::string ReadWholeFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) ADD_FAILURE() << "cannot read " << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The API as the build compiled it.
inline Api LoadApi() {
  Api api{std::make_unique<pb::DescriptorPool>(), {}};
  pb::FileDescriptorSet set;
  const std::string path =
      EnvironmentPath("SEGMENTATION_BINARY_DIR") + "/proto/segmentation_v1.descriptor_set";
  if (!set.ParseFromString(ReadWholeFile(path)) || set.file_size() == 0) {
    ADD_FAILURE() << path << " holds no descriptor set";
    return api;
  }
  for (const pb::FileDescriptorProto& file : set.file()) {
    const pb::FileDescriptor* built = api.pool->BuildFile(file);
    if (built == nullptr) {
      ADD_FAILURE() << file.name() << " does not link";
      return api;
    }
    if (built->package() == "segmentation.v1") api.files.push_back(built);
  }
  return api;
}

// An API of one file out of .proto text; `name` is its path.
inline Api ParseApi(const std::string& name, const std::string& text) {
  Api api{std::make_unique<pb::DescriptorPool>(), {}};
  for (const pb::FileDescriptor* standard :
       {pb::DescriptorPool::generated_pool()->FindFileByName("google/protobuf/timestamp.proto"),
        pb::DescriptorPool::generated_pool()->FindFileByName("google/protobuf/field_mask.proto")}) {
    pb::FileDescriptorProto copy;
    standard->CopyTo(&copy);
    api.pool->BuildFile(copy);
  }
  pb::io::ArrayInputStream input(text.data(), static_cast<int>(text.size()));
  pb::io::Tokenizer tokenizer(&input, nullptr);
  pb::compiler::Parser parser;
  pb::FileDescriptorProto file;
  file.set_name(name);
  if (!parser.Parse(&tokenizer, &file)) {
    ADD_FAILURE() << "does not parse: " << text;
    return api;
  }
  const pb::FileDescriptor* built = api.pool->BuildFile(file);
  if (built == nullptr) {
    ADD_FAILURE() << "does not link: " << text;
  } else {
    api.files.push_back(built);
  }
  return api;
}

// Calls `visit` for every message of the file, nested ones included, map entries not.
template <typename Visit>
void ForEachMessage(const pb::Descriptor* message, const Visit& visit) {
  if (message->options().map_entry()) return;
  visit(message);
  for (int i = 0; i < message->nested_type_count(); ++i) {
    ForEachMessage(message->nested_type(i), visit);
  }
}
template <typename Visit>
void ForEachMessage(const Api& api, const Visit& visit) {
  for (const pb::FileDescriptor* file : api.files) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      ForEachMessage(file->message_type(i), visit);
    }
  }
}

// Every enum, those inside messages included.
template <typename Visit>
void ForEachEnum(const Api& api, const Visit& visit) {
  for (const pb::FileDescriptor* file : api.files) {
    for (int i = 0; i < file->enum_type_count(); ++i) visit(file->enum_type(i));
  }
  ForEachMessage(api, [&](const pb::Descriptor* message) {
    for (int i = 0; i < message->enum_type_count(); ++i) visit(message->enum_type(i));
  });
}

template <typename Visit>
void ForEachMethod(const Api& api, const Visit& visit) {
  for (const pb::FileDescriptor* file : api.files) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        visit(file->service(i)->method(j));
      }
    }
  }
}

// "ShopService" → "shop_service"; no two capitals follow each other in this API.
inline std::string SnakeCase(std::string_view pascal) {
  std::string snake;
  for (char c : pascal) {
    if (std::isupper(static_cast<unsigned char>(c)) && !snake.empty()) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return snake;
}

}  // namespace segmentation::api_test
