# How every target is compiled.

# g++ 12 destroys temporaries in co_await expressions twice: see docs/architecture.md, "Compiler".
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} compiles coroutines wrongly (temporaries in co_await expressions are "
    "destroyed twice). Use clang 19: cmake --preset release, or -DCMAKE_CXX_COMPILER=clang++-19.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wthread-safety)
endif()

# Line numbers for stack traces, not every template's types: the build is noticeably shorter.
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-gline-tables-only)
endif()

set(CHUNKRD_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")
if(CHUNKRD_SANITIZE)
  # Not optimized, and with line numbers only: half the time to compile, and reports are as good.
  add_compile_options(-fsanitize=${CHUNKRD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O0
                      -gline-tables-only)
  add_link_options(-fsanitize=${CHUNKRD_SANITIZE})
endif()

find_program(CHUNKRD_LLD NAMES ld.lld-19 ld.lld)
if(CHUNKRD_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(--ld-path=${CHUNKRD_LLD})
endif()
