/* capture/scap_reader.h - reads capture files of sysdig, Falco and Stratoshark (.scap).
 *
 * The format is explained at the top of scap_reader.c. Plain or gzip, of any length: memory is
 * bounded by the largest block that is an event or ours. What a file says is checked before it is
 * believed; what it does not say (older versions) is zero, empty or -1. One thread. */
#pragma once

#include "base/attr.h"
#include "event/recorded.h"

struct err;
struct scap_reader;

#define SCAP_EVENT_MAX ((size_t)16 << 20) /* bytes of one event's block */
#define SCAP_OURS_MAX ((size_t)256 << 20) /* bytes of one block of ours */
#define SCAP_ENTRY_MAX ((size_t)1 << 20)  /* bytes of one process, descriptor, user ... */

/* What scap_reader_next() gives. */
enum scap_item_kind {
    SCAP_ITEM_END,     /* of the file, after a whole block */
    SCAP_ITEM_SECTION, /* another recording begins: what was known before is no longer so */
    SCAP_ITEM_MACHINE,
    SCAP_ITEM_INTERFACE,
    SCAP_ITEM_THREAD,
    SCAP_ITEM_DESCRIPTOR,
    SCAP_ITEM_USER,
    SCAP_ITEM_EVENT,
    SCAP_ITEM_OURS, /* a block of ours: scap_extra.h */
};

struct scap_event {
    uint64_t time_ns; /* wall */
    int64_t tid;
    uint16_t code; /* scap_table.h; may be one that is not known */
    uint16_t cpu;
    uint32_t flags;
    uint32_t param_count;
    bool large;        /* lengths have 32 bits */
    struct sv lengths; /* param_count of them */
    struct sv data;    /* the parameters, one after the other; as long as the lengths say */
};

struct scap_item {
    enum scap_item_kind kind;
    union {
        struct recorded_machine machine;
        struct recorded_interface interface;
        struct recorded_thread thread;
        struct recorded_descriptor descriptor;
        struct recorded_user user;
        struct scap_event event;
        struct sv ours;
    };
};

struct scap_reader_counts {
    uint64_t bytes;          /* read so far, unpacked: the offset that errors name */
    uint64_t bytes_packed;   /* ... of the file itself: for progress */
    uint64_t blocks_unknown; /* skipped */
    uint64_t events_odd;     /* skipped: their lengths contradict each other */
};

/* Errors: -ENOENT, -EACCES, -EINVAL (no such file, or of a byte order not ours), -EIO. */
must_check int scap_reader_open(const char *path, struct scap_reader **out, struct err *err);
void scap_reader_close(struct scap_reader *reader);
DEFINE_SCOPED(struct scap_reader *, scap_reader_close)

/* The next item; its views are valid until the next call. After an error there is no more.
 * Errors: -ENODATA (the file is cut off), -EINVAL (damaged), -E2BIG, -EIO; the words name the file
 * and the offset. */
must_check int scap_reader_next(struct scap_reader *reader, struct scap_item *out, struct err *err);

struct scap_reader_counts scap_reader_counts(const struct scap_reader *reader);
uint64_t scap_reader_size(const struct scap_reader *reader); /* bytes of the file, 0: a pipe */
