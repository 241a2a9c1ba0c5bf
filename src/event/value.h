/* event/value.h - one typed value: what a field gives, what a condition compares.
 *
 * Text is a view into the event, an entity or the event's scratch arena; copy it to keep it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct buf;
struct json_writer;

/* Types as the field lists of Falco name them (value_type_name()). */
enum value_type {
    VALUE_CHARBUF,
    VALUE_UINT8,
    VALUE_UINT16,
    VALUE_UINT32,
    VALUE_UINT64,
    VALUE_INT8,
    VALUE_INT16,
    VALUE_INT32,
    VALUE_INT64,
    VALUE_BOOL,
    VALUE_DOUBLE,
    VALUE_IPADDR,
    VALUE_IPNET,
    VALUE_PORT,    /* unsigned number */
    VALUE_RELTIME, /* ns */
    VALUE_ABSTIME, /* ns since the epoch */
    VALUE_BYTEBUF,
    VALUE_DYNAMIC, /* known per event: evt.rawarg */
    VALUE_TYPE_COUNT,
};

/* How a value is held. */
enum value_kind {
    VALUE_ABSENT,
    VALUE_TEXT,
    VALUE_UNSIGNED,
    VALUE_SIGNED,
    VALUE_TRUTH,
    VALUE_REAL,
    VALUE_ADDRESS,
    VALUE_NETWORK,
};

struct value_ip {
    uint8_t family;   /* 4 or 6 */
    uint8_t prefix;   /* bits of the prefix; of an address: 32 or 128 */
    uint8_t byte[16]; /* network order; IPv4 in the first four */
};

struct value {
    uint8_t kind; /* enum value_kind */
    union {
        struct sv text;
        uint64_t u64;
        int64_t i64;
        bool truth;
        double real;
        struct value_ip ip;
    };
};

static inline struct value value_sv(struct sv text)
{
    return (struct value){.kind = VALUE_TEXT, .text = text};
}
static inline struct value value_u64(uint64_t number)
{
    return (struct value){.kind = VALUE_UNSIGNED, .u64 = number};
}
static inline struct value value_i64(int64_t number)
{
    return (struct value){.kind = VALUE_SIGNED, .i64 = number};
}
static inline struct value value_bool(bool truth)
{
    return (struct value){.kind = VALUE_TRUTH, .truth = truth};
}

const char *value_type_name(enum value_type type); /* "CHARBUF" ... */
enum value_kind value_type_kind(enum value_type type);
bool value_type_numeric(enum value_type type); /* takes < and > */

/* Read `text` as a value of `type`: numbers decimal or hex, true/false, addresses, nets. false when
 * it is none. VALUE_IPADDR takes no prefix; VALUE_IPNET takes an address too, as a full prefix. */
must_check bool value_parse(enum value_type type, struct sv text, struct value *out);

/* As Falco prints it in text output. */
void value_print(struct buf *out, enum value_type type, const struct value *value);
/* As Falco writes it in output_fields: numbers and truth values bare, the rest as text. */
void value_json(struct json_writer *w, enum value_type type, const struct value *value);

/* Equal as a condition means it: integers by size whatever their sign, an address and a net when
 * one holds the other; false when either is absent. */
bool value_equal(const struct value *a, const struct value *b);
bool value_ip_in(const struct value_ip *ip, const struct value_ip *net);
