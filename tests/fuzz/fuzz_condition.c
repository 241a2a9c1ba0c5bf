/* Text to a compiled condition and its verdict. The input is a condition; what follows a line of
 * "---" are values, one a line: name=text. A list and a macro are there to be named. Whatever is
 * read must print to text that reads back the same. */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lang/condition.h"
#include "lang/resolve.h"

static const struct ast_node *find_macro(void *ctx, struct sv name)
{
    struct ast_node *node = NULL;

    if (!sv_eq(name, SV("mac")) ||
        parse_condition(SV("(evt.type = open or proc.name in (lst))"), ctx, &node, NULL) < 0)
        return NULL;
    return node;
}

static bool find_list(void *ctx, struct sv name, const struct ast_value **item, uint32_t *count)
{
    static const struct ast_value items[] = {{.text = {"open", 4}}, {.text = {"x y", 3}}};

    *item = items;
    *count = ARRAY_LEN(items);
    return sv_eq(name, SV("lst"));
}

static void check_print(const struct ast_node *node, struct arena *arena)
{
    scoped(buf_done) struct buf first = {0};
    scoped(buf_done) struct buf second = {0};
    struct ast_node *again = NULL;

    ast_print(&first, node);
    if (first.error != 0 || parse_condition(buf_view(&first), arena, &again, NULL) < 0) {
        /* Only its size may stand in the way: quotes and blanks make it longer. */
        assert(first.error != 0 || first.len > PARSE_CONDITION_MAX);
        return;
    }
    ast_print(&second, again);
    assert(sv_eq(buf_view(&first), buf_view(&second)));
}

static struct event event_of(struct sv values, struct arena *arena)
{
    struct event event = {.source = SOURCE_SYSCALL, .type = EVENT_OPENAT, .scratch = arena};
    struct event_given *given = arena_array(arena, struct event_given, sv_count(values, '\n') + 1);

    while (given != NULL && values.len > 0) {
        struct sv line = sv_split(&values, '\n');
        struct event_given *one = &given[event.given_count++];

        one->field = sv_split(&line, '=');
        if (!value_parse(VALUE_INT64, line, &one->value) &&
            !value_parse(VALUE_IPADDR, line, &one->value))
            one->value = value_sv(line);
    }
    event.given = given;
    return event;
}

static void run(const struct ast_node *node, struct sv values, struct arena *arena)
{
    scoped(condition_free) struct condition *condition = NULL;
    struct event event = event_of(values, arena);
    struct condition_trace trace;
    struct event_set types;
    bool all = false;

    if (condition_compile(node, SOURCE_SYSCALL, arena, &condition, NULL) < 0)
        return;
    condition_explain(condition, &event, &trace);
    assert(condition_eval(condition, &event) || trace.count == 0);
    condition_types(condition, &types, &all);
    event.given = NULL;
    (void)condition_eval(condition, &event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_free) struct arena *arena = arena_new(1 << 16);
    struct sv text = {(const char *)data, size};
    size_t split = sv_find(text, SV("\n---\n"), 0);
    struct sv values = split == SIZE_MAX ? SV("") : sv_sub(text, split + 5, text.len);
    struct resolve_names names = {find_macro, find_list, arena};
    struct parse_problem problem;
    struct ast_node *parsed = NULL;
    struct ast_node *node = NULL;

    arena_limit(arena, (size_t)64 << 20);
    text = sv_sub(text, 0, split);
    if (parse_condition(text, arena, &parsed, &problem) < 0) {
        assert(problem.offset <= text.len && problem.message[0] != '\0');
        return 0;
    }
    check_print(parsed, arena);
    if (resolve_condition(parsed, &names, arena, &node, &problem) < 0)
        return 0;
    check_print(node, arena);
    run(node, values, arena);
    return 0;
}
