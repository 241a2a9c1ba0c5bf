#include "lang/vm/predicate.h"

#include <errno.h>

#include "base/arena.h"
#include "lang/parse.h"
#include "lang/vm/compare.h"
#include "lang/vm/literal.h"
#include "lang/vm/paths.h"
#include "lang/vm/regex.h"

enum { WORDS_MAX = 200 };

static int too_big(const struct predicate_input *in, struct parse_problem *problem)
{
    return parse_problem_set(problem, -E2BIG, in->check->offset, "the condition is too big");
}

static uint32_t value_place(const struct ast_node *check, uint32_t index)
{
    return check->borrowed ? check->offset : check->value[index].offset;
}

static bool names_event_type(const struct predicate *predicate)
{
    const struct operand *left = predicate->left;
    struct sv name;

    if (left->kind != OPERAND_FIELD || left->ref.has_arg)
        return false;
    name = sv(left->ref.field->name);
    return sv_eq(name, SV("evt.type")) || sv_eq(name, SV("syscall.type"));
}

static int unknown_type(const struct predicate_input *in, uint32_t index,
                        struct parse_problem *problem)
{
    struct sv text = in->check->value[index].text;
    uint32_t count = event_type_count();
    const char *near = NULL;
    size_t best = text.len / 3 + 1;
    int rc = parse_problem_set(problem, -EINVAL, value_place(in->check, index),
                               "unknown event type %.*s", (int)(text.len > 100 ? 100 : text.len),
                               text.ptr);

    for (uint32_t type = EVENT_NONE + 1; type < count; type++) {
        const char *name = event_type_info((enum event_type)type)->name;
        size_t distance = sv_distance(text, sv(name), best);
        if (distance < best) {
            best = distance;
            near = name;
        }
    }
    if (near != NULL)
        parse_problem_mend(problem, "did you mean '%s'?", near);
    return rc;
}

static int compile_types(const struct predicate_input *in, struct predicate *predicate,
                         struct parse_problem *problem)
{
    enum ast_op op = predicate->op;

    if (!names_event_type(predicate) || in->check->right != NULL ||
        (op != OP_EQ && op != OP_NE && op != OP_IN && op != OP_INTERSECTS))
        return 0;
    bool calls_only = sv_eq(sv(predicate->left->ref.field->name), SV("syscall.type"));
    for (uint32_t i = 0; i < in->check->value_count; i++) {
        enum event_type type = event_type_from(in->check->value[i].text);

        if (type == EVENT_NONE)
            return unknown_type(in, i, problem);
        if (!calls_only || (type != EVENT_PROCEXIT && type != EVENT_PLUGIN))
            event_set_add(&predicate->types, type);
    }
    /* syscall.type is absent in what is no call: there `!=` is false, too. */
    predicate->on_type =
        predicate->modifier == MODIFIER_NONE && !(calls_only && predicate->op == OP_NE);
    return 0;
}

static int compile_hex(const struct predicate_input *in, uint32_t index, struct value *out,
                       struct parse_problem *problem)
{
    struct sv text = in->check->value[index].text;
    char *bytes = arena_try(in->arena, text.len / 2 + 1);

    if (bytes == NULL)
        return too_big(in, problem);
    if (!literal_unhex(text, bytes))
        return parse_problem_set(problem, -EINVAL, value_place(in->check, index),
                                 "filter error: bcontains and bstartswith operator support hex "
                                 "strings only");
    *out = value_sv((struct sv){bytes, text.len / 2});
    return 0;
}

static int compile_literals(const struct predicate_input *in, struct predicate *predicate,
                            struct parse_problem *problem)
{
    uint32_t count = in->check->value_count;
    struct value *literal = arena_array(in->arena, struct value, count);
    bool hex = predicate->op == OP_BCONTAINS || predicate->op == OP_BSTARTSWITH;
    char words[WORDS_MAX];

    if (literal == NULL)
        return too_big(in, problem);
    for (uint32_t i = 0; i < count; i++) {
        int rc = hex ? compile_hex(in, i, &literal[i], problem)
                     : literal_read(predicate->left->type, in->check->value[i].text, &literal[i],
                                    words, sizeof(words));
        if (rc < 0 && !hex)
            return parse_problem_set(problem, rc, value_place(in->check, i), "%s", words);
        if (rc < 0)
            return rc;
    }
    predicate->literal = literal;
    predicate->literal_count = count;
    return 0;
}

static int text_keys(const struct predicate_input *in, const struct predicate *predicate,
                     struct sv **out, struct parse_problem *problem)
{
    uint32_t count = predicate->literal_count;
    struct sv *key = arena_array(in->arena, struct sv, count);

    if (key == NULL)
        return too_big(in, problem);
    for (uint32_t i = 0; i < count; i++) {
        const struct value *literal = &predicate->literal[i];

        if (literal->kind == VALUE_TEXT) {
            key[i] = literal->text;
            continue;
        }
        char *bytes = arena_try(in->arena, NUMBER_KEY_BYTES);
        if (bytes == NULL)
            return too_big(in, problem);
        (void)number_key(literal, bytes);
        key[i] = (struct sv){bytes, NUMBER_KEY_BYTES};
    }
    *out = key;
    return 0;
}

/* Does the comparison only ask whether a value is one of the constants? */
static bool asks_set(const struct predicate *predicate)
{
    if (predicate->left->type == VALUE_DOUBLE || predicate->left->type == VALUE_DYNAMIC)
        return false;
    return predicate->op == OP_IN || predicate->op == OP_INTERSECTS ||
           (predicate->op == OP_EQ && predicate->modifier == MODIFIER_ANYOF) ||
           (predicate->op == OP_NE && predicate->modifier == MODIFIER_ALLOF);
}

static int compile_set(const struct predicate_input *in, struct predicate *predicate,
                       struct parse_problem *problem)
{
    enum value_type type = predicate->left->type;
    struct sv *key = NULL;
    int rc;

    predicate->in_set = true;
    if (type == VALUE_IPADDR || type == VALUE_IPNET) {
        rc = net_set_build(in->arena, predicate->literal, predicate->literal_count,
                           &predicate->nets);
    } else {
        rc = text_keys(in, predicate, &key, problem);
        if (rc == 0)
            rc = set_build(in->arena, key, predicate->literal_count, &predicate->set);
    }
    return rc < 0 ? too_big(in, problem) : 0;
}

static int compile_paths(const struct predicate_input *in, struct predicate *predicate,
                         struct parse_problem *problem)
{
    struct sv *path = NULL;
    int rc = text_keys(in, predicate, &path, problem);

    if (rc < 0)
        return rc;
    if (path_set_build(in->arena, path, predicate->literal_count, &predicate->paths) < 0)
        return parse_problem_set(problem, -E2BIG, in->check->offset,
                                 "a path of pmatch has more than %d components",
                                 PATH_SET_DEPTH_MAX);
    return 0;
}

static int compile_regex(const struct predicate_input *in, struct predicate *predicate,
                         struct parse_problem *problem)
{
    char words[WORDS_MAX];

    predicate->regex = arena_array(in->arena, struct regex *, predicate->literal_count);
    if (predicate->regex == NULL)
        return too_big(in, problem);
    for (uint32_t i = 0; i < predicate->literal_count; i++) {
        int rc = regex_compile(predicate->literal[i].text, in->regex_steps_max,
                               &predicate->regex[i], words, sizeof(words));
        if (rc < 0)
            return parse_problem_set(problem, rc, value_place(in->check, i),
                                     "invalid regex pattern: %s", words);
    }
    return 0;
}

static int check_right(const struct predicate_input *in, const struct predicate *predicate,
                       struct parse_problem *problem)
{
    const struct operand *left = predicate->left;
    const struct operand *right = predicate->right;
    struct sv name = {NULL, 0};

    if (predicate->op == OP_PMATCH || predicate->op == OP_REGEX)
        return parse_problem_set(problem, -EINVAL, in->check->offset,
                                 "operator '%s' doesn't support right-hand side fields",
                                 ast_op_name(predicate->op));
    if (left->type == VALUE_IPNET)
        return parse_problem_set(problem, -EINVAL, in->check->offset,
                                 "field type 'IPNET' doesn't support right-hand side fields");
    if (left->type == right->type && left->is_list == right->is_list)
        return 0;
    if (operand_field(left) != NULL)
        name = sv(operand_field(left)->field->name);
    return parse_problem_set(problem, -EINVAL, in->check->offset,
                             "field '%.*s' has type '%s'%s while the right-hand side has "
                             "incompatible type '%s'%s",
                             SV_ARG(name), value_type_name(left->type),
                             left->is_list ? " (list)" : "", value_type_name(right->type),
                             right->is_list ? " (list)" : "");
}

int predicate_compile(const struct predicate_input *input, struct predicate *predicate,
                      struct parse_problem *problem)
{
    char words[WORDS_MAX];

    predicate->op = input->check->op;
    predicate->modifier = input->check->modifier;
    if (!literal_op_fits(predicate->left->type, predicate->left->is_list, predicate->op, words,
                         sizeof(words)))
        return parse_problem_set(problem, -EINVAL, input->check->offset, "%s", words);
    if (predicate->op == OP_EXISTS)
        return 0;
    if (predicate->right != NULL)
        return check_right(input, predicate, problem);
    int rc = compile_types(input, predicate, problem);
    if (rc == 0)
        rc = compile_literals(input, predicate, problem);
    if (rc == 0 && predicate->op == OP_REGEX)
        rc = compile_regex(input, predicate, problem);
    if (rc == 0 && predicate->op == OP_PMATCH)
        rc = compile_paths(input, predicate, problem);
    if (rc == 0 && asks_set(predicate))
        rc = compile_set(input, predicate, problem);
    return rc;
}

void predicate_done(struct predicate *predicate)
{
    if (predicate->regex == NULL)
        return;
    for (uint32_t i = 0; i < predicate->literal_count; i++)
        regex_free(predicate->regex[i]);
    predicate->regex = NULL;
}

static bool value_in_set(const struct predicate *predicate, const struct value *value)
{
    char key[NUMBER_KEY_BYTES];

    switch ((enum value_kind)value->kind) {
    case VALUE_TEXT:
        return set_has(&predicate->set, value->text);
    case VALUE_ADDRESS:
    case VALUE_NETWORK:
        return net_set_has(&predicate->nets, &value->ip);
    default:
        return number_key(value, key) &&
               set_has(&predicate->set, (struct sv){key, NUMBER_KEY_BYTES});
    }
}

static bool regex_holds(const struct predicate *predicate, const struct event *event,
                        const struct value *value, uint32_t index)
{
    if (value->kind != VALUE_TEXT)
        return false;
    enum regex_result result = regex_match(predicate->regex[index], value->text, event->scratch);
    if (result == REGEX_LIMIT)
        (void)__atomic_fetch_add(predicate->regex_limits, 1, __ATOMIC_RELAXED);
    return result == REGEX_YES;
}

static bool one_literal(const struct predicate *predicate, const struct event *event,
                        const struct value *value, uint32_t index)
{
    if (predicate->op == OP_REGEX)
        return regex_holds(predicate, event, value, index);
    if (predicate->op == OP_IN || predicate->op == OP_INTERSECTS)
        return compare_values(OP_EQ, value, &predicate->literal[index]);
    return compare_values(predicate->op, value, &predicate->literal[index]);
}

static bool many_literals(const struct predicate *predicate, const struct event *event,
                          const struct value *value)
{
    uint32_t hits = 0;
    uint32_t tried = 0;

    while (tried < predicate->literal_count) {
        hits += one_literal(predicate, event, value, tried);
        tried++;
        if (predicate->modifier == MODIFIER_ALLOF) {
            if (hits < tried)
                return false;
        } else if (predicate->modifier != MODIFIER_ONEOF) {
            if (hits > 0)
                return true;
        } else if (hits > 1) {
            return false;
        }
    }
    return hits > 0;
}

static bool value_holds(const struct predicate *predicate, const struct event *event,
                        const struct value *value)
{
    if (predicate->paths != NULL)
        return value->kind == VALUE_TEXT && path_set_has(predicate->paths, value->text);
    if (predicate->in_set)
        return value_in_set(predicate, value) == (predicate->op != OP_NE) &&
               predicate->literal_count > 0;
    if (predicate->modifier != MODIFIER_NONE || predicate->op == OP_IN ||
        predicate->op == OP_INTERSECTS)
        return many_literals(predicate, event, value);
    return one_literal(predicate, event, value, 0);
}

static bool right_holds(const struct predicate *predicate, const struct value *value,
                        const struct value *right, int count)
{
    enum ast_op op =
        predicate->op == OP_IN || predicate->op == OP_INTERSECTS ? OP_EQ : predicate->op;

    for (int i = 0; i < count; i++) {
        if (compare_values(op, value, &right[i]))
            return true;
    }
    return false;
}

/* Must every value satisfy it, not just one? `in` wants that of a list, and an address or port that
 * is "not x" is so at both ends. */
static bool wants_all(const struct predicate *predicate)
{
    enum value_type type = predicate->left->type;

    if (predicate->left->is_list)
        return predicate->op == OP_IN;
    return predicate->op == OP_NE &&
           (type == VALUE_IPADDR || type == VALUE_IPNET || type == VALUE_PORT);
}

static bool test_constants(const struct predicate *predicate, const struct event *event,
                           const struct value *left, int count, int *decisive)
{
    bool all = wants_all(predicate);

    for (int i = 0; i < count; i++) {
        bool holds = value_holds(predicate, event, &left[i]);
        if (holds != all) {
            *decisive = i;
            return holds;
        }
    }
    return all;
}

static bool test_right(const struct predicate *predicate, const struct event *event,
                       const struct value *left, int count, int *decisive)
{
    struct value right[FIELD_VALUES_MAX];
    bool all = wants_all(predicate);
    int right_count = operand_values(predicate->right, event, right);

    if (right_count < 0)
        return false;
    for (int i = 0; i < count; i++) {
        bool holds = right_holds(predicate, &left[i], right, right_count);
        if (holds != all) {
            *decisive = i;
            return holds;
        }
    }
    return all;
}

bool predicate_test(const struct predicate *predicate, const struct event *event,
                    const struct value *left, int count, int *decisive)
{
    int ignored;

    if (decisive == NULL)
        decisive = &ignored;
    *decisive = count == 1 ? 0 : -1;
    if (count == OPERAND_ABSENT)
        return false;
    if (predicate->op == OP_EXISTS)
        return true;
    return predicate->right == NULL ? test_constants(predicate, event, left, count, decisive)
                                    : test_right(predicate, event, left, count, decisive);
}
