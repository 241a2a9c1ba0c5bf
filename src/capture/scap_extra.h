/* capture/scap_extra.h - what captures of ours hold beyond what other tools read.
 *
 * The kernel side resolves paths and descriptors, and enrich/ reads files; .scap has no place for
 * that. So that a replay decodes what the sensor decoded, the records of the kernel ring are in the
 * file as well, and what had been learnt elsewhere by then: in events of a code that others do not
 * know and skip, SCAP_CODE_OURS, each before the events of its records. The state at the beginning
 * is a block of a type of its own, SCAP_BLOCK_OURS, which they skip.
 *
 * Both are a head and items, each padded to four bytes. An item is kind (u16), zero (u16), length
 * (u32) and bytes. Kinds that a reader does not know are passed over. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct buf;

enum scap_extra_kind {
    SCAP_EXTRA_PLACE = 1, /* hostname, node, cluster, link: each ended by NUL */
    SCAP_EXTRA_HOST,      /* inode of the host's mount namespace: a u32 */
    SCAP_EXTRA_CLOCK,     /* struct scap_extra_clock: of the record that follows */
    SCAP_EXTRA_RECORD,    /* a record of the ring: struct wire_header and on */
    SCAP_EXTRA_TASK,      /* a process that is there, as a struct wire_exec; its time is that of the
                           * last exec, 0 when that was not seen; then the name that its command
                           * line begins with */
    SCAP_EXTRA_ENDED,     /* ... that has gone but is remembered: struct wire_exit */
    SCAP_EXTRA_CGROUP,    /* a cgroup whose path came from elsewhere: struct wire_cgroup */
    SCAP_EXTRA_CONTAINER, /* a container as JSON */
    SCAP_EXTRA_USER,      /* struct scap_extra_id, then name, home, shell and the id of a container,
                           * empty for the host: each ended by NUL */
    SCAP_EXTRA_GROUP,     /* struct scap_extra_id, then name and the id of a container */
};

struct scap_extra_clock {
    uint64_t num;           /* the event's, 0 when the record makes none */
    int64_t boot_offset_ns; /* wall time less boot time, as the decoder had it */
};
_Static_assert(sizeof(struct scap_extra_clock) == 16, "file layout");

struct scap_extra_id {
    uint32_t id;
};
_Static_assert(sizeof(struct scap_extra_id) == 4, "file layout");

void scap_extra_begin(struct buf *out);
void scap_extra_item(struct buf *out, enum scap_extra_kind kind, struct sv bytes);

struct scap_extra_item {
    uint16_t kind;
    struct sv bytes; /* aligned to nothing */
};
/* Does `bytes` begin with a head? Then *items gets what follows it; records are of use only when
 * *wire_version is ours. */
must_check bool scap_extra_open(struct sv bytes, struct sv *items, uint16_t *wire_version);
/* Take the next item off the front; false at the end, also where the rest makes no sense. */
must_check bool scap_extra_next(struct sv *items, struct scap_extra_item *out);
