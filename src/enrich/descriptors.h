/* enrich/descriptors.h - the open descriptors of a process, as events tell of them.
 *
 * Live, the kernel says with each event what its descriptor is; a recording says it once, where the
 * descriptor is made. A table belongs to a process, its threads share it. A fork shares table and
 * descriptors until one of the two changes something; only then it is copied. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "event/value.h"

struct text;

#define DESCRIPTORS_MAX 131072u /* of one process; more are not kept */

enum descriptor_role {
    DESCRIPTOR_ROLE_NONE,
    DESCRIPTOR_CLIENT,
    DESCRIPTOR_SERVER,
};

struct descriptor {
    uint32_t refs;
    char type;      /* as event_fd.type; 'X': of a kind that is not told */
    bool listening; /* type 4 or 6: bound to `to`, no connection */
    bool connected;
    bool upper_layer, lower_layer;
    uint8_t role; /* enum descriptor_role */
    uint8_t l4_protocol;
    uint16_t from_port, to_port;
    struct value_ip from, to; /* client and server; the same family */
    uint32_t flags;           /* as of event_flag_open */
    uint32_t dev;             /* as fd.dev shows it */
    uint64_t ino;
    uint64_t socket, peer; /* type u */
    int64_t pid;           /* type P */
    struct text *name, *name_raw;
};

struct descriptors;

/* One reference each. */
must_check struct descriptors *descriptors_new(void);
must_check struct descriptors *descriptors_share(struct descriptors *table);
void descriptors_unref(struct descriptors *table); /* NULL is fine */

/* NULL when there is none of that number. Valid until the table is changed. */
const struct descriptor *descriptors_find(const struct descriptors *table, int64_t num);
uint32_t descriptors_count(const struct descriptors *table);

/* What changes a table may have to copy it first: then *table is another one. */

/* A new descriptor, all zero, in place of the one that had the number; NULL when the table is full
 * or the number is none. Fill it at once. */
struct descriptor *descriptors_put(struct descriptors **table, int64_t num);
/* A copy of `from` under another number, as dup() makes it. NULL as above. */
struct descriptor *descriptors_copy(struct descriptors **table, int64_t num,
                                    const struct descriptor *from);
/* The descriptor, to be changed; NULL when there is none. */
struct descriptor *descriptors_edit(struct descriptors **table, int64_t num);
void descriptors_remove(struct descriptors **table, int64_t num);
/* Numbers from `first` to `last`. */
void descriptors_remove_range(struct descriptors **table, uint32_t first, uint32_t last);
void descriptors_flag_range(struct descriptors **table, uint32_t first, uint32_t last,
                            uint32_t flag);
/* Those that an exec closes. */
void descriptors_exec(struct descriptors **table);

/* Visit all, by number: start with *at = 0; NULL at the end. */
const struct descriptor *descriptors_next(const struct descriptors *table, uint64_t *at,
                                          int64_t *num);
