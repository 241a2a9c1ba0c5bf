#include <assert.h>

#include "base/arena.h"
#include "lang/ast.h"
#include "made_pools.h"

enum { LISTS = 6, LIST_ITEMS = 6, VALUES = 5, TUPLES = 3 };

/* Where a condition is written twice: with names of lists and macros, and without. */
struct twice {
    struct buf *written, *plain;
};

static void put(struct twice to, const char *text)
{
    buf_str(to.written, text);
    buf_str(to.plain, text);
}

static void put_sv(struct twice to, struct sv text)
{
    buf_sv(to.written, text);
    buf_sv(to.plain, text);
}

/* In quotes, everything unusual as an escape: the text of a rule file stays ASCII. */
static void put_quoted(struct twice to, struct sv text)
{
    put(to, "\"");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool usual = c >= ' ' && c < 127 && c != '\\' && c != '"';
        scoped(buf_done) struct buf one = {0};

        buf_printf(&one, usual ? "%c" : "\\x%02x", c);
        put_sv(to, buf_view(&one));
    }
    put(to, "\"");
}

static void use(struct made *made, const struct field_ref *ref)
{
    if (made->used_count < MADE_USED_MAX)
        made->used[made->used_count++] = ref;
}

static bool is_list(const struct field_ref *ref)
{
    return (ref->field->flags & FIELD_LIST) != 0;
}

static const struct field_ref *any_ref(struct made *made)
{
    uint32_t count = made_chance(made, 75) ? made->ref_often : made->ref_count;

    return &made->ref[made_pick(made, count)];
}

/* One of this type; NULL when a while of looking found none. */
static const struct field_ref *ref_of(struct made *made, enum value_type type, bool list)
{
    for (int i = 0; i < 200; i++) {
        const struct field_ref *ref = any_ref(made);
        if (field_ref_type(ref) == type && is_list(ref) == list)
            return ref;
    }
    return NULL;
}

static void put_ref(struct made *made, struct twice to, const struct field_ref *ref)
{
    scoped(buf_done) struct buf text = {0};

    field_ref_print(&text, ref);
    put_sv(to, buf_view(&text));
    use(made, ref);
}

/* ---------------------------------------------------------------------------------------- left */

struct side {
    enum value_type type;
    bool list;
};

static void put_text_operand(struct made *made, struct twice to, unsigned depth);

/* A list of texts: a field, or written out. */
static void put_list_operand(struct made *made, struct twice to)
{
    const struct field_ref *ref = made_chance(made, 60) ? ref_of(made, VALUE_CHARBUF, true) : NULL;

    if (ref != NULL) {
        put_ref(made, to, ref);
        return;
    }
    put(to, "(");
    for (uint32_t i = 1 + made_pick(made, 4); i > 0; i--) {
        if (made_chance(made, 50))
            put_text_operand(made, to, 1);
        else
            put_quoted(to, made_short_text(made));
        put(to, i > 1 ? ", " : "");
    }
    put(to, ")");
}

static void put_one_part(struct made *made, struct twice to, const char *name, unsigned depth)
{
    put(to, name);
    put_text_operand(made, to, depth + 1);
    put(to, ")");
}

static void put_text_operand(struct made *made, struct twice to, unsigned depth)
{
    static const char *const names[] = {"tolower(", "toupper(", "b64(", "basename("};
    const struct field_ref *ref = ref_of(made, VALUE_CHARBUF, false);
    uint32_t how = made_pick(made, depth > 2 ? 20 : 28);

    assert(ref != NULL);
    if (how < 20) {
        put_ref(made, to, ref);
    } else if (how < 24) {
        put_one_part(made, to, names[how - 20], depth);
    } else if (how < 26) {
        put(to, "concat(");
        put_text_operand(made, to, depth + 1);
        put(to, ", ");
        if (made_chance(made, 50))
            put_quoted(to, made_word(made));
        else
            put_text_operand(made, to, depth + 1);
        put(to, ")");
    } else if (how < 27) {
        put(to, "join(");
        put_quoted(to, made_word(made));
        put(to, ", ");
        put_list_operand(made, to);
        put(to, ")");
    } else {
        put(to, "getopt(");
        put_list_operand(made, to);
        put(to, made_chance(made, 50) ? ", \"c:lx\")[c]" : ", \"lxvc1\")[x]");
    }
}

static struct side put_left(struct made *made, struct twice to)
{
    const struct field_ref *ref = any_ref(made);
    uint32_t how = made_pick(made, 30);

    if (how < 20) {
        put_ref(made, to, ref);
        return (struct side){field_ref_type(ref), is_list(ref)};
    }
    if (how < 26) {
        put_text_operand(made, to, 0);
        return (struct side){VALUE_CHARBUF, false};
    }
    if (how < 28) {
        put(to, "len(");
        if (made_chance(made, 50))
            put_text_operand(made, to, 1);
        else
            put_list_operand(made, to);
        put(to, ")");
        return (struct side){VALUE_UINT64, false};
    }
    if (how < 29) {
        put(to, "toupper(");
        put_list_operand(made, to);
        put(to, ")");
        return (struct side){VALUE_CHARBUF, true};
    }
    put(to, "getopt(");
    put_list_operand(made, to);
    put(to, ", \"c:lx\")");
    return (struct side){VALUE_CHARBUF, true};
}

/* --------------------------------------------------------------------------------------- right */

static enum ast_op pick_op(struct made *made, struct side side)
{
    static const enum ast_op texts[] = {
        OP_EQ,         OP_EQ,       OP_NE,   OP_IN,    OP_IN,         OP_CONTAINS, OP_ICONTAINS,
        OP_STARTSWITH, OP_ENDSWITH, OP_GLOB, OP_IGLOB, OP_REGEX,      OP_PMATCH,   OP_PMATCH,
        OP_LT,         OP_LE,       OP_GT,   OP_GE,    OP_INTERSECTS, OP_EXISTS};
    static const enum ast_op bytes[] = {OP_EQ,         OP_NE,        OP_IN,
                                        OP_CONTAINS,   OP_BCONTAINS, OP_BSTARTSWITH,
                                        OP_STARTSWITH, OP_ENDSWITH,  OP_EXISTS};
    static const enum ast_op numbers[] = {OP_EQ, OP_NE, OP_LT, OP_LE,         OP_GT,
                                          OP_GE, OP_IN, OP_IN, OP_INTERSECTS, OP_EXISTS};
    static const enum ast_op others[] = {OP_EQ, OP_NE, OP_IN, OP_INTERSECTS, OP_EXISTS};
    static const enum ast_op lists[] = {OP_IN, OP_INTERSECTS, OP_EXISTS};

    if (side.list)
        return lists[made_pick(made, ARRAY_LEN(lists))];
    switch (value_type_kind(side.type)) {
    case VALUE_TEXT:
        if (side.type == VALUE_BYTEBUF)
            return bytes[made_pick(made, ARRAY_LEN(bytes))];
        return texts[made_pick(made, ARRAY_LEN(texts))];
    case VALUE_UNSIGNED:
    case VALUE_SIGNED:
    case VALUE_REAL:
        return numbers[made_pick(made, ARRAY_LEN(numbers))];
    default:
        return others[made_pick(made, ARRAY_LEN(others))];
    }
}

/* A text with some characters made into what a pattern has for them. */
static void put_glob(struct made *made, struct twice to)
{
    static const char *const bits[] = {"*", "?", "[a-z]", "[!/]", "[^b]", "*s", "[abc]*"};
    scoped(buf_done) struct buf text = {0};
    struct sv from = made_short_text(made);

    for (size_t i = 0; i < from.len; i++) {
        if (made_chance(made, 20))
            buf_str(&text, bits[made_pick(made, ARRAY_LEN(bits))]);
        else
            buf_char(&text, from.ptr[i]);
    }
    if (made_chance(made, 40))
        buf_char(&text, '*');
    put_quoted(to, buf_view(&text));
}

static void regex_from(struct made *made, struct buf *text, struct sv from)
{
    static const char *const bits[] = {".",      "[a-z]", "[^/]",  "(a|b|sh)", "[a-c]+", ".*",
                                       "(/|s)?", "\\w",   "(ba|)", "(a*b)*",   "\\s?",   "[0-9]*"};

    for (size_t i = 0; i < from.len; i++) {
        char c = from.ptr[i];
        if (made_chance(made, 15))
            buf_str(text, bits[made_pick(made, ARRAY_LEN(bits))]);
        else if (strchr(".\\+*?()[]{}^$|", c) != NULL)
            buf_printf(text, "\\%c", c);
        else
            buf_char(text, c);
    }
}

static void put_regex(struct made *made, struct twice to)
{
    scoped(buf_done) struct buf text = {0};
    bool both = made_chance(made, 15);

    buf_str(&text, made_chance(made, 40) ? ".*" : "");
    regex_from(made, &text, made_word(made));
    if (both) {
        buf_char(&text, '|');
        regex_from(made, &text, made_word(made));
    }
    buf_str(&text, made_chance(made, 40) ? ".*" : "");
    put_quoted(to, buf_view(&text));
}

static void put_hex(struct made *made, struct twice to)
{
    struct sv from = made_short_text(made);

    for (size_t i = 0; i < from.len || i == 0; i++) {
        scoped(buf_done) struct buf one = {0};
        buf_printf(&one, made_chance(made, 50) ? "%02x" : "%02X",
                   from.len == 0 ? 0u : (unsigned char)from.ptr[i]);
        put_sv(to, buf_view(&one));
    }
}

static void put_type_name(struct made *made, struct twice to)
{
    uint32_t count = made_chance(made, 70) ? EVENT_PROCEXIT : event_type_count() - 1;

    put(to, event_type_info((enum event_type)(1 + made_pick(made, count)))->name);
}

static void put_number(struct made *made, struct twice to, enum value_type type)
{
    scoped(buf_done) struct buf text = {0};
    struct value number = made_number(made, type);

    if (number.kind == VALUE_SIGNED)
        buf_i64(&text, number.i64);
    else if (made_chance(made, 15))
        buf_printf(&text, "0x%llx", (unsigned long long)number.u64);
    else if (made_chance(made, 5) && type != VALUE_PORT)
        buf_str(&text, "-1");
    else
        buf_u64(&text, number.u64);
    put_sv(to, buf_view(&text));
}

struct left {
    struct side side;
    enum ast_op op;
    bool types; /* only names of event types are values */
};

static void put_constant(struct made *made, struct twice to, const struct left *left)
{
    if (left->types) {
        put_type_name(made, to);
        return;
    }
    if (left->op == OP_GLOB || left->op == OP_IGLOB) {
        put_glob(made, to);
        return;
    }
    if (left->op == OP_REGEX) {
        put_regex(made, to);
        return;
    }
    if (left->op == OP_BCONTAINS || left->op == OP_BSTARTSWITH) {
        put_hex(made, to);
        return;
    }
    if (value_type_kind(left->side.type) == VALUE_TEXT && left->op >= OP_LT && left->op <= OP_GE) {
        put_number(made, to, VALUE_UINT64); /* the grammar takes nothing else there */
        return;
    }
    switch (value_type_kind(left->side.type)) {
    case VALUE_UNSIGNED:
    case VALUE_SIGNED:
        put_number(made, to, left->side.type);
        break;
    case VALUE_TRUTH:
        put(to, made_chance(made, 50) ? "true" : "false");
        break;
    case VALUE_REAL:
        put(to, made_chance(made, 50) ? "0.25" : "1");
        break;
    case VALUE_ADDRESS:
        put(to, "\"");
        put(to, made_address(made));
        put(to, "\"");
        break;
    case VALUE_NETWORK:
        put(to, "\"");
        put(to, made_network(made));
        put(to, "\"");
        break;
    default:
        if (left->side.type == VALUE_DYNAMIC && made_chance(made, 50))
            put_number(made, to, VALUE_UINT64);
        else if (left->op == OP_PMATCH && made_chance(made, 20))
            put_glob(made, to);
        else if (made_pick(made, 2000) == 0)
            put_quoted(to, made->long_text[made_pick(made, ARRAY_LEN(made->long_text))]);
        else
            put_quoted(to, made_short_text(made));
    }
}

static const struct made_name *fitting_list(struct made *made, const struct left *left)
{
    if (made->list_count == 0 || left->types || !made_chance(made, 35))
        return NULL;
    const struct made_name *list = &made->list[made_pick(made, made->list_count)];
    return list->kind == value_type_kind(left->side.type) && left->side.type != VALUE_DYNAMIC &&
                   (list->kind != VALUE_UNSIGNED || left->side.type == VALUE_UINT64 ||
                    left->side.type == VALUE_UINT32)
               ? list
               : NULL;
}

/* (a, b, name_of_list) */
static void put_constants(struct made *made, struct twice to, const struct left *left)
{
    bool named_fits = left->op != OP_GLOB && left->op != OP_IGLOB && left->op != OP_REGEX &&
                      left->op != OP_BCONTAINS && left->op != OP_BSTARTSWITH;

    put(to, "(");
    for (uint32_t i = 1 + made_pick(made, VALUES); i > 0; i--) {
        const struct made_name *list = named_fits ? fitting_list(made, left) : NULL;
        if (list != NULL) {
            buf_str(to.written, list->text);
            buf_str(to.plain, list->plain);
        } else {
            put_constant(made, to, left);
        }
        put(to, i > 1 ? ", " : "");
    }
    put(to, ")");
}

static bool put_right_field(struct made *made, struct twice to, const struct left *left)
{
    const struct field_ref *ref = NULL;

    if (left->op != OP_PMATCH && left->op != OP_REGEX && left->op != OP_BCONTAINS &&
        left->op != OP_BSTARTSWITH && left->side.type != VALUE_IPNET && made_chance(made, 12))
        ref = ref_of(made, left->side.type, left->side.list);
    if (ref == NULL)
        return false;
    put(to, " val(");
    put_ref(made, to, ref);
    put(to, ")");
    return true;
}

static void put_check(struct made *made, struct twice to)
{
    static const char *const modifiers[] = {" oneof ", " anyof ", " allof "};
    size_t from = to.plain->len;
    struct left left = {.side = put_left(made, to)};
    struct sv text = sv_sub(buf_view(to.plain), from, to.plain->len);

    left.op = pick_op(made, left.side);
    left.types = sv_eq(text, SV("evt.type")) || sv_eq(text, SV("syscall.type"));
    left.types = left.types && (left.op == OP_EQ || left.op == OP_NE || left.op == OP_IN ||
                                left.op == OP_INTERSECTS);
    put(to, " ");
    put(to, ast_op_name(left.op));
    if (left.op == OP_EXISTS || put_right_field(made, to, &left))
        return;
    bool lists = left.op == OP_IN || left.op == OP_INTERSECTS || left.op == OP_PMATCH;
    bool ordered = left.op >= OP_LT && left.op <= OP_GE; /* takes one number */
    bool modified = !lists && !ordered && made_chance(made, 15);
    put(to, modified ? modifiers[made_pick(made, ARRAY_LEN(modifiers))] : " ");
    if (lists || modified)
        put_constants(made, to, &left);
    else
        put_constant(made, to, &left);
}

static void put_type_check(struct made *made, struct twice to)
{
    const struct left left = {.side = {VALUE_CHARBUF, false}, .types = true};

    put(to, "evt.type in ");
    put_constants(made, to, &left);
}

static void put_tree(struct made *made, struct twice to, unsigned depth)
{
    uint32_t how = made_pick(made, depth >= 4 ? 10 : 16);

    if (how < 9) {
        if (made->macro_count > 0 && made_chance(made, 12)) {
            const struct made_name *macro = &made->macro[made_pick(made, made->macro_count)];
            buf_str(to.written, macro->text);
            buf_str(to.plain, macro->plain);
        } else {
            put_check(made, to);
        }
        return;
    }
    if (how < 10) {
        put(to, made_chance(made, 20) ? "not not not " : "not ");
        put_check(made, to);
        return;
    }
    if (how < 11)
        put(to, "not ");
    put(to, "(");
    const char *word = made_chance(made, 50) ? " and " : " or ";
    for (uint32_t i = 2 + made_pick(made, 2); i > 0; i--) {
        put_tree(made, to, depth + 1);
        put(to, i > 1 ? word : "");
    }
    put(to, ")");
}

void made_condition(struct made *made, struct buf *written, struct buf *plain)
{
    struct twice to = {written, plain};

    if (made_chance(made, 60)) {
        put_type_check(made, to);
        put(to, made_chance(made, 90) ? " and " : " or ");
    }
    put_tree(made, to, 0);
    if (made_chance(made, 30)) {
        put(to, made_chance(made, 70) ? " and " : " or ");
        put_tree(made, to, 1);
    }
}

/* -------------------------------------------------------------------------- lists, macros, ... */

static void put_item(struct made *made, struct twice to, enum value_kind kind)
{
    scoped(buf_done) struct buf number = {0};

    if (kind == VALUE_TEXT)
        put_sv(to, made_word(made));
    else if (kind == VALUE_ADDRESS)
        put(to, made_address(made));
    else if (kind == VALUE_NETWORK)
        put(to, made_network(made));
    else
        buf_u64(&number, made_number(made, VALUE_UINT32).u64);
    put_sv(to, buf_view(&number));
}

static void make_list(struct made *made, struct buf *yaml)
{
    static const enum value_kind kinds[] = {VALUE_TEXT, VALUE_TEXT, VALUE_UNSIGNED, VALUE_ADDRESS,
                                            VALUE_NETWORK};
    scoped(buf_done) struct buf plain = {0};
    scoped(buf_done) struct buf name = {0};
    enum value_kind kind = kinds[made_pick(made, ARRAY_LEN(kinds))];

    buf_printf(&name, "list_%u", made->list_count);
    buf_printf(yaml, "- list: %s\n  items: [", buf_cstr(&name));
    for (uint32_t i = 1 + made_pick(made, LIST_ITEMS); i > 0; i--) {
        buf_str(yaml, "\"");
        buf_str(&plain, "\"");
        put_item(made, (struct twice){yaml, &plain}, kind);
        buf_str(yaml, i > 1 ? "\", " : "\"");
        buf_str(&plain, i > 1 ? "\", " : "\"");
    }
    buf_str(yaml, "]\n");
    made->list[made->list_count++] =
        (struct made_name){made_keep(made, &name).ptr, made_keep(made, &plain).ptr, kind};
}

static void make_macro(struct made *made, struct buf *yaml)
{
    scoped(buf_done) struct buf written = {0};
    scoped(buf_done) struct buf plain = {0};
    scoped(buf_done) struct buf name = {0};

    buf_str(&plain, "(");
    put_tree(made, (struct twice){&written, &plain}, 2);
    buf_str(&plain, ")");
    buf_printf(&name, "macro_%u", made->macro_count);
    buf_printf(yaml, "- macro: %s\n  condition: |-\n    %s\n", buf_cstr(&name), buf_cstr(&written));
    made->macro[made->macro_count++] =
        (struct made_name){made_keep(made, &name).ptr, made_keep(made, &plain).ptr, VALUE_TEXT};
}

void made_names(struct made *made, struct buf *yaml)
{
    made->used_count = made->list_count = made->macro_count = 0;
    for (int i = 0; i < LISTS; i++)
        make_list(made, yaml);
    for (int i = 0; i < LISTS; i++)
        make_macro(made, yaml);
}

static const struct field_ref *text_ref(struct made *made)
{
    for (;;) {
        const struct field_ref *ref = ref_of(made, VALUE_CHARBUF, false);
        assert(ref != NULL);
        if (!ref->has_arg && !sv_eq(sv(ref->field->name), SV("evt.type")) &&
            !sv_eq(sv(ref->field->name), SV("syscall.type")))
            return ref;
    }
}

/* fields: proc.name, values: [a, b] */
static void one_field(struct made *made, struct buf *yaml, struct buf *plain)
{
    const char *name = text_ref(made)->field->name;
    const char *comp = made_chance(made, 60) ? "in" : "pmatch";

    buf_printf(yaml, "      fields: %s\n      comps: %s\n      values: [", name, comp);
    buf_printf(plain, "%s %s (", name, comp);
    for (uint32_t i = 1 + made_pick(made, TUPLES); i > 0; i--) {
        struct sv value = made_word(made);
        buf_printf(yaml, "\"%.*s\"%s", SV_ARG(value), i > 1 ? ", " : "]\n");
        buf_printf(plain, "\"%.*s\"%s", SV_ARG(value), i > 1 ? ", " : ")");
    }
}

/* fields: [proc.name, fd.name], comps: [=, startswith], values: [[a, /x], [b, /y]] */
static void many_fields(struct made *made, struct buf *yaml, struct buf *plain)
{
    static const char *const comps[] = {"=", "startswith", "contains", "!=", "endswith"};
    const char *name[2] = {text_ref(made)->field->name, text_ref(made)->field->name};
    const char *comp[2] = {comps[made_pick(made, ARRAY_LEN(comps))],
                           comps[made_pick(made, ARRAY_LEN(comps))]};

    buf_printf(yaml, "      fields: [%s, %s]\n      comps: [\"%s\", \"%s\"]\n      values: [",
               name[0], name[1], comp[0], comp[1]);
    for (uint32_t i = 1 + made_pick(made, TUPLES); i > 0; i--) {
        struct sv a = made_word(made);
        struct sv b = made_word(made);
        buf_printf(yaml, "[\"%.*s\", \"%.*s\"]%s", SV_ARG(a), SV_ARG(b), i > 1 ? ", " : "]\n");
        buf_printf(plain, "(%s %s \"%.*s\" and %s %s \"%.*s\")%s", name[0], comp[0], SV_ARG(a),
                   name[1], comp[1], SV_ARG(b), i > 1 ? " or " : "");
    }
}

void made_exceptions(struct made *made, struct buf *yaml, struct buf *plain)
{
    buf_str(yaml, "  exceptions:\n");
    for (uint32_t i = 1 + made_pick(made, 2); i > 0; i--) {
        buf_printf(yaml, "    - name: exception_%u\n", i);
        buf_str(plain, " and not (");
        if (made_chance(made, 50))
            one_field(made, yaml, plain);
        else
            many_fields(made, yaml, plain);
        buf_str(plain, ")");
    }
}
