/* decode/path.h - paths put together by their text alone, as a reader would. */
#pragma once

#include "base/sv.h"

struct arena;

/* `path` as seen from the directory `base`: joined when it is relative, with "." and "..", double
 * and trailing slashes gone. Nothing is looked up: links stay, and ".." of a link is not where the
 * kernel would go. An empty path gives `base`; a relative one without a base is returned as it is.
 * The result is in `scratch`, or one of the arguments. */
struct sv path_join(struct arena *scratch, struct sv base, struct sv path);
