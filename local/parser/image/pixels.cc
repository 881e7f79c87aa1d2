#include "local/parser/image/pixels.h"

#include <leptonica/allheaders.h>

namespace chunkrd::local {

void DestroyPixels::operator()(Pix* pixels) const noexcept {
  ::pixDestroy(&pixels);
}

}  // namespace chunkrd::local
