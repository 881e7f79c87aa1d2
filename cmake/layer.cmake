# A layer is one static library made from one folder: chunkrd_layer(core SOURCES a.cc b.cc LINKS x y).
# Includes are written from the project's root ("daemon/core/clock.h" is <core/clock.h> inside daemon/):
# "core/clock.h", "config/settings.h", "metrics/registry.h".
function(chunkrd_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(chunkrd_${name} STATIC ${ARG_SOURCES})
  target_include_directories(chunkrd_${name} PUBLIC ${PROJECT_SOURCE_DIR}/daemon ${PROJECT_SOURCE_DIR})
  target_link_libraries(chunkrd_${name} PUBLIC ${ARG_LINKS})
  chunkrd_precompiled(chunkrd_${name})
endfunction()

# A GoogleTest program whose tests ctest knows one by one: chunkrd_test(queue_test SOURCES a.cc LINKS chunkrd_queue).
# THREADED: the code under test uses more than one thread, so it is also built by the target threaded_tests and run
# under ThreadSanitizer (label unit-threaded).
# One without LABELS is a unit test: built by the target unit_tests, run under AddressSanitizer (label unit).
add_custom_target(threaded_tests)
add_custom_target(unit_tests)
function(chunkrd_test name)
  cmake_parse_arguments(ARG "THREADED" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
    add_dependencies(unit_tests ${name})
  endif()
  if(ARG_THREADED)
    string(APPEND ARG_LABELS -threaded)  # gtest_discover_tests takes one label
    add_dependencies(threaded_tests ${name})
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  # core, for the precompiled headers: Asio's refer to what it compiles.
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} chunkrd_core GTest::gmock GTest::gtest_main)
  chunkrd_precompiled(${name} tests)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()
