#include "lang/vm/operand.h"

#include <assert.h>
#include <errno.h>

#include "base/arena.h"
#include "lang/parse.h"
#include "lang/vm/transform.h"

struct operand_compiler {
    enum event_source source;
    const uint32_t *offset;
    struct arena *arena;
    struct parse_problem *problem;
};

static int compile(struct operand_compiler *c, const struct ast_operand *ast, struct operand **out);

static uint32_t place(const struct operand_compiler *c, const struct ast_operand *ast)
{
    return c->offset != NULL ? *c->offset : ast->offset;
}

static int too_big(struct operand_compiler *c, const struct ast_operand *ast)
{
    return parse_problem_set(c->problem, -E2BIG, place(c, ast), "the condition is too big");
}

static int no_field(struct operand_compiler *c, const struct ast_operand *ast, bool elsewhere)
{
    int rc =
        parse_problem_set(c->problem, -EINVAL, place(c, ast),
                          "filter_check called with nonexistent field %.*s", SV_ARG(ast->name));
    const char *near = elsewhere ? NULL : field_nearest(ast->name);

    if (elsewhere)
        parse_problem_mend(c->problem, "events of source '%s' do not have it",
                           event_source_name(c->source));
    else if (near != NULL)
        parse_problem_mend(c->problem, "did you mean '%s'?", near);
    return rc;
}

static int bad_arg(struct operand_compiler *c, const struct ast_operand *ast,
                   enum field_ref_problem problem)
{
    static const char *const words[] = {
        [FIELD_REF_ARG_MISSING] = "requires an argument",
        [FIELD_REF_ARG_UNWANTED] = "does not take an argument",
        [FIELD_REF_ARG_BAD] = "does not take this argument",
    };

    return parse_problem_set(c->problem, -EINVAL, place(c, ast), "field %.*s %s", SV_ARG(ast->name),
                             words[problem]);
}

static int compile_field(struct operand_compiler *c, const struct ast_operand *ast,
                         struct operand *operand)
{
    const struct field *field = field_find(ast->name);
    enum field_ref_problem problem;

    if (field != NULL)
        problem = field_ref_make(field, ast->has_arg, ast->arg, &operand->ref);
    else if (!ast->has_arg) /* evt.arg.flags */
        problem = field_ref_parse(ast->name, &operand->ref);
    else
        problem = FIELD_REF_UNKNOWN;
    if (problem == FIELD_REF_UNKNOWN)
        return no_field(c, ast, false);
    if (problem != FIELD_REF_FINE)
        return bad_arg(c, ast, problem);
    field = operand->ref.field;
    if ((field->sources & (1u << c->source)) == 0)
        return no_field(c, ast, true);
    operand->type = field_ref_type(&operand->ref);
    operand->is_list = (field->flags & FIELD_LIST) != 0;
    return 0;
}

static int compile_parts(struct operand_compiler *c, const struct ast_operand *ast,
                         struct operand *operand)
{
    struct operand **part = arena_array(c->arena, struct operand *, ast->operand_count);

    if (part == NULL)
        return too_big(c, ast);
    if (ast->operand_count > FIELD_VALUES_MAX)
        return parse_problem_set(c->problem, -EINVAL, place(c, ast),
                                 "more than %d arguments or elements", FIELD_VALUES_MAX);
    for (uint32_t i = 0; i < ast->operand_count; i++) {
        int rc = compile(c, ast->operand[i], &part[i]);
        if (rc < 0)
            return rc;
    }
    operand->part = (const struct operand *const *)part;
    operand->part_count = ast->operand_count;
    return 0;
}

static int refuse(struct operand_compiler *c, const struct ast_operand *ast, const char *words)
{
    return parse_problem_set(c->problem, -EINVAL, place(c, ast), "%s", words);
}

static int wrong_type(struct operand_compiler *c, const struct ast_operand *ast,
                      const struct operand *part)
{
    const struct field_ref *ref = operand_field(part);

    return parse_problem_set(c->problem, -EINVAL, place(c, ast),
                             "can't add field transformer: type '%s' is not supported by '%s' "
                             "transformer applied on %sfield '%s'",
                             value_type_name(part->type), ast_transform_name(ast->transform),
                             part->is_list ? "list " : "", ref == NULL ? "" : ref->field->name);
}

static bool is_text(const struct operand *part)
{
    return part->type == VALUE_CHARBUF;
}

static int check_one_part(struct operand_compiler *c, const struct ast_operand *ast,
                          struct operand *operand)
{
    const struct operand *part = operand->part[0];
    bool bytes = part->type == VALUE_BYTEBUF &&
                 (ast->transform == TRANSFORM_B64 || ast->transform == TRANSFORM_LEN);

    if (operand->part_count != 1)
        return parse_problem_set(c->problem, -EINVAL, place(c, ast), "%s() takes one argument",
                                 ast_transform_name(ast->transform));
    operand->type = part->type;
    operand->is_list = part->is_list;
    if (ast->transform == TRANSFORM_LEN) {
        operand->type = VALUE_UINT64;
        operand->is_list = false;
        return is_text(part) || bytes || part->is_list ? 0 : wrong_type(c, ast, part);
    }
    if (ast->transform == TRANSFORM_VAL)
        return 0;
    return is_text(part) || bytes ? 0 : wrong_type(c, ast, part);
}

static int check_join(struct operand_compiler *c, const struct ast_operand *ast,
                      const struct operand *operand)
{
    if (operand->part_count != 2)
        return refuse(c, ast, "join() requires exactly 2 arguments: separator and list");
    if (operand->part[0]->is_list)
        return refuse(c, ast,
                      "join() first argument (separator) must be a single value, not a "
                      "list");
    if (!operand->part[1]->is_list)
        return refuse(c, ast, "join() second argument must be a list");
    if (!is_text(operand->part[0]) || !is_text(operand->part[1]))
        return refuse(c, ast, "join() arguments must be strings");
    return 0;
}

static int check_concat(struct operand_compiler *c, const struct ast_operand *ast,
                        const struct operand *operand)
{
    if (operand->part_count < 2)
        return refuse(c, ast, "concat() requires at least 2 arguments");
    for (uint32_t i = 0; i < operand->part_count; i++) {
        if (!is_text(operand->part[i]) || operand->part[i]->is_list)
            return refuse(c, ast, "concat() arguments must be strings");
    }
    return 0;
}

static int check_getopt(struct operand_compiler *c, const struct ast_operand *ast,
                        struct operand *operand)
{
    if (operand->part_count != 2)
        return refuse(c, ast, "getopt() requires exactly 2 arguments: args list and optstring");
    if (!operand->part[0]->is_list)
        return refuse(c, ast, "getopt() first argument must be a list");
    if (operand->part[1]->is_list)
        return refuse(c, ast, "getopt() second argument (optstring) must be a single value");
    if (!is_text(operand->part[0]) || !is_text(operand->part[1]))
        return refuse(c, ast, "getopt() arguments must be strings");
    if (ast->has_arg && ast->arg.len != 1)
        return refuse(c, ast, "getopt() field argument must be a single option character");
    struct getopt_spec *spec = arena_try(c->arena, sizeof(*spec));
    if (spec == NULL)
        return too_big(c, ast);
    *spec = transform_getopt_spec(operand->part[1]->literal.text,
                                  ast->has_arg ? ast->arg.ptr[0] : '\0');
    operand->getopt = spec;
    operand->is_list = !ast->has_arg;
    return 0;
}

static int compile_transform(struct operand_compiler *c, const struct ast_operand *ast,
                             struct operand *operand)
{
    int rc = compile_parts(c, ast, operand);

    if (rc < 0)
        return rc;
    if (ast->has_arg && ast->transform != TRANSFORM_GETOPT)
        return parse_problem_set(c->problem, -EINVAL, place(c, ast),
                                 "filter error: transformer '%s' does not support field arguments",
                                 ast_transform_name(ast->transform));
    operand->transform = ast->transform;
    operand->type = VALUE_CHARBUF;
    if (ast->transform == TRANSFORM_JOIN)
        return check_join(c, ast, operand);
    if (ast->transform == TRANSFORM_CONCAT)
        return check_concat(c, ast, operand);
    if (ast->transform == TRANSFORM_GETOPT)
        return check_getopt(c, ast, operand);
    return check_one_part(c, ast, operand);
}

static int compile_list(struct operand_compiler *c, const struct ast_operand *ast,
                        struct operand *operand)
{
    int rc = compile_parts(c, ast, operand);

    if (rc < 0)
        return rc;
    operand->type = VALUE_CHARBUF;
    operand->is_list = true;
    for (uint32_t i = 0; i < operand->part_count; i++) {
        if (!is_text(operand->part[i]) || operand->part[i]->is_list)
            return refuse(c, ast, "elements of a transformer list must be single strings");
    }
    return 0;
}

static int compile(struct operand_compiler *c, const struct ast_operand *ast, struct operand **out)
{
    struct operand *operand = arena_try(c->arena, sizeof(*operand));
    int rc = 0;

    if (operand == NULL)
        return too_big(c, ast);
    operand->kind = ast->kind;
    operand->slot = OPERAND_NO_SLOT;
    switch (ast->kind) {
    case OPERAND_FIELD:
        rc = compile_field(c, ast, operand);
        break;
    case OPERAND_TRANSFORM:
        rc = compile_transform(c, ast, operand);
        break;
    case OPERAND_LIST:
        rc = compile_list(c, ast, operand);
        break;
    case OPERAND_LITERAL:
        operand->type = VALUE_CHARBUF;
        operand->literal = value_sv(ast->name);
        break;
    }
    if (rc == 0)
        *out = operand;
    return rc;
}

int operand_compile(const struct ast_operand *ast, enum event_source source, const uint32_t *offset,
                    struct arena *arena, struct operand **out, struct parse_problem *problem)
{
    struct operand_compiler compiler = {source, offset, arena, problem};

    return compile(&compiler, ast, out);
}

static struct value *scratch_values(const struct event *event)
{
    return arena_array(event->scratch, struct value, FIELD_VALUES_MAX);
}

/* One value of each part, in a row. */
static int part_values(const struct operand *operand, const struct event *event, struct value *out)
{
    struct value *one = scratch_values(event);
    uint32_t count = operand->part_count;

    if (one == NULL)
        return OPERAND_ABSENT;
    for (uint32_t i = 0; i < count; i++) {
        if (operand_values(operand->part[i], event, one) < 1)
            return OPERAND_ABSENT;
        out[i] = one[0];
    }
    return (int)count;
}

static int join_values(const struct operand *operand, const struct event *event, struct value *out)
{
    struct value *item = scratch_values(event);
    struct sv separator = {NULL, 0};
    int count;

    if (item == NULL)
        return OPERAND_ABSENT;
    if (operand->transform == TRANSFORM_CONCAT) {
        count = part_values(operand, event, item);
    } else {
        if (operand_values(operand->part[0], event, item) < 1 || item[0].kind != VALUE_TEXT)
            return OPERAND_ABSENT;
        separator = item[0].text;
        count = operand_values(operand->part[1], event, item);
    }
    if (count < 0 || !transform_join(separator, item, count, event->scratch, out))
        return OPERAND_ABSENT;
    return 1;
}

static int getopt_values(const struct operand *operand, const struct event *event,
                         struct value *out)
{
    const struct operand *options = operand->part[1];
    struct value *arg = scratch_values(event);
    struct getopt_spec made;
    const struct getopt_spec *spec = operand->getopt;

    if (arg == NULL)
        return OPERAND_ABSENT;
    if (options->kind != OPERAND_LITERAL) {
        if (operand_values(options, event, arg) < 1 || arg[0].kind != VALUE_TEXT)
            return OPERAND_ABSENT;
        made = transform_getopt_spec(arg[0].text, operand->getopt->option);
        spec = &made;
    }
    int count = operand_values(operand->part[0], event, arg);
    if (count < 0)
        return OPERAND_ABSENT;
    return transform_getopt(spec, arg, count, out, FIELD_VALUES_MAX);
}

static int transformed_values(const struct operand *operand, const struct event *event,
                              struct value *out)
{
    switch (operand->transform) {
    case TRANSFORM_JOIN:
    case TRANSFORM_CONCAT:
        return join_values(operand, event, out);
    case TRANSFORM_GETOPT:
        return getopt_values(operand, event, out);
    default:
        break;
    }
    int count = operand_values(operand->part[0], event, out);
    if (count < 0 || operand->transform == TRANSFORM_VAL)
        return count;
    if (operand->transform != TRANSFORM_LEN)
        return transform_texts(operand->transform, out, count, event->scratch) ? count
                                                                               : OPERAND_ABSENT;
    if (!operand->part[0]->is_list && (count != 1 || out[0].kind != VALUE_TEXT))
        return OPERAND_ABSENT;
    out[0] = value_u64(operand->part[0]->is_list ? (uint64_t)count : out[0].text.len);
    return 1;
}

int operand_values(const struct operand *operand, const struct event *event, struct value *out)
{
    switch (operand->kind) {
    case OPERAND_FIELD: {
        uint32_t count = field_extract(event, &operand->ref, out);
        return count == 0 ? OPERAND_ABSENT : (int)count;
    }
    case OPERAND_LITERAL:
        out[0] = operand->literal;
        return 1;
    case OPERAND_LIST:
        return part_values(operand, event, out);
    case OPERAND_TRANSFORM:
        return transformed_values(operand, event, out);
    }
    return OPERAND_ABSENT;
}

const struct field_ref *operand_field(const struct operand *operand)
{
    const struct field_ref *ref = NULL;

    if (operand->kind == OPERAND_FIELD)
        return &operand->ref;
    for (uint32_t i = 0; i < operand->part_count && ref == NULL; i++)
        ref = operand_field(operand->part[i]);
    return ref;
}
