/* Findings come to the hub from outside: whatever they hold, they are read or refused, and the line
 * for a terminal holds no control byte. */
#include <assert.h>

#include "base/arena.h"
#include "base/buf.h"
#include "match/finding.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf line = {0};
    struct sv json = {(const char *)data, size};
    struct finding_keys keys;

    int rc = finding_read(json, arena, &keys, NULL);
    int shown = finding_line(json, arena, false, &line);
    assert((rc == 0) == (shown == 0));
    if (rc == 0)
        assert(keys.id.len == FINDING_ID_LEN && keys.time_ns > 0);
    for (size_t i = 0; i < line.len; i++)
        assert((unsigned char)line.ptr[i] >= 0x20 && line.ptr[i] != 0x7f);
    return 0;
}
