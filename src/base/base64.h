/* base/base64.h - bytes of their base64 text (RFC 4648, the standard alphabet). Any thread. */
#pragma once

#include "base/attr.h"
#include "base/sv.h"

struct arena;

/* Decode; the bytes live in `arena`. Padding may be there or not. false on any other character,
 * when bits beyond the last whole byte are not zero, or past the arena's limit. */
must_check bool base64_decode(struct sv text, struct arena *arena, struct sv *out);
