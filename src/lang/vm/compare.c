#include "lang/vm/compare.h"

#include "lang/vm/glob.h"

static bool is_integer(const struct value *value)
{
    return value->kind == VALUE_UNSIGNED || value->kind == VALUE_SIGNED;
}

static bool is_number(const struct value *value)
{
    return is_integer(value) || value->kind == VALUE_REAL;
}

static __int128 integer_of(const struct value *value)
{
    return value->kind == VALUE_SIGNED ? (__int128)value->i64 : (__int128)value->u64;
}

static double real_of(const struct value *value)
{
    return value->kind == VALUE_REAL ? value->real : (double)integer_of(value);
}

bool number_key(const struct value *value, char key[NUMBER_KEY_BYTES])
{
    __int128 number = 0;

    if (value->kind == VALUE_TRUTH)
        number = value->truth;
    else if (is_integer(value))
        number = integer_of(value);
    else
        return false;
    key[0] = value->kind == VALUE_TRUTH ? 't' : 'n';
    memcpy(key + 1, &number, sizeof(number));
    return true;
}

/* <0, 0 or >0 */
static int order_of(const struct value *left, const struct value *right)
{
    if (left->kind == VALUE_TEXT)
        return sv_cmp(left->text, right->text);
    if (is_integer(left) && is_integer(right)) {
        __int128 a = integer_of(left);
        __int128 b = integer_of(right);
        return a < b ? -1 : a > b;
    }
    double a = real_of(left);
    double b = real_of(right);
    return a < b ? -1 : a > b;
}

static bool is_ip(const struct value *value)
{
    return value->kind == VALUE_ADDRESS || value->kind == VALUE_NETWORK;
}

static bool ordered(const struct value *left, const struct value *right)
{
    return (left->kind == VALUE_TEXT && right->kind == VALUE_TEXT) ||
           (is_number(left) && is_number(right));
}

static bool equal(const struct value *left, const struct value *right)
{
    if (ordered(left, right))
        return order_of(left, right) == 0;
    if (left->kind == VALUE_TRUTH && right->kind == VALUE_TRUTH)
        return left->truth == right->truth;
    if (is_ip(left) && is_ip(right))
        return value_equal(left, right);
    return false;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The byte of a text to look for first: what is rare in paths, command lines and environments. */
static size_t rarest(struct sv part)
{
    static const struct sv common_first = SV("e/taoinsr.-_1hld:0cum=fpgw2ybvkxjqz");
    size_t best = 0;
    size_t best_rank = 0;

    for (size_t i = 0; i < part.len; i++) {
        const char *place = memchr(common_first.ptr, lower(part.ptr[i]), common_first.len);
        size_t rank = place == NULL ? common_first.len : (size_t)(place - common_first.ptr);
        if (rank > best_rank) {
            best = i;
            best_rank = rank;
        }
    }
    return best;
}

static bool found_nocase(struct sv text, struct sv part, size_t pivot, char byte)
{
    const char *last = text.ptr + (text.len - part.len) + pivot;
    const char *at = text.ptr + pivot;

    for (; (at = memchr(at, byte, (size_t)(last - at) + 1)) != NULL; at++) {
        if (sv_eq_nocase((struct sv){at - pivot, part.len}, part))
            return true;
        if (at == last)
            return false;
    }
    return false;
}

static bool contains_nocase(struct sv text, struct sv part)
{
    size_t pivot = rarest(part);

    if (part.len == 0)
        return true;
    if (text.len < part.len)
        return false;
    char small = lower(part.ptr[pivot]);
    char large = small >= 'a' && small <= 'z' ? (char)(small - 'a' + 'A') : small;
    return found_nocase(text, part, pivot, small) ||
           (large != small && found_nocase(text, part, pivot, large));
}

static bool texts(enum ast_op op, struct sv left, struct sv right)
{
    switch (op) {
    case OP_CONTAINS:
    case OP_BCONTAINS:
        return sv_find(left, right, 0) != SIZE_MAX;
    case OP_ICONTAINS:
        return contains_nocase(left, right);
    case OP_STARTSWITH:
    case OP_BSTARTSWITH:
        return sv_starts(left, right);
    case OP_ENDSWITH:
        return sv_ends(left, right);
    case OP_GLOB:
        return glob_match(right, left, false);
    case OP_IGLOB:
        return glob_match(right, left, true);
    default:
        return false;
    }
}

bool compare_values(enum ast_op op, const struct value *left, const struct value *right)
{
    switch (op) {
    case OP_EQ:
        return equal(left, right);
    case OP_NE:
        return !equal(left, right);
    case OP_LT:
        return ordered(left, right) && order_of(left, right) < 0;
    case OP_LE:
        return ordered(left, right) && order_of(left, right) <= 0;
    case OP_GT:
        return ordered(left, right) && order_of(left, right) > 0;
    case OP_GE:
        return ordered(left, right) && order_of(left, right) >= 0;
    default:
        return left->kind == VALUE_TEXT && right->kind == VALUE_TEXT &&
               texts(op, left->text, right->text);
    }
}
