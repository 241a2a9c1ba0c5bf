/* match/finding_id.c - see the header. */
#include "match/finding_id.h"

#include "base/hash.h"

#define ID_SEED 0x7469657263656cULL /* changing it changes every id */

/* `digits` of them; returns the place behind. */
static char *put_hex(char *to, uint64_t number, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--) {
        to[i - 1] = "0123456789abcdef"[number & 0xf];
        number >>= 4;
    }
    return to + digits;
}

/* A UUID of version 8: 122 bits of hash. */
static void print_id(uint64_t high, uint64_t low, char id[FINDING_ID_LEN + 1])
{
    char *to = id;

    high = (high & ~0xf000ULL) | 0x8000ULL;
    low = (low & ~(3ULL << 62)) | (2ULL << 62);
    to = put_hex(to, high >> 32, 8);
    *to++ = '-';
    to = put_hex(to, high >> 16, 4);
    *to++ = '-';
    to = put_hex(to, high, 4);
    *to++ = '-';
    to = put_hex(to, low >> 48, 4);
    *to++ = '-';
    to = put_hex(to, low, 12);
    *to = '\0';
}

void finding_id(struct sv parts, char id[FINDING_ID_LEN + 1])
{
    print_id(hash_seed(parts, ID_SEED), hash_seed(parts, ~ID_SEED), id);
}

void finding_output_start(struct buf *out, uint64_t wall_ns, enum rule_priority priority)
{
    clock_iso8601(out, wall_ns);
    if (out->len > 0)
        out->len--; /* the Z: Falco writes a numeric zone in this place */
    buf_str(out, "+0000: ");
    buf_str(out, rule_priority_name(priority));
    buf_char(out, ' ');
}
