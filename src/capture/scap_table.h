/* capture/scap_table.h - the events of .scap files: their codes, and the parameters they carry.
 *
 * Sysdig, Falco and Stratoshark write these. Names of events and parameters are those of
 * event/event_table.c, so that parameters find their places by name; a code that is older than
 * these places them otherwise, and decode/scap.c knows how. Constant; any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/sv.h"

#define SCAP_CODE_NONE UINT32_MAX
#define SCAP_PARAMS_MAX 32

/* How a parameter lies in the file: little-endian numbers of scap_type_size() bytes, or any bytes.
 */
enum scap_type {
    SCAP_NONE,
    SCAP_INT16,
    SCAP_INT32,
    SCAP_INT64,
    SCAP_UINT8,
    SCAP_UINT16,
    SCAP_UINT32,
    SCAP_UINT64,
    SCAP_CHARBUF, /* ends in NUL, which is counted */
    SCAP_BYTEBUF,
    SCAP_ERRNO,     /* int64: a result, or a negative errno */
    SCAP_SOCKADDR,  /* family (one byte), then IPv4: address, port; IPv6: the same; unix: path */
    SCAP_SOCKTUPLE, /* family, then source and destination of it; unix: two pointers and a path */
    SCAP_FD,        /* int64 */
    SCAP_PID,       /* int64 */
    SCAP_FDLIST,    /* count (uint16), then descriptor (int64) and flags (int16) of each */
    SCAP_FSPATH,    /* as SCAP_CHARBUF */
    SCAP_SYSCALLID, /* uint16: scap_call_name() */
    SCAP_SIGTYPE,   /* uint8 */
    SCAP_RELTIME,   /* uint64, ns */
    SCAP_ABSTIME,   /* uint64, ns since the epoch */
    SCAP_PORT,      /* uint16 */
    SCAP_IPV4ADDR,
    SCAP_DYNAMIC, /* which of a few types (one byte), then the value */
    SCAP_FLAGS8,
    SCAP_FLAGS16,
    SCAP_FLAGS32,
    SCAP_UID, /* uint32 */
    SCAP_GID,
    SCAP_SIGSET,       /* uint32 */
    SCAP_CHARBUFARRAY, /* only in recordings of sysdig's tracers */
    SCAP_PAIRARRAY,    /* ... too */
    SCAP_IPV6ADDR,
    SCAP_MODE,      /* uint32 */
    SCAP_FSRELPATH, /* as SCAP_CHARBUF; relative to the descriptor beside it */
    SCAP_ENUMFLAGS8,
    SCAP_ENUMFLAGS16,
    SCAP_ENUMFLAGS32,
    SCAP_FD32,
    SCAP_PID32,
};

/* Of a call, its beginning or its end; or an event that has no two parts. */
enum scap_part {
    SCAP_ENTER,
    SCAP_EXIT,
    SCAP_WHOLE,
};

enum scap_flag {
    SCAP_OLD = 1 << 0,   /* made by no current recorder */
    SCAP_LARGE = 1 << 1, /* lengths of parameters have 32 bits instead of 16 */
};

struct scap_param {
    const char *name;
    enum scap_type type;
};

struct scap_event_info {
    const char
        *name; /* "syscall": a call without a code of its own; its first parameter says which */
    const struct scap_param *param;
    uint32_t param_count;
    enum scap_part part;
    uint32_t flags; /* enum scap_flag */
};

/* NULL for a code that stands for nothing here. */
const struct scap_event_info *scap_event_info(uint16_t code);
/* The newest code of an event that current recorders make, with room for as many parameters;
 * SCAP_CODE_NONE when there is none. */
uint32_t scap_event_code(struct sv name, enum scap_part part, uint32_t param_count);

/* The call that "syscall" events number so, or NULL. */
const char *scap_call_name(uint16_t number);
uint32_t scap_call_number(struct sv name); /* SCAP_CODE_NONE when there is none */

size_t scap_type_size(enum scap_type type); /* bytes of a value; 0: they vary */
