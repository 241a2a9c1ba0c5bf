#include "event/value.h"

#include <arpa/inet.h>
#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"

enum { NUMBER_TEXT_MAX = 64, ADDRESS_BITS_4 = 32, ADDRESS_BITS_6 = 128 };

static const struct {
    const char *name;
    uint8_t kind;
    uint8_t bits; /* numbers: how wide */
} types[VALUE_TYPE_COUNT] = {
    [VALUE_CHARBUF] = {"CHARBUF", VALUE_TEXT, 0},
    [VALUE_UINT8] = {"UINT8", VALUE_UNSIGNED, 8},
    [VALUE_UINT16] = {"UINT16", VALUE_UNSIGNED, 16},
    [VALUE_UINT32] = {"UINT32", VALUE_UNSIGNED, 32},
    [VALUE_UINT64] = {"UINT64", VALUE_UNSIGNED, 64},
    [VALUE_INT8] = {"INT8", VALUE_SIGNED, 8},
    [VALUE_INT16] = {"INT16", VALUE_SIGNED, 16},
    [VALUE_INT32] = {"INT32", VALUE_SIGNED, 32},
    [VALUE_INT64] = {"INT64", VALUE_SIGNED, 64},
    [VALUE_BOOL] = {"BOOL", VALUE_TRUTH, 0},
    [VALUE_DOUBLE] = {"DOUBLE", VALUE_REAL, 0},
    [VALUE_IPADDR] = {"IPADDR", VALUE_ADDRESS, 0},
    [VALUE_IPNET] = {"IPNET", VALUE_NETWORK, 0},
    [VALUE_PORT] = {"PORT", VALUE_UNSIGNED, 16},
    [VALUE_RELTIME] = {"RELTIME", VALUE_UNSIGNED, 64},
    [VALUE_ABSTIME] = {"ABSTIME", VALUE_UNSIGNED, 64},
    [VALUE_BYTEBUF] = {"BYTEBUF", VALUE_TEXT, 0},
    [VALUE_DYNAMIC] = {"DYNAMIC", VALUE_TEXT, 0},
};

const char *value_type_name(enum value_type type)
{
    assert(type < VALUE_TYPE_COUNT);
    return types[type].name;
}

enum value_kind value_type_kind(enum value_type type)
{
    assert(type < VALUE_TYPE_COUNT);
    return types[type].kind;
}

bool value_type_numeric(enum value_type type)
{
    enum value_kind kind = value_type_kind(type);

    return kind == VALUE_UNSIGNED || kind == VALUE_SIGNED || kind == VALUE_REAL;
}

static bool parse_unsigned(struct sv text, unsigned bits, struct value *out)
{
    uint64_t number = 0;

    if (!sv_to_u64(text, &number) || (bits < 64 && number >> bits != 0))
        return false;
    *out = value_u64(number);
    return true;
}

static bool parse_signed(struct sv text, unsigned bits, struct value *out)
{
    int64_t number = 0;
    int64_t max = (int64_t)(UINT64_MAX >> (65 - bits));

    if (!sv_to_i64(text, &number) || number > max || number < -max - 1)
        return false;
    *out = value_i64(number);
    return true;
}

/* Only digits, one point and an exponent: no "inf", no "nan", no hex, no white space. */
static bool parse_real(struct sv text, struct value *out)
{
    char copy[NUMBER_TEXT_MAX];
    char *end = NULL;

    if (text.len == 0 || text.len >= sizeof(copy))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (memchr("0123456789+-.eE", text.ptr[i], 15) == NULL)
            return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    double real = strtod(copy, &end);
    if (*end != '\0' || !isfinite(real))
        return false;
    *out = (struct value){.kind = VALUE_REAL, .real = real};
    return true;
}

static bool parse_truth(struct sv text, struct value *out)
{
    bool yes = sv_eq(text, SV("true"));

    if (!yes && !sv_eq(text, SV("false")))
        return false;
    *out = value_bool(yes);
    return true;
}

static bool parse_address(struct sv text, struct value *out)
{
    char copy[INET6_ADDRSTRLEN];
    struct value_ip ip = {.family = 4, .prefix = ADDRESS_BITS_4};

    if (text.len >= sizeof(copy))
        return false;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (strlen(copy) != text.len)
        return false;
    if (inet_pton(AF_INET, copy, ip.byte) != 1) {
        ip = (struct value_ip){.family = 6, .prefix = ADDRESS_BITS_6};
        if (inet_pton(AF_INET6, copy, ip.byte) != 1)
            return false;
    }
    *out = (struct value){.kind = VALUE_ADDRESS, .ip = ip};
    return true;
}

static bool parse_network(struct sv text, struct value *out)
{
    struct sv address = sv_split(&text, '/');
    uint64_t prefix = 0;
    struct value net;

    if (!parse_address(address, &net))
        return false;
    net.kind = VALUE_NETWORK;
    if (text.ptr != NULL) { /* there was a slash */
        if (sv_starts(text, SV("0x")) || !sv_to_u64(text, &prefix) || prefix > net.ip.prefix)
            return false;
        net.ip.prefix = (uint8_t)prefix;
    }
    *out = net;
    return true;
}

bool value_parse(enum value_type type, struct sv text, struct value *out)
{
    switch (value_type_kind(type)) {
    case VALUE_TEXT:
        *out = value_sv(text);
        return true;
    case VALUE_UNSIGNED:
        return parse_unsigned(text, types[type].bits, out);
    case VALUE_SIGNED:
        return parse_signed(text, types[type].bits, out);
    case VALUE_TRUTH:
        return parse_truth(text, out);
    case VALUE_REAL:
        return parse_real(text, out);
    case VALUE_ADDRESS:
        return parse_address(text, out);
    case VALUE_NETWORK:
        return parse_network(text, out);
    case VALUE_ABSENT:
        break;
    }
    return false;
}

static void print_ip(struct buf *out, const struct value_ip *ip)
{
    char text[INET6_ADDRSTRLEN];

    if (ip->family != 4) {
        if (inet_ntop(AF_INET6, ip->byte, text, sizeof(text)) != NULL)
            buf_str(out, text);
        return;
    }
    for (size_t i = 0; i < 4; i++) { /* every connection's name has two: inet_ntop() is slow */
        if (i > 0)
            buf_char(out, '.');
        buf_u64(out, ip->byte[i]);
    }
}

static void print_real(struct buf *out, double real)
{
    char text[NUMBER_TEXT_MAX];

    (void)snprintf(text, sizeof(text), "%.15g", real);
    buf_str(out, text);
}

void value_print(struct buf *out, enum value_type type, const struct value *value)
{
    switch ((enum value_kind)value->kind) {
    case VALUE_ABSENT:
        buf_str(out, "<NA>");
        break;
    case VALUE_TEXT:
        buf_sv(out, value->text);
        break;
    case VALUE_UNSIGNED:
        buf_u64(out, value->u64);
        break;
    case VALUE_SIGNED:
        buf_i64(out, value->i64);
        break;
    case VALUE_TRUTH:
        buf_str(out, value->truth ? "true" : "false");
        break;
    case VALUE_REAL:
        print_real(out, value->real);
        break;
    case VALUE_ADDRESS:
        print_ip(out, &value->ip);
        break;
    case VALUE_NETWORK:
        print_ip(out, &value->ip);
        buf_char(out, '/');
        buf_u64(out, value->ip.prefix);
        break;
    }
}

static void json_ip(struct json_writer *w, const struct value *value)
{
    scoped(buf_done) struct buf text = {0};

    value_print(&text, VALUE_IPADDR, value);
    json_sv(w, buf_view(&text));
}

void value_json(struct json_writer *w, enum value_type type, const struct value *value)
{
    switch ((enum value_kind)value->kind) {
    case VALUE_ABSENT:
        json_null(w);
        break;
    case VALUE_TEXT:
        json_sv(w, value->text);
        break;
    case VALUE_UNSIGNED:
        json_u64(w, value->u64);
        break;
    case VALUE_SIGNED:
        json_i64(w, value->i64);
        break;
    case VALUE_TRUTH:
        json_bool(w, value->truth);
        break;
    case VALUE_REAL:
        json_double(w, value->real);
        break;
    case VALUE_ADDRESS:
    case VALUE_NETWORK:
        json_ip(w, value);
        break;
    }
}

static bool is_integer(const struct value *value)
{
    return value->kind == VALUE_UNSIGNED || value->kind == VALUE_SIGNED;
}

static bool integers_equal(const struct value *a, const struct value *b)
{
    if (a->kind == b->kind)
        return a->u64 == b->u64;
    if ((a->kind == VALUE_SIGNED ? a->i64 : b->i64) < 0)
        return false;
    return a->u64 == b->u64;
}

static bool is_ip(const struct value *value)
{
    return value->kind == VALUE_ADDRESS || value->kind == VALUE_NETWORK;
}

static bool ips_equal(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_NETWORK && (b->kind == VALUE_ADDRESS || b->ip.prefix > a->ip.prefix))
        return value_ip_in(&b->ip, &a->ip);
    if (b->kind == VALUE_NETWORK)
        return value_ip_in(&a->ip, &b->ip);
    return a->ip.family == b->ip.family && memcmp(a->ip.byte, b->ip.byte, sizeof(a->ip.byte)) == 0;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (is_integer(a) && is_integer(b))
        return integers_equal(a, b);
    if (is_ip(a) && is_ip(b))
        return ips_equal(a, b);
    if (a->kind != b->kind)
        return false;
    switch ((enum value_kind)a->kind) {
    case VALUE_TEXT:
        return sv_eq(a->text, b->text);
    case VALUE_TRUTH:
        return a->truth == b->truth;
    case VALUE_REAL:
        return !(a->real < b->real) && !(a->real > b->real);
    default:
        return false;
    }
}

bool value_ip_in(const struct value_ip *ip, const struct value_ip *net)
{
    unsigned whole = net->prefix / 8;
    unsigned rest = net->prefix % 8;

    if (ip->family != net->family || memcmp(ip->byte, net->byte, whole) != 0)
        return false;
    return rest == 0 || (ip->byte[whole] ^ net->byte[whole]) >> (8 - rest) == 0;
}
