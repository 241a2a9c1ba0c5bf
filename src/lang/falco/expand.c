#include "lang/falco/expand.h"

#include <errno.h>
#include <stdio.h>

#include "lang/falco/read.h"

enum { SUGGESTIONS_MAX = 50 }; /* errors after which no near name is looked for any more */

static int expand_list(struct items *items, struct list_info *list, uint32_t depth);

/* The list that an item of `list` names, NULL when it is an ordinary value. */
static struct list_info *inner_list(struct items *items, const struct list_info *list,
                                    struct sv item)
{
    struct list_info *inner = (struct list_info *)items_find(items, ITEM_LIST, item);

    return inner != NULL && inner->index < list->visibility ? inner : NULL;
}

static int list_too_big(struct items *items, const struct list_info *list)
{
    (void)items_report(items, DIAG_ERR_VALIDATE, &list->spot, NULL,
                       "List '%s' holds more than %u values, the lists in it counted",
                       list->name.ptr, LIST_VALUES_MAX);
    return -E2BIG;
}

/* Expand the lists inside, and count the values. */
static int expand_inner(struct items *items, struct list_info *list, uint32_t depth,
                        uint32_t *count)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct list_info *inner = inner_list(items, list, list->item[i]);
        uint32_t more = 1;

        if (inner != NULL) {
            int rc = expand_list(items, inner, depth + 1);
            if (rc < 0)
                return rc;
            more = inner->value_count;
        }
        if (more > LIST_VALUES_MAX - *count)
            return list_too_big(items, list);
        *count += more;
    }
    return 0;
}

static int fill_values(struct items *items, struct list_info *list)
{
    struct ast_value *value = list->value;

    for (uint32_t i = 0; i < list->count; i++) {
        const struct list_info *inner = inner_list(items, list, list->item[i]);
        struct parse_problem problem;

        if (inner != NULL) {
            if (inner->value_count > 0)
                memcpy(value, inner->value, inner->value_count * sizeof(*value));
            value += inner->value_count;
            continue;
        }
        if (parse_item(list->item[i], items->arena, value, &problem) < 0)
            return items_report(items, DIAG_ERR_COMPILE_CONDITION, &list->spot, problem.mend,
                                "Value '%s' of list '%s': %s", list->item[i].ptr, list->name.ptr,
                                problem.message);
        value->from_list = true;
        value++;
    }
    return 0;
}

static int expand_new(struct items *items, struct list_info *list, uint32_t depth)
{
    uint32_t count = 0;

    if (depth > LIST_DEPTH_MAX)
        return items_report(items, DIAG_ERR_VALIDATE, &list->spot, NULL,
                            "Lists in lists go deeper than %u", LIST_DEPTH_MAX);
    int rc = expand_inner(items, list, depth, &count);
    if (rc < 0)
        return rc;
    list->value = arena_array(items->arena, struct ast_value, count);
    if (list->value == NULL)
        return items_full(items, &list->spot);
    list->value_count = count;
    return fill_values(items, list);
}

static int expand_list(struct items *items, struct list_info *list, uint32_t depth)
{
    if (list->broken)
        return -EINVAL;
    if (list->expansion == EXPANSION_DONE)
        return 0;
    if (list->expansion == EXPANSION_BEGUN) {
        list->broken = true;
        return items_report(items, DIAG_ERR_COMPILE_CONDITION, &list->spot, NULL,
                            "List '%s' contains itself", list->name.ptr);
    }
    list->expansion = EXPANSION_BEGUN;
    int rc = expand_new(items, list, depth);
    list->expansion = EXPANSION_DONE;
    if (rc < 0)
        list->broken = true;
    return rc;
}

void expand_mark_lists(struct items *items)
{
    for (uint32_t i = 0; i < items->table[ITEM_LIST].count; i++) {
        const struct list_info *list = items_list(items, i);
        for (uint32_t k = 0; k < list->count; k++) {
            struct list_info *inner = inner_list(items, list, list->item[k]);
            if (inner != NULL)
                inner->used = true;
        }
    }
}

static bool find_list(void *ctx, struct sv name, const struct ast_value **item, uint32_t *count)
{
    struct expand_names *names = ctx;
    struct list_info *list = (struct list_info *)items_find(names->items, ITEM_LIST, name);

    if (list == NULL)
        return false;
    list->used = true;
    if (expand_list(names->items, list, 0) < 0) {
        names->met_broken = true;
        return false;
    }
    *item = list->value;
    *count = list->value_count;
    return true;
}

static const struct ast_node *find_macro(void *ctx, struct sv name)
{
    struct expand_names *names = ctx;
    struct macro_info *macro = (struct macro_info *)items_find(names->items, ITEM_MACRO, name);

    if (macro == NULL || macro->index >= names->visibility) {
        names->missing = name;
        return NULL;
    }
    macro->used = true;
    if (macro->broken) {
        names->met_broken = true;
        return NULL;
    }
    return macro->resolved != NULL ? macro->resolved : macro->parsed;
}

struct resolve_names expand_names(struct expand_names *ctx)
{
    return (struct resolve_names){.macro = find_macro, .list = find_list, .ctx = ctx};
}

static const char *nearest_macro(struct items *items, struct sv name, struct mend *mend)
{
    const struct macro_info *best = NULL;
    size_t best_distance = name.len / 3 + 1;

    for (uint32_t i = 0; i < items->table[ITEM_MACRO].count; i++) {
        size_t distance = sv_distance(name, items_macro(items, i)->name, best_distance);
        if (distance < best_distance) {
            best_distance = distance;
            best = items_macro(items, i);
        }
    }
    if (best == NULL)
        return NULL;
    (void)snprintf(mend->text, sizeof(mend->text), "did you mean '%.*s'?",
                   (int)(best->name.len > 100 ? 100 : best->name.len), best->name.ptr);
    return mend->text;
}

/* What to do about a macro that was not found. */
static const char *mend_missing(const struct expand_names *names, struct mend *mend)
{
    const struct macro_info *later =
        (struct macro_info *)items_find(names->items, ITEM_MACRO, names->missing);

    if (names->missing.len == 0)
        return NULL;
    if (later != NULL) {
        (void)snprintf(mend->text, sizeof(mend->text),
                       "it is defined only later, at %.80s:%u: a macro sees those before it",
                       later->spot.file->name, later->spot.at.line);
        return mend->text;
    }
    if (names->items->diags->errors > SUGGESTIONS_MAX)
        return NULL;
    if (items_find(names->items, ITEM_LIST, names->missing) != NULL)
        return "there is a list of that name: compare a field with it, as in 'proc.name in (...)'";
    return nearest_macro(names->items, names->missing, mend);
}

int expand_failed(const struct expand_names *ctx, const struct parse_problem *problem,
                  const struct spot *spot, int rc)
{
    struct mend mend;
    const char *help = mend_missing(ctx, &mend);

    if (!ctx->met_broken)
        (void)items_report(ctx->items, DIAG_ERR_VALIDATE, spot, help != NULL ? help : problem->mend,
                           "%s", problem->message);
    return rc;
}

static int parse_macro(struct items *items, struct macro_info *macro, struct composed *text)
{
    struct parse_problem problem;
    struct ast_node *node = NULL;

    int rc = composed_make(items, &macro->condition, 0, text);
    if (rc < 0)
        return rc;
    rc = parse_condition(text->text, items->arena, &node, &problem);
    if (rc < 0) {
        struct spot spot = composed_spot(text, problem.offset);
        (void)items_report(items, DIAG_ERR_COMPILE_CONDITION, &spot, problem.mend, "%s",
                           problem.message);
        return rc;
    }
    macro->parsed = node;
    return 0;
}

static int resolve_macro(struct items *items, struct macro_info *macro, const struct composed *text)
{
    struct expand_names ctx = {.items = items, .visibility = macro->visibility};
    struct resolve_names names = expand_names(&ctx);
    struct parse_problem problem;
    struct ast_node *node = NULL;

    int rc = resolve_condition(macro->parsed, &names, items->arena, &node, &problem);
    if (rc == 0 && ctx.met_broken)
        rc = -EINVAL;
    else if (rc < 0) {
        struct spot spot = composed_spot(text, problem.offset);
        rc = expand_failed(&ctx, &problem, &spot, rc);
    }
    if (rc == 0)
        macro->resolved = node;
    return rc;
}

int expand_macros(struct items *items)
{
    struct composed *text =
        arena_array(items->arena, struct composed, items->table[ITEM_MACRO].count);
    int rc = 0;

    if (text == NULL)
        return items_full(items, &items_macro(items, 0)->spot);
    for (uint32_t i = 0; i < items->table[ITEM_MACRO].count; i++) {
        struct macro_info *macro = items_macro(items, i);
        int one = parse_macro(items, macro, &text[i]);
        macro->broken |= one < 0;
        rc = one < 0 ? one : rc;
    }
    for (uint32_t i = 0; i < items->table[ITEM_MACRO].count; i++) {
        struct macro_info *macro = items_macro(items, i);
        if (macro->broken)
            continue;
        int one = resolve_macro(items, macro, &text[i]);
        macro->broken = one < 0;
        rc = one < 0 ? one : rc;
        if (arena_used(items->arena) > ITEMS_BYTES_MAX)
            return items_full(items, &macro->spot);
    }
    return rc;
}
