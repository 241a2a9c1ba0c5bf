#include "lang/parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "lang/lex.h"

#define OR_TRANSFORM                                                                               \
    "a field with a valid transformer: 'val', 'tolower', 'toupper', 'b64', 'basename', 'len', "    \
    "'join', 'concat', 'getopt'"

static const char no_number[] = "expected a number value or " OR_TRANSFORM;
static const char no_text[] = "expected a string value or " OR_TRANSFORM;
static const char no_list[] = "expected a list, an identifier, or " OR_TRANSFORM;
static const char no_operator_words[] =
    "expected a valid check operator: one of 'exists', '<=', '<', '>=', '>', '==', '=', '!=', "
    "'glob', 'iglob', 'contains', 'icontains', 'bcontains', 'startswith', 'bstartswith', "
    "'endswith', 'regex', 'intersects', 'in', 'pmatch'";

struct parser {
    struct lex lex;
    unsigned depth;
};

/* Arrays that grow in the arena; what they outgrow stays there until its end. */
struct nodes {
    struct ast_node **item;
    uint32_t count, room;
};
struct operands {
    struct ast_operand **item;
    uint32_t count, room;
};
struct values {
    struct ast_value *item;
    uint32_t count, room;
};

static int parse_or(struct parser *p, struct ast_node **out);
static int parse_transform_tail(struct parser *p, enum ast_transform transform, size_t from,
                                struct ast_operand **out);

int parse_problem_set(struct parse_problem *problem, int code, size_t offset, const char *fmt, ...)
{
    va_list args;

    if (problem == NULL)
        return code;
    problem->offset = (uint32_t)offset;
    problem->mend[0] = '\0';
    va_start(args, fmt);
    (void)vsnprintf(problem->message, sizeof(problem->message), fmt, args);
    va_end(args);
    return code;
}

void parse_problem_mend(struct parse_problem *problem, const char *fmt, ...)
{
    va_list args;

    if (problem == NULL)
        return;
    va_start(args, fmt);
    (void)vsnprintf(problem->mend, sizeof(problem->mend), fmt, args);
    va_end(args);
}

static int bad(struct parser *p, const char *message)
{
    return parse_problem_set(p->lex.problem, -EINVAL, p->lex.at, "%s", message);
}

static int too_big(struct parser *p)
{
    return parse_problem_set(p->lex.problem, -E2BIG, p->lex.at, "the condition is too big");
}

static int deeper(struct parser *p)
{
    if (p->depth >= AST_DEPTH_MAX)
        return parse_problem_set(p->lex.problem, -E2BIG, p->lex.at,
                                 "exceeded max depth limit of %d", AST_DEPTH_MAX);
    p->depth++;
    return 0;
}

/* Room for one more element of `size` bytes: the place of the array, moved when it was full. */
static void *grow(struct parser *p, void *item, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return item;
    uint32_t want = *room == 0 ? 4 : *room * 2;
    void *moved = arena_array_size(p->lex.arena, size, want);
    if (moved != NULL && count > 0)
        memcpy(moved, item, count * size);
    *room = want;
    return moved;
}

static int nodes_add(struct parser *p, struct nodes *nodes, struct ast_node *node)
{
    nodes->item = grow(p, nodes->item, nodes->count, &nodes->room, sizeof(*nodes->item));
    if (nodes->item == NULL)
        return too_big(p);
    nodes->item[nodes->count++] = node;
    return 0;
}

static int operands_add(struct parser *p, struct operands *list, struct ast_operand *operand)
{
    list->item = grow(p, list->item, list->count, &list->room, sizeof(*list->item));
    if (list->item == NULL)
        return too_big(p);
    list->item[list->count++] = operand;
    return 0;
}

static int values_add(struct parser *p, struct values *values, struct ast_value value)
{
    values->item = grow(p, values->item, values->count, &values->room, sizeof(*values->item));
    if (values->item == NULL)
        return too_big(p);
    values->item[values->count++] = value;
    return 0;
}

static struct ast_node *new_node(struct parser *p, enum ast_kind kind, size_t from)
{
    struct ast_node *node = arena_try(p->lex.arena, sizeof(*node));

    if (node == NULL)
        return NULL;
    node->kind = kind;
    node->offset = (uint32_t)from;
    return node;
}

static struct ast_operand *new_operand(struct parser *p, enum ast_operand_kind kind, size_t from)
{
    struct ast_operand *operand = arena_try(p->lex.arena, sizeof(*operand));

    if (operand == NULL)
        return NULL;
    operand->kind = kind;
    operand->offset = (uint32_t)from;
    return operand;
}

static void end_node(struct parser *p, struct ast_node *node)
{
    size_t end = p->lex.at;

    while (end > node->offset && strchr(" \t\r\n\b", p->lex.text.ptr[end - 1]) != NULL)
        end--;
    node->length = (uint32_t)(end - node->offset);
}

/* An optional [argument] right behind a field or transformer. */
static int parse_arg(struct parser *p, struct ast_operand *operand)
{
    if (!lex_text(&p->lex, "["))
        return 0;
    int rc = lex_quoted(&p->lex);
    if (rc < 0)
        return rc;
    if (rc == LEX_NONE && !lex_bare_arg(&p->lex))
        return bad(p, "expected a valid field argument: a quoted string or a bare string");
    operand->arg = p->lex.last;
    operand->has_arg = true;
    if (!lex_text(&p->lex, "]"))
        return bad(p, "expected a ']' token");
    return 0;
}

/* The name was just taken. */
static int parse_field_tail(struct parser *p, struct ast_operand **out)
{
    struct ast_operand *field = new_operand(p, OPERAND_FIELD, p->lex.at - p->lex.last.len);

    if (field == NULL)
        return too_big(p);
    field->name = p->lex.last;
    *out = field;
    return parse_arg(p, field);
}

/* "tolower(" and the like; val() only counts where a right side may stand. */
static bool lex_transform(struct parser *p, bool with_val, enum ast_transform *out)
{
    for (int t = 0; t < TRANSFORM_COUNT; t++) {
        char word[16];

        if (t == TRANSFORM_VAL && !with_val)
            continue;
        (void)snprintf(word, sizeof(word), "%s(", ast_transform_name((enum ast_transform)t));
        if (lex_text(&p->lex, word)) {
            *out = (enum ast_transform)t;
            return true;
        }
    }
    return false;
}

static int parse_literal(struct parser *p, size_t from, struct ast_operand **out)
{
    bool quoted = false;

    if (!lex_number(&p->lex)) {
        int rc = lex_quoted(&p->lex);
        if (rc != LEX_TAKEN)
            return rc;
        quoted = true;
    }
    struct ast_operand *literal = new_operand(p, OPERAND_LITERAL, from);
    if (literal == NULL)
        return too_big(p);
    literal->name = p->lex.last;
    literal->quoted = quoted;
    *out = literal;
    return LEX_TAKEN;
}

static int parse_transform_arg(struct parser *p, bool in_list, struct ast_operand **out);

/* After "(": (field, "text", tolower(field)) */
static int parse_operand_list(struct parser *p, size_t from, struct ast_operand **out)
{
    struct ast_operand *list = new_operand(p, OPERAND_LIST, from);
    struct operands items = {0};

    if (list == NULL)
        return too_big(p);
    *out = list;
    (void)lex_blank(&p->lex);
    if (lex_text(&p->lex, ")"))
        return 0;
    do {
        struct ast_operand *item = NULL;
        int rc = parse_transform_arg(p, true, &item);
        if (rc == 0)
            rc = operands_add(p, &items, item);
        if (rc < 0)
            return rc;
        (void)lex_blank(&p->lex);
    } while (lex_text(&p->lex, ","));
    if (!lex_text(&p->lex, ")"))
        return bad(p, "expected ')'");
    list->operand = items.item;
    list->operand_count = items.count;
    return 0;
}

static int parse_transform_arg(struct parser *p, bool in_list, struct ast_operand **out)
{
    enum ast_transform transform = TRANSFORM_COUNT;

    (void)lex_blank(&p->lex);
    size_t from = p->lex.at;
    int rc = parse_literal(p, from, out);
    if (rc != LEX_NONE)
        return rc < 0 ? rc : 0;
    if (!in_list && lex_text(&p->lex, "("))
        return parse_operand_list(p, from, out);
    if (lex_transform(p, false, &transform))
        return parse_transform_tail(p, transform, from, out);
    if (lex_field_name(&p->lex))
        return parse_field_tail(p, out);
    if (in_list)
        return bad(p, "expected transformer list argument: "
                      "field, transformer, quoted string, or number");
    return bad(p, "expected field transformer argument: "
                  "field, transformer, quoted string, number, or transformer list");
}

static int parse_transform_args(struct parser *p, struct operands *args)
{
    do {
        struct ast_operand *arg = NULL;
        int rc = parse_transform_arg(p, false, &arg);
        if (rc == 0)
            rc = operands_add(p, args, arg);
        if (rc < 0)
            return rc;
        (void)lex_blank(&p->lex);
    } while (lex_text(&p->lex, ","));
    return 0;
}

static int parse_val_args(struct parser *p, struct operands *args)
{
    struct ast_operand *field = NULL;

    (void)lex_blank(&p->lex);
    if (!lex_field_name(&p->lex))
        return bad(p, "expected a field within 'val' transformer");
    int rc = parse_field_tail(p, &field);
    if (rc == 0)
        rc = operands_add(p, args, field);
    (void)lex_blank(&p->lex);
    return rc;
}

/* After "tolower(". */
static int parse_transform_tail(struct parser *p, enum ast_transform transform, size_t from,
                                struct ast_operand **out)
{
    struct ast_operand *operand = new_operand(p, OPERAND_TRANSFORM, from);
    struct operands args = {0};

    if (operand == NULL)
        return too_big(p);
    int rc = deeper(p);
    if (rc == 0)
        rc = transform == TRANSFORM_VAL ? parse_val_args(p, &args) : parse_transform_args(p, &args);
    if (rc < 0)
        return rc;
    if (!lex_text(&p->lex, ")"))
        return bad(p, "expected a ')' token closing the transformer");
    p->depth--;
    operand->transform = transform;
    operand->operand = args.item;
    operand->operand_count = args.count;
    *out = operand;
    return parse_arg(p, operand);
}

/* val(field) or a transformer as right side: *out stays NULL when there is none. */
static int try_right_operand(struct parser *p, struct ast_operand **out)
{
    enum ast_transform transform = TRANSFORM_COUNT;
    size_t from = p->lex.at;

    if (!lex_transform(p, true, &transform))
        return 0;
    return parse_transform_tail(p, transform, from, out);
}

static int one_value(struct parser *p, struct ast_node *node, size_t from, bool quoted)
{
    struct ast_value *value = arena_try(p->lex.arena, sizeof(*value));

    if (value == NULL)
        return too_big(p);
    *value = (struct ast_value){.text = p->lex.last, .quoted = quoted, .offset = (uint32_t)from};
    node->value = value;
    node->value_count = 1;
    return 0;
}

static int parse_number_value(struct parser *p, struct ast_node *node)
{
    (void)lex_blank(&p->lex);
    size_t from = p->lex.at;
    int rc = try_right_operand(p, &node->right);
    if (rc < 0 || node->right != NULL)
        return rc;
    if (!lex_number(&p->lex))
        return bad(p, no_number);
    return one_value(p, node, from, false);
}

/* Take a value, quoted or bare: enum lex_outcome or a negative error. */
static int lex_value(struct parser *p, bool *quoted)
{
    int rc = lex_quoted(&p->lex);

    *quoted = rc == LEX_TAKEN;
    if (rc != LEX_NONE)
        return rc;
    return lex_bare(&p->lex) ? LEX_TAKEN : LEX_NONE;
}

static bool quote_is_open(const struct parser *p)
{
    size_t at = p->lex.at;

    return at < p->lex.text.len && (p->lex.text.ptr[at] == '"' || p->lex.text.ptr[at] == '\'');
}

static int no_value(struct parser *p, const char *message)
{
    int rc = bad(p, message);

    if (quote_is_open(p))
        parse_problem_mend(p->lex.problem, "the quote is not closed");
    return rc;
}

static int parse_text_value(struct parser *p, struct ast_node *node)
{
    bool quoted = false;

    (void)lex_blank(&p->lex);
    size_t from = p->lex.at;
    int rc = try_right_operand(p, &node->right);
    if (rc < 0 || node->right != NULL)
        return rc;
    rc = lex_value(p, &quoted);
    if (rc < 0)
        return rc;
    if (rc == LEX_NONE)
        return no_value(p, no_text);
    return one_value(p, node, from, quoted);
}

static int add_list_value(struct parser *p, struct values *values, bool may_be_absent)
{
    bool quoted = false;

    (void)lex_blank(&p->lex);
    size_t from = p->lex.at;
    int rc = lex_value(p, &quoted);
    if (rc == LEX_NONE)
        return may_be_absent && !quote_is_open(p) ? LEX_NONE
                                                  : no_value(p, "expected a string value");
    if (rc == LEX_TAKEN)
        rc = values_add(
            p, values,
            (struct ast_value){.text = p->lex.last, .quoted = quoted, .offset = (uint32_t)from});
    (void)lex_blank(&p->lex);
    return rc < 0 ? rc : LEX_TAKEN;
}

/* After "(". */
static int parse_value_list(struct parser *p, struct ast_node *node)
{
    struct values values = {0};
    int rc = add_list_value(p, &values, true);

    while (rc == LEX_TAKEN && lex_text(&p->lex, ","))
        rc = add_list_value(p, &values, false);
    if (rc < 0)
        return rc;
    if (!lex_text(&p->lex, ")"))
        return bad(p, "expected a ')' token");
    node->value = values.item;
    node->value_count = values.count;
    node->value_is_list = true;
    return 0;
}

static int parse_list_or_name(struct parser *p, struct ast_node *node, const char *message)
{
    size_t from = p->lex.at;

    if (lex_text(&p->lex, "("))
        return parse_value_list(p, node);
    if (lex_identifier(&p->lex))
        return one_value(p, node, from, false);
    return bad(p, message);
}

static int parse_list_right(struct parser *p, struct ast_node *node)
{
    (void)lex_blank(&p->lex);
    int rc = try_right_operand(p, &node->right);
    if (rc < 0 || node->right != NULL)
        return rc;
    return parse_list_or_name(p, node, no_list);
}

/* A modifier is one only when a list or the name of one follows: `= anyof` alone is a value. */
static bool lex_modifier(struct parser *p, enum ast_modifier *out)
{
    struct lex before = p->lex;

    for (int m = MODIFIER_ONEOF; m < MODIFIER_COUNT; m++) {
        if (!lex_word(&p->lex, ast_modifier_name((enum ast_modifier)m)))
            continue;
        bool blank = lex_blank(&p->lex);
        struct lex after = p->lex;
        bool list = lex_text(&p->lex, "(");
        bool keyword =
            lex_word(&p->lex, "and") || lex_word(&p->lex, "or") || lex_word(&p->lex, "not");
        bool name = blank && !keyword && lex_identifier(&p->lex);
        p->lex = list || name ? after : before;
        if (list || name)
            *out = (enum ast_modifier)m;
        return list || name;
    }
    return false;
}

static int parse_text_right(struct parser *p, struct ast_node *node, bool blank)
{
    blank = lex_blank(&p->lex) || blank;
    if (blank && lex_modifier(p, &node->modifier))
        return parse_list_or_name(p, node, "expected a list or an identifier");
    return parse_text_value(p, node);
}

/* Operators in the order in which they must be tried: a longer one before its beginning. */
static const struct operator_word {
    const char *text;
    enum ast_op op;
    enum { SYMBOL, WORD, WORD_BLANK } form;
} operator_words[] = {
    {"exists", OP_EXISTS, WORD},
    {"<=", OP_LE, SYMBOL},
    {"<", OP_LT, SYMBOL},
    {">=", OP_GE, SYMBOL},
    {">", OP_GT, SYMBOL},
    {"==", OP_EQ, SYMBOL},
    {"=", OP_EQ, SYMBOL},
    {"!=", OP_NE, SYMBOL},
    {"glob", OP_GLOB, WORD_BLANK},
    {"iglob", OP_IGLOB, WORD_BLANK},
    {"contains", OP_CONTAINS, WORD_BLANK},
    {"icontains", OP_ICONTAINS, WORD_BLANK},
    {"bcontains", OP_BCONTAINS, WORD_BLANK},
    {"startswith", OP_STARTSWITH, WORD_BLANK},
    {"bstartswith", OP_BSTARTSWITH, WORD_BLANK},
    {"endswith", OP_ENDSWITH, WORD_BLANK},
    {"regex", OP_REGEX, WORD_BLANK},
    {"intersects", OP_INTERSECTS, WORD},
    {"in", OP_IN, WORD},
    {"pmatch", OP_PMATCH, WORD},
};

static const struct operator_word *lex_operator(struct parser *p)
{
    for (size_t i = 0; i < ARRAY_LEN(operator_words); i++) {
        const struct operator_word *word = &operator_words[i];
        struct lex before = p->lex;

        if (word->form == SYMBOL ? lex_text(&p->lex, word->text) : lex_word(&p->lex, word->text)) {
            if (word->form != WORD_BLANK || lex_blank(&p->lex))
                return word;
            p->lex = before;
        }
    }
    return NULL;
}

static int no_operator(struct parser *p)
{
    struct sv names[OP_COUNT];
    struct sv found = lex_peek(&p->lex);
    int rc = bad(p, no_operator_words);

    for (int op = 0; op < OP_COUNT; op++)
        names[op] = sv(ast_op_name((enum ast_op)op));
    long near = sv_nearest(found, (struct sv_list){names, OP_COUNT});
    if (near >= 0)
        parse_problem_mend(p->lex.problem,
                           sv_starts(found, names[near]) ? "a blank must follow '%s'"
                                                         : "did you mean '%s'?",
                           names[near].ptr);
    else if (found.len == 0 && p->lex.at >= p->lex.text.len)
        parse_problem_mend(p->lex.problem, "the condition ends after a field; did you mean "
                                           "'exists'?");
    return rc;
}

static int parse_check_tail(struct parser *p, struct ast_operand *left, size_t from,
                            struct ast_node **out)
{
    struct ast_node *node = new_node(p, AST_CHECK, from);

    if (node == NULL)
        return too_big(p);
    (void)lex_blank(&p->lex);
    const struct operator_word *word = lex_operator(p);
    if (word == NULL)
        return no_operator(p);
    node->left = left;
    node->op = word->op;
    int rc = 0;
    if (word->op == OP_LT || word->op == OP_LE || word->op == OP_GT || word->op == OP_GE)
        rc = parse_number_value(p, node);
    else if (word->op == OP_IN || word->op == OP_INTERSECTS || word->op == OP_PMATCH)
        rc = parse_list_right(p, node);
    else if (word->op != OP_EXISTS)
        rc = parse_text_right(p, node, word->form == WORD_BLANK);
    if (rc < 0)
        return rc;
    end_node(p, node);
    *out = node;
    return 0;
}

/* After "(". */
static int parse_parens_tail(struct parser *p, struct ast_node **out)
{
    int rc = deeper(p);

    if (rc == 0)
        rc = parse_or(p, out);
    if (rc < 0)
        return rc;
    if (!lex_text(&p->lex, ")"))
        return bad(p, "expected a ')' token");
    p->depth--;
    return 0;
}

static int parse_check(struct parser *p, struct ast_node **out)
{
    enum ast_transform transform = TRANSFORM_COUNT;
    struct ast_operand *left = NULL;

    (void)lex_blank(&p->lex);
    size_t from = p->lex.at;
    if (lex_text(&p->lex, "("))
        return parse_parens_tail(p, out);
    if (lex_field_name(&p->lex)) {
        int rc = parse_field_tail(p, &left);
        return rc < 0 ? rc : parse_check_tail(p, left, from, out);
    }
    if (lex_transform(p, false, &transform)) {
        int rc = parse_transform_tail(p, transform, from, &left);
        return rc < 0 ? rc : parse_check_tail(p, left, from, out);
    }
    if (!lex_identifier(&p->lex))
        return bad(p, "expected a '(' token, a field check, or an identifier");
    struct ast_node *macro = new_node(p, AST_MACRO, from);
    if (macro == NULL)
        return too_big(p);
    macro->name = p->lex.last;
    end_node(p, macro);
    *out = macro;
    return 0;
}

/* `not` followed by a blank or a parenthesis, which stays. */
static bool lex_not(struct parser *p)
{
    struct lex before = p->lex;

    if (!lex_text(&p->lex, "not"))
        return false;
    if (lex_blank(&p->lex) || sv_starts(sv_sub(p->lex.text, p->lex.at, 1), SV("(")))
        return true;
    p->lex = before;
    return false;
}

static int parse_not(struct parser *p, struct ast_node **out)
{
    (void)lex_blank(&p->lex);
    size_t from = p->lex.at;
    if (!lex_not(p))
        return parse_check(p, out);
    struct ast_node *node = new_node(p, AST_NOT, from);
    struct ast_node **child = arena_array(p->lex.arena, struct ast_node *, 1);
    if (node == NULL || child == NULL)
        return too_big(p);
    int rc = deeper(p);
    if (rc == 0)
        rc = parse_not(p, child);
    if (rc < 0)
        return rc;
    p->depth--;
    node->child = child;
    node->count = 1;
    end_node(p, node);
    *out = node;
    return 0;
}

/* `word` between two operands, followed by a blank or a parenthesis, which stays. */
static int lex_junction(struct parser *p, const char *word)
{
    (void)lex_blank(&p->lex);
    if (!lex_text(&p->lex, word))
        return LEX_NONE;
    if (lex_blank(&p->lex) || sv_starts(sv_sub(p->lex.text, p->lex.at, 1), SV("(")))
        return LEX_TAKEN;
    return parse_problem_set(p->lex.problem, -EINVAL, p->lex.at, "expected blank or '(' after '%s'",
                             word);
}

/* part (word part)*: the part itself when there is one only. */
static int parse_junction(struct parser *p, enum ast_kind kind, struct ast_node **out)
{
    struct nodes parts = {0};
    int rc;

    (void)lex_blank(&p->lex);
    size_t from = p->lex.at;
    do {
        struct ast_node *part = NULL;
        rc = kind == AST_OR ? parse_junction(p, AST_AND, &part) : parse_not(p, &part);
        if (rc == 0)
            rc = nodes_add(p, &parts, part);
        if (rc == 0)
            rc = lex_junction(p, kind == AST_OR ? "or" : "and");
    } while (rc == LEX_TAKEN);
    if (rc < 0)
        return rc;
    *out = parts.item[0];
    if (parts.count == 1)
        return 0;
    struct ast_node *node = new_node(p, kind, from);
    if (node == NULL)
        return too_big(p);
    node->child = parts.item;
    node->count = parts.count;
    end_node(p, node);
    *out = node;
    return 0;
}

static int parse_or(struct parser *p, struct ast_node **out)
{
    return parse_junction(p, AST_OR, out);
}

static int unexpected(struct parser *p)
{
    static const struct {
        const char *found, *meant;
    } habits[] = {{"&&", "and"}, {"||", "or"}, {"AND", "and"}, {"OR", "or"}};
    struct sv found = lex_peek(&p->lex);
    struct sv last = p->lex.last;
    int rc = parse_problem_set(p->lex.problem, -EINVAL, p->lex.at,
                               "unexpected token after '%.*s', expecting 'or', 'and'",
                               (int)(last.len > 150 ? 150 : last.len), last.ptr);

    for (size_t i = 0; i < ARRAY_LEN(habits); i++) {
        if (sv_eq(found, sv(habits[i].found)))
            parse_problem_mend(p->lex.problem, "did you mean '%s'?", habits[i].meant);
    }
    if (found.len == 0 && p->lex.at < p->lex.text.len && p->lex.text.ptr[p->lex.at] == ')')
        parse_problem_mend(p->lex.problem, "this ')' has no '('");
    return rc;
}

static struct parser parser_on(struct sv text, struct arena *arena, struct parse_problem *problem)
{
    if (problem != NULL)
        *problem = (struct parse_problem){0};
    return (struct parser){.lex = {.text = text, .arena = arena, .problem = problem}};
}

int parse_condition(struct sv text, struct arena *arena, struct ast_node **out,
                    struct parse_problem *problem)
{
    struct parser parser = parser_on(text, arena, problem);
    struct ast_node *root = NULL;

    if (text.len == 0)
        return bad(&parser, "filter input string is empty");
    if (text.len > PARSE_CONDITION_MAX)
        return parse_problem_set(problem, -E2BIG, 0, "the condition is longer than %zu bytes",
                                 PARSE_CONDITION_MAX);
    int rc = parse_or(&parser, &root);
    if (rc < 0)
        return rc;
    if (parser.lex.at < text.len)
        return unexpected(&parser);
    *out = root;
    return 0;
}

int parse_operand(struct sv text, struct arena *arena, struct ast_operand **out, size_t *used,
                  struct parse_problem *problem)
{
    struct parser parser = parser_on(text, arena, problem);
    enum ast_transform transform = TRANSFORM_COUNT;
    struct ast_operand *operand = NULL;
    int rc;

    if (lex_field_name(&parser.lex))
        rc = parse_field_tail(&parser, &operand);
    else if (lex_transform(&parser, false, &transform))
        rc = parse_transform_tail(&parser, transform, 0, &operand);
    else
        rc = bad(&parser, "expected a field or a transformer");
    if (rc < 0)
        return rc;
    *out = operand;
    *used = parser.lex.at;
    return 0;
}

int parse_item(struct sv text, struct arena *arena, struct ast_value *out,
               struct parse_problem *problem)
{
    struct parser parser = parser_on(text, arena, problem);
    int rc = lex_quoted(&parser.lex);

    if (rc < 0)
        return rc;
    bool quoted = rc == LEX_TAKEN && parser.lex.at == text.len;
    *out = (struct ast_value){.text = quoted ? parser.lex.last : text, .quoted = quoted};
    return 0;
}
