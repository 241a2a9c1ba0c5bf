/* What the validator believes, a reader may follow: every text lies inside the record. */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "bpf/include/wire.h"
#include "capture/wire_check.h"
#include "tests/fuzz/fuzz.h"

static size_t text_end(const struct wire_header *hdr)
{
    const struct wire_exec *exec = (const void *)hdr;
    const struct wire_cgroup *cgroup = (const void *)hdr;
    const struct wire_open *open = (const void *)hdr;
    const struct wire_call_record *call = (const void *)hdr;
    size_t end = sizeof(*call);

    switch (hdr->kind) {
    case WIRE_FORK:
    case WIRE_TASK:
        return sizeof(struct wire_task_record);
    case WIRE_EXIT:
        return sizeof(struct wire_exit);
    case WIRE_EXEC:
        return sizeof(*exec) + (size_t)exec->path_len + exec->filename_len + exec->cwd_len +
               exec->args_len + exec->env_len;
    case WIRE_CGROUP:
        return sizeof(*cgroup) + (size_t)cgroup->path_len;
    case WIRE_OPEN:
        return offsetof(struct wire_open, data) + (size_t)open->path_len + open->raw_len +
               open->base_len;
    case WIRE_CALL:
        for (size_t i = 0; i < WIRE_PART_COUNT; i++)
            end += call->len[i];
        return end;
    default:
        assert(!"a kind that does not exist");
        return 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(free) void *record = xmalloc(size == 0 ? 1 : size); /* aligned, and no larger */

    if (size > 0)
        memcpy(record, data, size);
    if (!wire_check(record, size))
        return 0;

    const struct wire_header *hdr = record;

    assert(hdr->size == size && size % 8 == 0 && size <= WIRE_RECORD_MAX);
    assert(text_end(hdr) <= size && size - text_end(hdr) < 8);
    return 0;
}
