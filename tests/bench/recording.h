/* tests/bench/recording.h - a stream of real records of our sensor, kept in a file.
 *
 * Made once, of a mixed load inside a cgroup of our own: compilers, archives, searches, shells,
 * queries of the package tools, a web server on the loopback; calls that move data are left out.
 * The file is the records one after the other behind a short head. One thread; a failure prints why
 * and ends the program (exit 77 where the machine lacks BPF). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bpf/include/wire.h"

#define RECORDING_RECORDS 2600000u /* wanted */
#define RECORDING_ENOUGH 2000000u  /* to use a file again */
#define RECORDING_SECONDS 170u
#define RECORDING_HEAD 32 /* bytes before the first record */

struct recording {
    char *base; /* of the mapped file */
    size_t bytes;
    const char *first; /* record */
    uint64_t records, lost;
    uint64_t of_kind[WIRE_KIND_COUNT];
};

/* Record into `path` unless it is there already, and said to be complete. */
void recording_make(const char *path);
void recording_open(struct recording *recording, const char *path);
void recording_close(struct recording *recording);

/* The record at *at, which is moved on to the next; NULL at the end. */
static inline const struct wire_header *recording_next(const struct recording *recording,
                                                       const char **at)
{
    const struct wire_header *record = (const struct wire_header *)(const void *)*at;

    if (*at >= recording->base + recording->bytes)
        return NULL;
    *at += record->size;
    return record;
}
