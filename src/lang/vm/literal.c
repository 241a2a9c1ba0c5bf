#include "lang/vm/literal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>

enum { SERVICE_NAME_MAX = 64, SERVICE_BUFFER = 2048 };

#define OP(op) (1u << OP_##op)
#define OPS_EQUAL (OP(EXISTS) | OP(EQ) | OP(NE) | OP(IN) | OP(INTERSECTS))
#define OPS_ORDER (OP(LT) | OP(LE) | OP(GT) | OP(GE))

struct type_class {
    const char *filters; /* what Falco calls them */
    uint32_t ops;
};

static const struct type_class *class_of(enum value_type type)
{
    static const struct type_class text = {
        "string", OPS_EQUAL | OPS_ORDER | OP(CONTAINS) | OP(ICONTAINS) | OP(STARTSWITH) |
                      OP(ENDSWITH) | OP(GLOB) | OP(IGLOB) | OP(REGEX) | OP(PMATCH)};
    static const struct type_class bytes = {"buffer", OPS_EQUAL | OP(CONTAINS) | OP(STARTSWITH) |
                                                          OP(ENDSWITH) | OP(BCONTAINS) |
                                                          OP(BSTARTSWITH)};
    static const struct type_class number = {"numeric", OPS_EQUAL | OPS_ORDER};
    static const struct type_class truth = {"numeric", OPS_EQUAL};
    static const struct type_class ip = {"ip address and network", OPS_EQUAL};
    static const struct type_class any = {"", UINT32_MAX};

    switch (type) {
    case VALUE_CHARBUF:
        return &text;
    case VALUE_BYTEBUF:
        return &bytes;
    case VALUE_BOOL:
        return &truth;
    case VALUE_IPADDR:
    case VALUE_IPNET:
        return &ip;
    case VALUE_DYNAMIC:
        return &any;
    default:
        return &number;
    }
}

static bool listable(enum value_type type)
{
    return type == VALUE_CHARBUF || type == VALUE_UINT64 || type == VALUE_RELTIME ||
           type == VALUE_ABSTIME || type == VALUE_BOOL || type == VALUE_IPADDR ||
           type == VALUE_IPNET;
}

bool literal_op_fits(enum value_type type, bool is_list, enum ast_op op, char *words,
                     size_t words_size)
{
    const struct type_class *class = class_of(type);

    if (op == OP_EXISTS)
        return true;
    if (is_list && !listable(type)) {
        (void)snprintf(words, words_size,
                       "filter error: list filters are not supported for type '%s'",
                       value_type_name(type));
        return false;
    }
    if (is_list && op != OP_IN && op != OP_INTERSECTS) {
        (void)snprintf(words, words_size, "filter error: '%s' operator not supported list filters",
                       ast_op_name(op));
        return false;
    }
    if ((class->ops & (1u << op)) == 0) {
        (void)snprintf(words, words_size,
                       "filter error: '%s' operator not supported for %s filters", ast_op_name(op),
                       class->filters);
        return false;
    }
    return true;
}

static unsigned unsigned_bits(enum value_type type)
{
    switch (type) {
    case VALUE_UINT8:
        return 8;
    case VALUE_UINT16:
        return 16;
    case VALUE_UINT32:
        return 32;
    case VALUE_UINT64:
    case VALUE_RELTIME:
    case VALUE_ABSTIME:
        return 64;
    default:
        return 0;
    }
}

/* -1 for an unsigned field is its largest number. */
static bool read_wrapped(enum value_type type, struct sv text, struct value *out)
{
    unsigned bits = unsigned_bits(type);
    int64_t number = 0;

    if (bits == 0 || !sv_to_i64(text, &number) || number >= 0)
        return false;
    *out = value_u64((uint64_t)number & (UINT64_MAX >> (64 - bits)));
    return true;
}

static bool read_service(struct sv text, struct value *out)
{
    char name[SERVICE_NAME_MAX];
    char buffer[SERVICE_BUFFER];
    struct servent entry;
    struct servent *found = NULL;

    if (text.len == 0 || text.len >= sizeof(name) || memchr(text.ptr, '\0', text.len) != NULL)
        return false;
    memcpy(name, text.ptr, text.len);
    name[text.len] = '\0';
    if (getservbyname_r(name, NULL, &entry, buffer, sizeof(buffer), &found) != 0 || found == NULL)
        return false;
    *out = value_u64(ntohs((uint16_t)found->s_port));
    return true;
}

static void say_why(enum value_type type, struct sv text, char *words, size_t words_size)
{
    const char *form = "%.*s is not a valid number";

    if (type == VALUE_BOOL)
        form = "filter error: unrecognized boolean value %.*s";
    else if (type == VALUE_PORT)
        form = "unrecognized protocol %.*s";
    else if (type == VALUE_IPNET)
        form = "unrecognized IP network %.*s";
    else if (type == VALUE_IPADDR)
        form = text.len > 0 && memchr(text.ptr, '.', text.len) != NULL
                   ? "unrecognized IPv4 address %.*s"
                   : "unrecognized IPv6 address %.*s";
    if (text.len > 100)
        text.len = 100;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(words, words_size, form, SV_ARG(text));
#pragma GCC diagnostic pop
}

static bool read_dynamic(struct sv text, struct value *out)
{
    if (!value_parse(VALUE_UINT64, text, out) && !value_parse(VALUE_INT64, text, out))
        *out = value_sv(text);
    return true;
}

int literal_read(enum value_type type, struct sv text, struct value *out, char *words,
                 size_t words_size)
{
    if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL && type != VALUE_BYTEBUF) {
        (void)snprintf(words, words_size,
                       "filter error: filter value cannot contain a NUL byte (\\x00)");
        return -EINVAL;
    }
    if (type == VALUE_DYNAMIC ? read_dynamic(text, out) : value_parse(type, text, out))
        return 0;
    if (read_wrapped(type, text, out) || (type == VALUE_PORT && read_service(text, out)))
        return 0;
    say_why(type, text, words, words_size);
    return -EINVAL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool literal_unhex(struct sv text, char *to)
{
    if (text.len % 2 != 0)
        return false;
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_digit(text.ptr[i]);
        int low = hex_digit(text.ptr[i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i / 2] = (char)(high * 16 + low);
    }
    return true;
}
