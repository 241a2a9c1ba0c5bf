#include "lang/output.h"

#include <assert.h>
#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "lang/vm/operand.h"

enum { NAME_MAX_BYTES = 100 }; /* of a field, looked for in front of other text */

struct piece { /* plain text, then a value */
    struct sv text;
    const struct operand *operand; /* NULL: text only */
    uint32_t width;
};

struct output_field {
    struct sv name;
    const struct field_ref *ref;
    const struct output *text; /* rendered for the value, when there is no field */
};

struct output {
    struct piece *piece;
    uint32_t piece_count;
    struct output_field *field;
    uint32_t field_count, field_room;
};

struct output_compiler {
    struct sv text;
    size_t at;
    enum event_source source;
    struct arena *arena;
    struct parse_problem *problem;
    struct output *output;
};

static int too_big(struct output_compiler *c)
{
    return parse_problem_set(c->problem, -E2BIG, c->at, "the output is too big");
}

/* "unknown filter: " before what a callee said, its offset moved to the template's. */
static int unknown(struct output_compiler *c, int rc, const struct parse_problem *inner,
                   size_t place)
{
    if (rc == -E2BIG)
        return too_big(c);
    (void)parse_problem_set(c->problem, rc, place, "unknown filter: %.230s", inner->message);
    if (inner->mend[0] != '\0')
        parse_problem_mend(c->problem, "%s", inner->mend);
    return rc;
}

static bool is_field(struct sv name)
{
    struct field_ref ref;

    return field_find(name) != NULL || field_ref_parse(name, &ref) == FIELD_REF_FINE;
}

/* %proc.names is %proc.name and an "s". */
static void shorten(struct ast_operand *operand, size_t *used)
{
    struct sv whole = sv_sub(operand->name, 0, NAME_MAX_BYTES + 1);

    if (operand->kind != OPERAND_FIELD || is_field(operand->name))
        return;
    for (size_t len = whole.len - 1; len > 0; len--) {
        struct sv name = sv_sub(whole, 0, len);
        struct field_ref ref;

        if (field_ref_parse(name, &ref) != FIELD_REF_FINE)
            continue;
        operand->name = name;
        operand->has_arg = false;
        *used = len;
        return;
    }
}

static int no_field(struct output_compiler *c)
{
    struct sv rest = sv_sub(c->text, c->at + 1, c->text.len);
    struct sv name = rest;
    size_t len = 0;

    while (len < rest.len && strchr(" \t\n%()[],=", rest.ptr[len]) == NULL)
        len++;
    name.len = len;
    int rc = parse_problem_set(c->problem, -EINVAL, c->at,
                               "unknown filter: unexpected token after '%%', expecting a field");
    const char *near = len == 0 ? NULL : field_nearest(name);
    if (near != NULL)
        parse_problem_mend(c->problem, "did you mean '%%%s'?", near);
    else
        parse_problem_mend(c->problem, "write '%%%%' for a percent sign");
    return rc;
}

static struct output_field *find_field(const struct output *output, struct sv name)
{
    for (uint32_t i = 0; i < output->field_count; i++) {
        if (sv_eq(output->field[i].name, name))
            return &output->field[i];
    }
    return NULL;
}

/* Room for one more, NULL when there is none. */
static struct output_field *new_field(struct output *output, struct arena *arena)
{
    if (output->field_count == output->field_room) {
        uint32_t room = output->field_room == 0 ? 8 : output->field_room * 2;
        struct output_field *moved = arena_array(arena, struct output_field, room);
        if (moved == NULL)
            return NULL;
        if (output->field_count > 0)
            memcpy(moved, output->field, output->field_count * sizeof(*moved));
        output->field = moved;
        output->field_room = room;
    }
    return &output->field[output->field_count++];
}

static int add_field(struct output_compiler *c, const struct field_ref *ref)
{
    scoped(buf_done) struct buf name = {0};

    field_ref_print(&name, ref);
    if (find_field(c->output, buf_view(&name)) != NULL)
        return 0;
    char *copy = name.error != 0 ? NULL : arena_try(c->arena, name.len + 1);
    struct output_field *field = copy == NULL ? NULL : new_field(c->output, c->arena);
    if (field == NULL)
        return too_big(c);
    memcpy(copy, name.ptr, name.len);
    *field = (struct output_field){.name = {copy, name.len}, .ref = ref};
    return 0;
}

static int add_named(struct output_compiler *c, const struct field_ref *ref, struct sv name)
{
    if (find_field(c->output, name) != NULL)
        return 0;
    struct output_field *field = new_field(c->output, c->arena);
    if (field == NULL)
        return too_big(c);
    *field = (struct output_field){.name = name, .ref = ref};
    return 0;
}

static int add_fields(struct output_compiler *c, const struct operand *operand)
{
    int rc = 0;

    if (operand->kind == OPERAND_FIELD)
        return add_field(c, &operand->ref);
    for (uint32_t i = 0; i < operand->part_count && rc == 0; i++)
        rc = add_fields(c, operand->part[i]);
    return rc;
}

/* Digits behind the percent sign. */
static int read_width(struct output_compiler *c, size_t *place, uint32_t *out)
{
    uint32_t width = 0;

    while (*place < c->text.len && c->text.ptr[*place] >= '0' && c->text.ptr[*place] <= '9') {
        width = width * 10 + (uint32_t)(c->text.ptr[*place] - '0');
        if (width > OUTPUT_WIDTH_MAX)
            return parse_problem_set(c->problem, -EINVAL, c->at,
                                     "invalid formatting syntax: a width over %d",
                                     OUTPUT_WIDTH_MAX);
        (*place)++;
    }
    if (*place == c->text.len)
        return parse_problem_set(c->problem, -EINVAL, c->at,
                                 "invalid formatting syntax: formatting cannot end with a number");
    *out = width;
    return 0;
}

/* The cursor is at a percent sign. */
static int compile_value(struct output_compiler *c, struct piece *piece)
{
    struct parse_problem inner = {0};
    struct ast_operand *ast = NULL;
    struct operand *operand = NULL;
    size_t place = c->at + 1;
    uint32_t offset = (uint32_t)c->at;
    size_t used = 0;

    if (place == c->text.len)
        return parse_problem_set(c->problem, -EINVAL, c->at,
                                 "invalid formatting syntax: formatting cannot end with a %%");
    int rc = read_width(c, &place, &piece->width);
    if (rc < 0)
        return rc;
    rc = parse_operand(sv_sub(c->text, place, c->text.len), c->arena, &ast, &used, &inner);
    if (rc == -EINVAL && inner.offset == 0)
        return no_field(c);
    if (rc < 0)
        return unknown(c, rc, &inner, place + inner.offset);
    shorten(ast, &used);
    rc = operand_compile(ast, c->source, &offset, c->arena, &operand, &inner);
    if (rc < 0)
        return unknown(c, rc, &inner, c->at);
    piece->operand = operand;
    c->at = place + used;
    if (operand->kind == OPERAND_FIELD) /* named as it is written: %evt.arg.flags, with the dot */
        return add_named(c, &operand->ref, sv_sub(c->text, place, used));
    return add_fields(c, operand);
}

static int compile_pieces(struct output_compiler *c)
{
    size_t from = c->at;

    while (c->at < c->text.len) {
        struct piece *piece = &c->output->piece[c->output->piece_count];

        if (c->text.ptr[c->at] != '%') {
            c->at++;
            continue;
        }
        c->output->piece_count++;
        piece->text = sv_sub(c->text, from, c->at - from);
        if (c->at + 1 < c->text.len && c->text.ptr[c->at + 1] == '%') {
            piece->text.len++; /* the text before and one of the two signs */
            piece->text.ptr = c->text.ptr + from;
            c->at += 2;
        } else {
            int rc = compile_value(c, piece);
            if (rc < 0)
                return rc;
        }
        from = c->at;
    }
    c->output->piece[c->output->piece_count++].text = sv_sub(c->text, from, c->text.len);
    return 0;
}

int output_compile(struct sv text, enum event_source source, struct arena *arena,
                   struct output **out, struct parse_problem *problem)
{
    struct output_compiler c = {
        .text = text,
        .source = source,
        .arena = arena,
        .problem = problem,
        .output = arena_try(arena, sizeof(*c.output)),
    };

    if (problem != NULL)
        *problem = (struct parse_problem){0};
    if (text.len == 0)
        return parse_problem_set(problem, -EINVAL, 0, "empty formatting token");
    if (text.len > OUTPUT_TEXT_MAX || c.output == NULL)
        return too_big(&c);
    c.at = text.ptr[0] == '*';
    c.output->piece = arena_array(arena, struct piece, sv_count(text, '%') + 1);
    if (c.output->piece == NULL)
        return too_big(&c);
    int rc = compile_pieces(&c);
    if (rc == 0)
        *out = c.output;
    return rc;
}

static void print_made(struct buf *out, const struct operand *operand, const struct event *event)
{
    struct value value[FIELD_VALUES_MAX];
    int count = operand_values(operand, event, value);

    if (count == OPERAND_ABSENT) {
        buf_str(out, "<NA>");
        return;
    }
    if (operand->is_list)
        buf_char(out, '(');
    for (int i = 0; i < count; i++) {
        if (i > 0)
            buf_char(out, operand->is_list ? ',' : ' ');
        value_print(out, operand->type, &value[i]);
    }
    if (operand->is_list)
        buf_char(out, ')');
}

void output_render(const struct output *output, const struct event *event, struct buf *out)
{
    for (uint32_t i = 0; i < output->piece_count; i++) {
        const struct piece *piece = &output->piece[i];

        buf_sv(out, piece->text);
        if (piece->operand == NULL)
            continue;
        size_t before = out->len;
        if (piece->operand->kind == OPERAND_FIELD)
            field_print(out, event, &piece->operand->ref);
        else
            print_made(out, piece->operand, event);
        while (out->error == 0 && out->len - before < piece->width)
            buf_char(out, ' ');
    }
}

int output_add_member(struct output *output, const struct output_member *member,
                      struct arena *arena)
{
    struct output_field *field = find_field(output, member->name);

    assert(member->is_text || member->value->field_count > 0);
    if (field == NULL)
        field = new_field(output, arena);
    if (field == NULL)
        return -E2BIG;
    *field = (struct output_field){
        .name = member->name,
        .ref = member->is_text ? NULL : member->value->field[0].ref,
        .text = member->value,
    };
    return 0;
}

uint32_t output_field_count(const struct output *output)
{
    return output->field_count;
}

struct sv output_field_name(const struct output *output, uint32_t index)
{
    assert(index < output->field_count);
    return output->field[index].name;
}

const struct field_ref *output_field_ref(const struct output *output, uint32_t index)
{
    assert(index < output->field_count);
    return output->field[index].ref;
}

void output_field_json(const struct output *output, uint32_t index, const struct event *event,
                       struct json_writer *w)
{
    const struct output_field *field = &output->field[index];
    scoped(buf_done) struct buf text = {0};

    assert(index < output->field_count);
    if (field->ref != NULL) {
        field_json(w, event, field->ref);
        return;
    }
    output_render(field->text, event, &text);
    json_sv(w, buf_view(&text));
}
