// Precompiled for tests (cmake/precompiled.cmake).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cmake/precompiled/product.h"
