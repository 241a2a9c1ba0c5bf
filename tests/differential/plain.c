#include "plain.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "event/field.h"
#include "plain_text.h"

enum { ABSENT = -1 };

struct values {
    int count; /* ABSENT, or so many */
    struct value item[FIELD_VALUES_MAX];
};

struct walk {
    const struct event *event;
    bool unsure;
};

/* ------------------------------------------------------------------------------ the two sides */

static struct field_ref ref_of(const struct ast_operand *operand)
{
    const struct field *field = field_find(operand->name);
    struct field_ref ref;
    enum field_ref_problem problem =
        field == NULL ? field_ref_parse(operand->name, &ref)
                      : field_ref_make(field, operand->has_arg, operand->arg, &ref);

    assert(problem == FIELD_REF_FINE);
    return ref;
}

enum value_type plain_type(const struct ast_operand *operand, bool *is_list)
{
    *is_list = false;
    if (operand->kind == OPERAND_FIELD) {
        struct field_ref ref = ref_of(operand);
        *is_list = (ref.field->flags & FIELD_LIST) != 0;
        return field_ref_type(&ref);
    }
    if (operand->kind == OPERAND_LIST)
        *is_list = true;
    if (operand->kind != OPERAND_TRANSFORM)
        return VALUE_CHARBUF;
    switch (operand->transform) {
    case TRANSFORM_LEN:
        return VALUE_UINT64;
    case TRANSFORM_JOIN:
    case TRANSFORM_CONCAT:
        return VALUE_CHARBUF;
    case TRANSFORM_GETOPT:
        *is_list = !operand->has_arg;
        return VALUE_CHARBUF;
    default:
        return plain_type(operand->operand[0], is_list);
    }
}

static struct values absent(void)
{
    return (struct values){.count = ABSENT};
}

static struct values one(struct sv text)
{
    return (struct values){.count = 1, .item = {value_sv(text)}};
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static char *room(const struct walk *walk, size_t len)
{
    return arena_alloc(walk->event->scratch, len + 1);
}

static struct sv in_case(const struct walk *walk, struct sv text, char (*change)(char))
{
    char *copy = room(walk, text.len);

    for (size_t i = 0; i < text.len; i++)
        copy[i] = change(text.ptr[i]);
    return (struct sv){copy, text.len};
}

/* RFC 4648, with or without padding; false when it is none. */
static bool base64(const struct walk *walk, struct sv text, struct sv *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (int i = 0; i < 2; i++) {
        if (sv_ends(text, SV("=")))
            text.len--;
    }
    size_t bits = text.len * 6;
    char *bytes = room(walk, bits / 8);
    if (bits % 8 >= 6)
        return false;
    memset(bytes, 0, bits / 8 + 1);
    for (size_t bit = 0; bit < bits; bit++) {
        const char *digit = memchr(digits, text.ptr[bit / 6], 64);
        if (digit == NULL)
            return false;
        if ((((unsigned)(digit - digits) >> (5 - bit % 6)) & 1) == 0)
            continue;
        if (bit / 8 == bits / 8)
            return false; /* a bit that is in no whole byte */
        bytes[bit / 8] = (char)((unsigned char)bytes[bit / 8] | 128u >> bit % 8);
    }
    *out = (struct sv){bytes, bits / 8};
    return true;
}

static struct values operand_of(struct walk *walk, const struct ast_operand *operand);

/* The one value of each, or absent. */
static struct values each_of(struct walk *walk, const struct ast_operand *operand)
{
    struct values all = {0};

    for (uint32_t i = 0; i < operand->operand_count; i++) {
        struct values part = operand_of(walk, operand->operand[i]);
        if (part.count < 1)
            return absent();
        all.item[all.count++] = part.item[0];
    }
    return all;
}

static struct values joined(struct walk *walk, const struct values *parts, struct sv separator)
{
    size_t len = 0;
    size_t at = 0;

    if (parts->count == ABSENT)
        return absent();
    for (int i = 0; i < parts->count; i++)
        len += parts->item[i].text.len + separator.len;
    char *text = room(walk, len);
    for (int i = 0; i < parts->count; i++) {
        struct sv part = parts->item[i].text;
        for (size_t k = 0; i > 0 && k < separator.len; k++)
            text[at++] = separator.ptr[k];
        for (size_t k = 0; k < part.len; k++)
            text[at++] = part.ptr[k];
    }
    return one((struct sv){text, at});
}

static void put(struct values *out, char option, struct sv text)
{
    if (option != '\0')
        out->count = 0;
    if (out->count < FIELD_VALUES_MAX)
        out->item[out->count++] = value_sv(text);
}

/* One argument of short options, `-abc`; the next argument may be taken as a value. */
static bool options_in(struct values *out, char option, struct sv letters, struct sv arg,
                       const struct sv *next)
{
    for (size_t i = 1; i < arg.len; i++) {
        size_t at = arg.ptr[i] == ':' ? SIZE_MAX : sv_find(letters, sv_sub(arg, i, 1), 0);
        bool wanted = option == '\0' || option == arg.ptr[i];
        if (at == SIZE_MAX) {
            if (option == '\0')
                put(out, option, SV("?"));
            continue;
        }
        if (!sv_starts(sv_sub(letters, at + 1, 1), SV(":"))) {
            if (wanted)
                put(out, option, sv_sub(arg, i, 1));
            continue;
        }
        bool inside = i + 1 < arg.len;
        struct sv value = inside ? sv_sub(arg, i + 1, arg.len) : next != NULL ? *next : SV("");
        if (wanted && option == '\0' && (inside || next != NULL))
            put(out, option, sv_sub(arg, i, 1));
        if (wanted)
            put(out, option, value);
        return !inside && next != NULL;
    }
    return false;
}

static struct values options(struct walk *walk, const struct ast_operand *operand)
{
    struct values args = operand_of(walk, operand->operand[0]);
    struct values letters = operand_of(walk, operand->operand[1]);
    char option = operand->has_arg ? operand->arg.ptr[0] : '\0';
    struct values out = {0};

    if (args.count == ABSENT || letters.count < 1)
        return absent();
    for (int i = 0; i < args.count; i++) {
        struct sv arg = args.item[i].text;
        const struct sv *next = i + 1 < args.count ? &args.item[i + 1].text : NULL;
        if (arg.len < 2 || arg.ptr[0] != '-' || sv_eq(arg, SV("--")))
            break;
        if (arg.ptr[1] != '-' && options_in(&out, option, letters.item[0].text, arg, next))
            i++;
    }
    return option != '\0' && out.count == 0 ? absent() : out;
}

static struct values length(struct walk *walk, const struct ast_operand *operand)
{
    struct values of = operand_of(walk, operand->operand[0]);
    bool is_list;

    (void)plain_type(operand->operand[0], &is_list);
    /* Several values of what is no list, as of proc.aname, have no length. */
    if (of.count == ABSENT || (!is_list && of.count != 1))
        return absent();
    size_t len = is_list ? (size_t)of.count : of.item[0].text.len;
    return (struct values){.count = 1, .item = {value_u64(len)}};
}

static struct sv behind_slash(struct sv path)
{
    size_t slash = sv_rfind_char(path, '/');

    return slash == SIZE_MAX ? path : sv_sub(path, slash + 1, path.len);
}

static struct values changed(struct walk *walk, const struct ast_operand *operand)
{
    struct values of = operand_of(walk, operand->operand[0]);

    for (int i = 0; i < of.count; i++) {
        struct sv *text = &of.item[i].text;
        if (operand->transform == TRANSFORM_TOLOWER)
            *text = in_case(walk, *text, lower);
        else if (operand->transform == TRANSFORM_TOUPPER)
            *text = in_case(walk, *text, upper);
        else if (operand->transform == TRANSFORM_BASENAME)
            *text = behind_slash(*text);
        else if (operand->transform == TRANSFORM_B64 && !base64(walk, *text, text))
            return absent();
    }
    return of;
}

static struct values transformed(struct walk *walk, const struct ast_operand *operand)
{
    struct values parts;

    switch (operand->transform) {
    case TRANSFORM_LEN:
        return length(walk, operand);
    case TRANSFORM_GETOPT:
        return options(walk, operand);
    case TRANSFORM_CONCAT:
        parts = each_of(walk, operand);
        return joined(walk, &parts, SV(""));
    case TRANSFORM_JOIN: {
        struct values separator = operand_of(walk, operand->operand[0]);
        parts = operand_of(walk, operand->operand[1]);
        return separator.count < 1 ? absent() : joined(walk, &parts, separator.item[0].text);
    }
    default:
        return changed(walk, operand);
    }
}

static struct values operand_of(struct walk *walk, const struct ast_operand *operand)
{
    struct values out = {0};

    switch (operand->kind) {
    case OPERAND_FIELD: {
        struct field_ref ref = ref_of(operand);
        out.count = (int)field_extract(walk->event, &ref, out.item);
        return out.count == 0 ? absent() : out;
    }
    case OPERAND_LITERAL:
        return one(operand->name);
    case OPERAND_LIST:
        return each_of(walk, operand);
    case OPERAND_TRANSFORM:
        return transformed(walk, operand);
    }
    return absent();
}

/* ----------------------------------------------------------------------------------- constants */

static unsigned bits_of(enum value_type type)
{
    switch (type) {
    case VALUE_UINT8:
    case VALUE_INT8:
        return 8;
    case VALUE_UINT16:
    case VALUE_INT16:
    case VALUE_PORT:
        return 16;
    case VALUE_UINT32:
    case VALUE_INT32:
        return 32;
    default:
        return 64;
    }
}

static bool whole_number(struct sv text, __int128 *out)
{
    bool minus = sv_starts(text, SV("-"));
    size_t at = minus || sv_starts(text, SV("+"));
    bool hex = sv_starts(sv_sub(text, at, 2), SV("0x"));
    __int128 number = 0;

    at += hex ? 2 : 0;
    if (at >= text.len || text.len > 30)
        return false;
    for (; at < text.len; at++) {
        char c = lower(text.ptr[at]);
        int digit = c >= '0' && c <= '9'          ? c - '0'
                    : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                                                  : -1;
        if (digit < 0)
            return false;
        number = number * (hex ? 16 : 10) + digit;
    }
    *out = minus ? -number : number;
    return true;
}

static struct value address(struct sv text, bool net)
{
    struct sv rest = text;
    struct sv host = sv_split(&rest, '/');
    struct value out = {.kind = net ? VALUE_NETWORK : VALUE_ADDRESS};
    char copy[INET6_ADDRSTRLEN];
    __int128 prefix = 0;

    assert(host.len < sizeof(copy));
    memcpy(copy, host.ptr, host.len);
    copy[host.len] = '\0';
    out.ip = (struct value_ip){.family = strchr(copy, ':') == NULL ? 4 : 6};
    out.ip.prefix = out.ip.family == 4 ? 32 : 128;
    if (inet_pton(out.ip.family == 4 ? AF_INET : AF_INET6, copy, out.ip.byte) != 1)
        assert(false);
    if (rest.ptr != NULL && whole_number(rest, &prefix))
        out.ip.prefix = (uint8_t)prefix;
    return out;
}

static struct value constant(enum value_type type, struct sv text)
{
    __int128 number = 0;

    switch (value_type_kind(type)) {
    case VALUE_TRUTH:
        return value_bool(sv_eq(text, SV("true")));
    case VALUE_ADDRESS:
        return address(text, false);
    case VALUE_NETWORK:
        return address(text, true);
    case VALUE_REAL: {
        char copy[64] = "";
        assert(text.len < sizeof(copy));
        memcpy(copy, text.ptr, text.len);
        return (struct value){.kind = VALUE_REAL, .real = strtod(copy, NULL)};
    }
    case VALUE_UNSIGNED:
        if (!whole_number(text, &number))
            assert(false);
        return value_u64((uint64_t)number & (UINT64_MAX >> (64 - bits_of(type))));
    case VALUE_SIGNED:
        if (!whole_number(text, &number))
            assert(false);
        return value_i64((int64_t)number);
    default:
        break;
    }
    if (type == VALUE_DYNAMIC && whole_number(text, &number)) {
        if (number >= 0 && number <= UINT64_MAX)
            return value_u64((uint64_t)number);
        if (number < 0 && number >= INT64_MIN)
            return value_i64((int64_t)number);
    }
    return value_sv(text);
}

static struct sv unhexed(const struct walk *walk, struct sv hex)
{
    char *bytes = room(walk, hex.len / 2);

    for (size_t i = 0; i < hex.len / 2; i++) {
        char pair[3] = {hex.ptr[2 * i], hex.ptr[2 * i + 1], '\0'};
        bytes[i] = (char)strtoul(pair, NULL, 16);
    }
    return (struct sv){bytes, hex.len / 2};
}

/* ----------------------------------------------------------------------------------- operators */

static bool bit_of(const struct value_ip *ip, unsigned index)
{
    return (ip->byte[index / 8] >> (7 - index % 8)) & 1;
}

/* Do they agree in the bits that both have? */
static bool same_net(const struct value_ip *a, const struct value_ip *b)
{
    unsigned bits = a->prefix < b->prefix ? a->prefix : b->prefix;
    unsigned i = 0;

    while (i < bits && bit_of(a, i) == bit_of(b, i))
        i++;
    return a->family == b->family && i == bits;
}

static struct value_ip exact(const struct value *value)
{
    struct value_ip ip = value->ip;

    if (value->kind == VALUE_ADDRESS)
        ip.prefix = ip.family == 4 ? 32 : 128;
    return ip;
}

static bool is_whole(const struct value *value)
{
    return value->kind == VALUE_SIGNED || value->kind == VALUE_UNSIGNED;
}

static __int128 whole(const struct value *value)
{
    return value->kind == VALUE_SIGNED ? (__int128)value->i64 : (__int128)value->u64;
}

/* -1, 0, 1; 2 when they have no order. */
static int order(const struct value *a, const struct value *b)
{
    if (is_whole(a) && is_whole(b))
        return whole(a) < whole(b) ? -1 : whole(a) > whole(b);
    if (a->kind == VALUE_REAL && b->kind == VALUE_REAL)
        return a->real < b->real ? -1 : a->real > b->real;
    if (a->kind != VALUE_TEXT || b->kind != VALUE_TEXT)
        return 2;
    for (size_t i = 0; i < a->text.len && i < b->text.len; i++) {
        unsigned char x = (unsigned char)a->text.ptr[i];
        unsigned char y = (unsigned char)b->text.ptr[i];
        if (x != y)
            return x < y ? -1 : 1;
    }
    return a->text.len < b->text.len ? -1 : a->text.len > b->text.len;
}

static bool equal(const struct value *a, const struct value *b)
{
    bool ip_a = a->kind == VALUE_ADDRESS || a->kind == VALUE_NETWORK;
    bool ip_b = b->kind == VALUE_ADDRESS || b->kind == VALUE_NETWORK;

    if (ip_a && ip_b) {
        struct value_ip x = exact(a);
        struct value_ip y = exact(b);
        return same_net(&x, &y);
    }
    if (a->kind == VALUE_TRUTH && b->kind == VALUE_TRUTH)
        return a->truth == b->truth;
    return order(a, b) == 0;
}

static bool part_at(struct sv text, struct sv part, size_t at, bool ignore_case)
{
    for (size_t i = 0; i < part.len; i++) {
        char a = text.ptr[at + i];
        char b = part.ptr[i];
        if (ignore_case ? lower(a) != lower(b) : a != b)
            return false;
    }
    return true;
}

static bool contains(struct sv text, struct sv part, bool ignore_case)
{
    for (size_t at = 0; at + part.len <= text.len; at++) {
        if (part_at(text, part, at, ignore_case))
            return true;
    }
    return false;
}

static bool text_holds(struct walk *walk, enum ast_op op, struct sv a, struct sv b)
{
    switch (op) {
    case OP_CONTAINS:
    case OP_BCONTAINS:
        return contains(a, b, false);
    case OP_ICONTAINS:
        return contains(a, b, true);
    case OP_STARTSWITH:
    case OP_BSTARTSWITH:
        return a.len >= b.len && part_at(a, b, 0, false);
    case OP_ENDSWITH:
        return a.len >= b.len && part_at(a, b, a.len - b.len, false);
    case OP_PMATCH:
        return plain_path_below(b, a);
    case OP_GLOB:
    case OP_IGLOB:
        if (memchr(a.len > 0 ? a.ptr : "", '\0', a.len) != NULL || a.len > PLAIN_LONG) {
            walk->unsure = true;
            return false;
        }
        return plain_glob(b, a, op == OP_IGLOB);
    case OP_REGEX:
        if (a.len > PLAIN_LONG && plain_regex_repeats(b) > 1) {
            walk->unsure = true;
            return false;
        }
        return plain_regex(b, a);
    default:
        return false;
    }
}

static bool holds(struct walk *walk, enum ast_op op, const struct value *a, const struct value *b)
{
    switch (op) {
    case OP_EQ:
    case OP_IN:
    case OP_INTERSECTS:
        return equal(a, b);
    case OP_NE:
        return !equal(a, b);
    case OP_LT:
        return order(a, b) == -1;
    case OP_LE:
        return order(a, b) == -1 || order(a, b) == 0;
    case OP_GT:
        return order(a, b) == 1;
    case OP_GE:
        return order(a, b) == 1 || order(a, b) == 0;
    default:
        return a->kind == VALUE_TEXT && b->kind == VALUE_TEXT &&
               text_holds(walk, op, a->text, b->text);
    }
}

/* How many of the right side's values the left one holds with, and what that means. */
static bool enough(enum ast_modifier modifier, int hits, int of)
{
    switch (modifier) {
    case MODIFIER_ONEOF:
        return hits == 1;
    case MODIFIER_ALLOF:
        return of > 0 && hits == of;
    default:
        return hits > 0;
    }
}

static bool check(struct walk *walk, const struct ast_node *node)
{
    bool is_list, right_list;
    enum value_type type = plain_type(node->left, &is_list);
    struct values left = operand_of(walk, node->left);
    bool hex = node->op == OP_BCONTAINS || node->op == OP_BSTARTSWITH;
    int satisfied = 0;

    if (left.count == ABSENT || node->op == OP_EXISTS)
        return left.count != ABSENT;
    struct values right = {.count = (int)node->value_count};
    if (node->right != NULL) {
        right = operand_of(walk, node->right);
        (void)plain_type(node->right, &right_list);
        if (right.count == ABSENT)
            return false;
    }
    for (int i = 0; i < left.count; i++) {
        int hits = 0;
        for (int k = 0; k < right.count; k++) {
            struct value b = right.item[k < FIELD_VALUES_MAX ? k : 0];
            if (node->right == NULL)
                b = hex ? value_sv(unhexed(walk, node->value[k].text))
                        : constant(type, node->value[k].text);
            hits += holds(walk, node->op, &left.item[i], &b);
        }
        satisfied += enough(node->modifier, hits, right.count);
    }
    /* Every element of a list must be `in`; both ends of a connection must be "not x". */
    bool all = is_list ? node->op == OP_IN
                       : node->op == OP_NE &&
                             (type == VALUE_IPADDR || type == VALUE_IPNET || type == VALUE_PORT);
    return all ? satisfied == left.count : satisfied > 0;
}

static bool walk_node(struct walk *walk, const struct ast_node *node)
{
    bool result = node->kind == AST_AND;

    switch (node->kind) {
    case AST_CHECK:
        return check(walk, node);
    case AST_NOT:
        return !walk_node(walk, node->child[0]);
    default:
        assert(node->kind != AST_MACRO);
    }
    for (uint32_t i = 0; i < node->count; i++) {
        bool child = walk_node(walk, node->child[i]);
        result = node->kind == AST_AND ? result && child : result || child;
    }
    return result;
}

enum plain_answer plain_eval(const struct ast_node *node, const struct event *event)
{
    struct walk walk = {.event = event};
    bool result = walk_node(&walk, node);

    if (walk.unsure)
        return PLAIN_UNSURE;
    return result ? PLAIN_TRUE : PLAIN_FALSE;
}
