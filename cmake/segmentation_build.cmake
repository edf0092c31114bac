# Compiler settings and the functions that make one target a folder, so that an include
# against the layer order does not compile: a target sees only the headers it links.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Precompiled headers are cached too; checkouts of one machine share what they compile.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf CONFIG QUIET)
if(NOT Protobuf_FOUND)
  find_package(Protobuf REQUIRED)
endif()
find_package(gRPC CONFIG REQUIRED)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)

# Flags of our own code only: generated code is compiled as it comes.
add_library(segmentation_flags INTERFACE)
target_compile_options(segmentation_flags INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  -Wno-missing-field-initializers
  -Wno-restrict # false positives of GCC 12 on "literal" + std::string
)

add_compile_options(-fno-omit-frame-pointer -fpch-preprocess)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG") # -O3 costs a third more time to build and gains nothing here
if(SEGMENTATION_SANITIZE STREQUAL "address")
  # Instrumented code makes GCC 12 take initialised values for uninitialised.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -O1 -g1
                      -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=address,undefined)
elseif(SEGMENTATION_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -O1 -g1 -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=thread)
elseif(NOT SEGMENTATION_SANITIZE STREQUAL "")
  message(FATAL_ERROR "SEGMENTATION_SANITIZE: got '${SEGMENTATION_SANITIZE}', want address or thread")
else()
  add_compile_options(-fstack-protector-strong $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
endif()
if(SEGMENTATION_PLANTED_FAULT)
  add_compile_definitions(SEGMENTATION_PLANTED_FAULT_${SEGMENTATION_PLANTED_FAULT})
endif()
option(SEGMENTATION_PLANTED_FAULTS
  "Compile in the faults of tests/differential/planted_faults.txt, chosen when the program runs" OFF)
if(SEGMENTATION_PLANTED_FAULTS)
  add_compile_definitions(SEGMENTATION_PLANTED_FAULTS)
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# Half of a file's compile time is parsing these. Headers of others alone: ours would rebuild everything.
set(SEGMENTATION_PRECOMPILED
  <algorithm> <array> <atomic> <cstdint> <functional> <map> <memory> <mutex> <optional> <set> <span> <string>
  <string_view> <utility> <variant> <vector> <absl/status/status.h> <absl/status/statusor.h>
  <absl/strings/str_cat.h> <absl/time/time.h>)
set(SEGMENTATION_PRECOMPILED_RPC ${SEGMENTATION_PRECOMPILED} <google/protobuf/message.h> <grpcpp/grpcpp.h>)
set(SEGMENTATION_PRECOMPILED_TEST ${SEGMENTATION_PRECOMPILED} <gmock/gmock.h> <gtest/gtest.h>)

# segmentation_folder(NAME DEPS targets…): one static library of every .cc of the current folder.
# SUBFOLDERS adds sources of folders below that belong to the same target; PRECOMPILED names other
# headers to parse once than SEGMENTATION_PRECOMPILED.
function(segmentation_folder name)
  cmake_parse_arguments(ARG "" "" "DEPS;SUBFOLDERS;PRECOMPILED" ${ARGN})
  if(NOT ARG_PRECOMPILED)
    set(ARG_PRECOMPILED ${SEGMENTATION_PRECOMPILED})
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  foreach(folder IN LISTS ARG_SUBFOLDERS)
    file(GLOB more CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cc)
    list(APPEND sources ${more})
  endforeach()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PRIVATE segmentation_flags)
    target_link_libraries(${name} PUBLIC ${ARG_DEPS})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_precompile_headers(${name} PRIVATE ${ARG_PRECOMPILED})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_DEPS})
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
  endif()
endfunction()

# segmentation_test(NAME DEPS targets… [LABEL label]): one test program of every *_test.cc of the
# current folder. Whole programs are registered, since a program often shares one database.
function(segmentation_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "DEPS;ARGS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE segmentation_flags ${ARG_DEPS} GTest::gmock_main GTest::gtest)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  # A precompiled header takes as long as three or four files gain by it.
  list(LENGTH sources source_count)
  if(source_count GREATER 4)
    target_precompile_headers(${name} PRIVATE ${SEGMENTATION_PRECOMPILED_TEST})
  endif()
  # Test code measures nothing; unoptimised it builds in half the time.
  target_compile_options(${name} PRIVATE -O0 -U_FORTIFY_SOURCE)
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGS})
  if(ARG_LABEL)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}")
  else()
    set_tests_properties(${name} PROPERTIES LABELS fast)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(SEGMENTATION_SANITIZE)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 4") # instrumented code is that much slower
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "SEGMENTATION_SOURCE_DIR=${PROJECT_SOURCE_DIR};SEGMENTATION_BINARY_DIR=${PROJECT_BINARY_DIR}")
endfunction()
