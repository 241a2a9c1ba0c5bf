#include "app/filter.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "lang/condition.h"
#include "lang/parse.h"
#include "lang/resolve.h"

struct filter {
    struct arena *arena;
    struct condition *condition;
};

static const struct ast_node *no_macro(void *ctx, struct sv name)
{
    (void)ctx;
    (void)name;
    return NULL;
}

static bool no_list(void *ctx, struct sv name, const struct ast_value **item, uint32_t *count)
{
    (void)ctx;
    (void)name;
    (void)item;
    (void)count;
    return false;
}

int filter_new(struct sv text, struct filter **out, struct err *err)
{
    static const struct resolve_names none = {no_macro, no_list, NULL};
    scoped(filter_free) struct filter *filter = xcalloc(1, sizeof(*filter));
    struct parse_problem problem = {0};
    struct ast_node *node = NULL;

    filter->arena = arena_new(4096);
    text = arena_sv(filter->arena, text);
    int rc = parse_condition(text, filter->arena, &node, &problem);
    if (rc == 0)
        rc = resolve_condition(node, &none, filter->arena, &node, &problem);
    if (rc == 0)
        rc = condition_compile(node, SOURCE_SYSCALL, filter->arena, &filter->condition, &problem);
    if (rc < 0)
        return err_set(err, rc, "condition, column %u: %s%s%s", problem.offset + 1, problem.message,
                       problem.mend[0] == '\0' ? "" : "; ", problem.mend);
    *out = take(filter);
    return 0;
}

void filter_free(struct filter *filter)
{
    if (filter == NULL)
        return;
    condition_free(filter->condition);
    arena_free(filter->arena);
    free(filter);
}

bool filter_holds(const struct filter *filter, const struct event *event)
{
    return condition_eval(filter->condition, event);
}
