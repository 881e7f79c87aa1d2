# Library headers that nearly every file reads, parsed once: half the time of a build from nothing. Ours are not among
# them, so that a changed header costs what includes it. A file still includes what it uses:
# -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds without.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # A compiler cache compares contents, not times.
  add_compile_options(-Xclang -fno-pch-timestamp)
endif()

# Everything compiled with the product's flags shares one; chunkrd_precompiled(target [tests]) makes it use it.
function(chunkrd_precompiled target)
  set(owner chunkrd_precompiled_headers)
  if("tests" IN_LIST ARGN)
    set(owner chunkrd_precompiled_test_headers)
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()

function(chunkrd_precompile owner header)
  add_library(${owner} OBJECT EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/precompiled/empty.cc)
  target_include_directories(${owner} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${owner} PRIVATE Boost::headers Boost::json spdlog::spdlog fmt::fmt Threads::Threads ${ARGN})
  # As core/CMakeLists.txt has them.
  target_compile_definitions(${owner} PRIVATE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
  target_precompile_headers(${owner} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled/${header})
endfunction()
chunkrd_precompile(chunkrd_precompiled_headers product.h)
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  chunkrd_precompile(chunkrd_precompiled_test_headers tests.h GTest::gmock)
endif()
