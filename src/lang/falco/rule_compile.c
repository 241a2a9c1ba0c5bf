#include "lang/falco/rule_compile.h"

#include <errno.h>

#include "base/buf.h"
#include "lang/condition.h"
#include "lang/falco/append_outputs.h"
#include "lang/falco/composed.h"
#include "lang/falco/exceptions.h"
#include "lang/falco/expand.h"
#include "lang/falco/rule_advice.h"
#include "lang/output.h"

enum compile_outcome {
    COMPILE_SKIPPED = 1, /* the rule asks to be left out for want of a field */
};

static int text_problem(struct items *items, enum diag_code code, const struct composed *text,
                        const struct parse_problem *problem)
{
    struct spot spot = composed_spot(text, problem->offset);

    return items_report(items, code, &spot, problem->mend, "%s", problem->message);
}

/* A field or type that does not exist is only a warning for a rule that asks for it. */
static int unknown_or_error(struct items *items, const struct rule_info *info, bool unknown,
                            enum diag_code code, const struct spot *spot,
                            const struct parse_problem *problem)
{
    if (!unknown || !info->skip_if_unknown_filter)
        return items_report(items, code, spot, problem->mend, "%s", problem->message);
    (void)items_report(items, DIAG_UNKNOWN_FILTER, spot, problem->mend, "%s: the rule is skipped",
                       problem->message);
    return COMPILE_SKIPPED;
}

static int add_part(struct items *items, struct parts *parts, const struct part *part)
{
    if (!items_room(items, parts))
        return items_full(items, &part->spot);
    parts->item[parts->count++] = *part;
    return 0;
}

/* Outputs were once told to name the container by %container.info; findings do that by themselves,
 * so it is left out. Blanks at both ends go too. */
static int output_parts(struct items *items, const struct rule_info *info, struct parts *out)
{
    const struct sv magic = SV("%container.info");
    bool told = false;

    for (uint32_t i = 0; i < info->output.count; i++) {
        struct part part = info->output.item[i];
        struct sv rest = sv_trim(part.scalar);

        for (;;) {
            size_t at = sv_find(rest, magic, 0);
            part.text = sv_trim(sv_sub(rest, 0, at));
            int rc = part.text.len > 0 ? add_part(items, out, &part) : 0;
            if (rc < 0)
                return rc;
            if (at == SIZE_MAX)
                break;
            rest = sv_sub(rest, at + magic.len, rest.len);
            if (!told)
                (void)items_report(items, DIAG_DEPRECATED_ITEM, &info->spot, "drop it",
                                   "%%container.info is deprecated: findings name the container");
            told = true;
        }
    }
    if (out->count == 0) {
        struct part part = info->output.item[0];
        part.text = sv_sub(part.scalar, 0, 1);
        return add_part(items, out, &part);
    }
    return 0;
}

static int compile_output(struct items *items, const struct rule_info *info, struct rule *rule)
{
    struct parts parts = {0};
    struct composed text;
    struct parse_problem problem;
    struct output *output = NULL;

    int rc = output_parts(items, info, &parts);
    if (rc == 0)
        rc = append_outputs_text(items, info, &parts);
    if (rc == 0)
        rc = composed_make(items, &parts, 0, &text);
    if (rc < 0)
        return rc;
    rc = output_compile(text.text, rule->source, items->arena, &output, &problem);
    if (rc < 0) {
        struct spot spot = composed_spot(&text, problem.offset);
        return unknown_or_error(items, info, true, DIAG_ERR_COMPILE_OUTPUT, &spot, &problem);
    }
    rc = append_outputs_members(items, info, output);
    advise_output(items, info, &text, output);
    rule->output = output;
    rule->output_text = text.text.ptr;
    return rc;
}

/* The macro use at `offset` of a parsed condition, NULL when something else stands there. */
static const struct ast_node *macro_at(const struct ast_node *node, uint32_t offset)
{
    if (node->kind == AST_MACRO)
        return node->offset == offset ? node : NULL;
    for (uint32_t i = 0; i < node->count; i++) {
        const struct ast_node *found = macro_at(node->child[i], offset);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* A problem at a macro's name is one inside the macro: compile that alone to find the place. */
static struct spot blame(struct items *items, const struct ast_node *parsed,
                         const struct composed *text, enum event_source source, uint32_t offset,
                         struct macro_info **culprit)
{
    struct spot spot = composed_spot(text, offset);

    for (int depth = 0; depth < LIST_DEPTH_MAX; depth++) {
        const struct ast_node *use = macro_at(parsed, offset);
        struct macro_info *macro =
            use == NULL ? NULL : (struct macro_info *)items_find(items, ITEM_MACRO, use->name);
        struct parse_problem problem;
        struct condition *condition = NULL;
        struct composed inner;

        if (macro == NULL || macro->resolved == NULL)
            break;
        if (condition_compile(macro->resolved, source, items->arena, &condition, &problem) == 0) {
            condition_free(condition);
            break;
        }
        if (composed_make(items, &macro->condition, 0, &inner) < 0)
            break;
        offset = problem.offset;
        spot = composed_spot(&inner, offset);
        parsed = macro->parsed;
        *culprit = macro;
    }
    return spot;
}

static int expand_condition(struct items *items, const struct composed *text,
                            struct ast_node **parsed, struct ast_node **resolved)
{
    struct expand_names ctx = {.items = items, .visibility = EXPAND_SEES_ALL};
    struct resolve_names names = expand_names(&ctx);
    struct parse_problem problem;

    int rc = parse_condition(text->text, items->arena, parsed, &problem);
    if (rc < 0) {
        (void)text_problem(items, DIAG_ERR_COMPILE_CONDITION, text, &problem);
        return rc;
    }
    rc = resolve_condition(*parsed, &names, items->arena, resolved, &problem);
    if (rc == 0)
        return ctx.met_broken ? -EINVAL : 0;
    struct spot spot = composed_spot(text, problem.offset);
    return expand_failed(&ctx, &problem, &spot, rc);
}

static int compile_expanded(struct items *items, const struct rule_info *info,
                            const struct composed *text, struct rule *rule)
{
    struct ast_node *parsed = NULL, *resolved = NULL;
    struct parse_problem problem;
    struct condition *condition = NULL;

    int rc = expand_condition(items, text, &parsed, &resolved);
    if (rc < 0)
        return rc;
    rc = condition_compile(resolved, rule->source, items->arena, &condition, &problem);
    if (rc < 0) {
        struct macro_info *culprit = NULL;
        struct spot spot = blame(items, parsed, text, rule->source, problem.offset, &culprit);
        bool unknown = advise_names_unknown(resolved, rule->source);
        if (culprit != NULL && culprit->broken)
            return rc; /* told for another rule */
        rc = unknown_or_error(items, info, unknown, DIAG_ERR_COMPILE_CONDITION, &spot, &problem);
        if (culprit != NULL && rc < 0)
            culprit->broken = true;
        return rc;
    }
    rule->condition = condition;
    advise_unsafe_na(items, info, text, condition);
    advise_condition(items, text, resolved, rule->source);
    condition_types(condition, &rule->types, &rule->all_types);
    return 0;
}

static int compile_condition(struct items *items, const struct rule_info *info, struct rule *rule)
{
    struct parts parts = {0};
    struct composed plain, text;

    for (uint32_t i = 0; i < info->condition.count; i++) {
        int one = add_part(items, &parts, &info->condition.item[i]);
        if (one < 0)
            return one;
    }
    int rc = composed_make(items, &parts, 0, &plain);
    if (rc == 0)
        rc = exceptions_condition(items, &info->exceptions, &parts);
    if (rc < 0)
        return rc;
    rule->condition_text = plain.text.ptr;
    if (parts.count == info->condition.count)
        return compile_expanded(items, info, &plain, rule);
    rc = composed_make(items, &parts, info->condition.count, &text);
    return rc < 0 ? rc : compile_expanded(items, info, &text, rule);
}

static int compare_tags(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int set_tags(struct items *items, const struct rule_info *info, struct rule *rule)
{
    const char **tag = arena_array(items->arena, const char *, info->tags.count);
    uint32_t kept = 0;

    if (tag == NULL)
        return items_full(items, &info->spot);
    for (uint32_t i = 0; i < info->tags.count; i++)
        tag[i] = info->tags.item[i].ptr;
    if (info->tags.count > 1)
        qsort(tag, info->tags.count, sizeof(*tag), compare_tags);
    for (uint32_t i = 0; i < info->tags.count; i++) {
        if (kept == 0 || strcmp(tag[kept - 1], tag[i]) != 0)
            tag[kept++] = tag[i];
    }
    rule->tag = tag;
    rule->tag_count = kept;
    return 0;
}

static int drop_rule(struct rule *rule, int rc)
{
    condition_free((struct condition *)rule->condition);
    rule->condition = NULL;
    return rc;
}

static int compile_rule(struct items *items, const struct rule_info *info, struct rule *rule)
{
    struct composed description;

    *rule = (struct rule){
        .name = info->name.ptr,
        .file = info->spot.file->name,
        .line = info->spot.at.line,
        .priority = info->priority,
        .source = (enum event_source)info->source,
        .enabled = info->enabled,
        .capture = info->capture,
        .capture_duration_ms = info->capture_duration_ms,
        .owner = info->owner.ptr,
        .playbook = info->playbook.ptr,
        .confidence = info->confidence,
    };
    int rc = composed_make(items, &info->description, 0, &description);
    if (rc == 0)
        rc = set_tags(items, info, rule);
    if (rc < 0)
        return rc;
    rc = compile_output(items, info, rule);
    if (rc == COMPILE_SKIPPED)
        return rc;
    int condition_rc = compile_condition(items, info, rule);
    if (rc < 0 || condition_rc != 0)
        return drop_rule(rule, rc < 0 ? rc : condition_rc);
    rule->description = description.text.ptr;
    advise_rule(items, info, rule);
    return 0;
}

static int compile_rules(struct items *items, struct rules *out)
{
    int rc = 0;

    out->item = arena_array(items->arena, struct rule, items->table[ITEM_RULE].count);
    if (out->item == NULL)
        return items_full(items, &items_rule(items, 0)->spot);
    for (uint32_t i = 0; i < items->table[ITEM_RULE].count; i++) {
        const struct rule_info *info = items_rule(items, i);
        struct rule *rule = &out->item[out->count];

        if (info->source < 0)
            continue;
        if (arena_used(items->arena) > ITEMS_BYTES_MAX)
            return items_full(items, &info->spot);
        int one = compile_rule(items, info, rule);
        if (one == 0)
            rule->index = out->count++;
        else if (one < 0)
            rc = one;
    }
    return rc;
}

int rule_compile_all(struct items *items, struct rules *out)
{
    *out = (struct rules){0};
    expand_mark_lists(items);
    int rc = expand_macros(items);
    if (rc == -E2BIG && arena_used(items->arena) > ITEMS_BYTES_MAX)
        return rc;
    int one = compile_rules(items, out);
    rc = one < 0 ? one : rc;
    if (rc == 0)
        advise_unused(items);
    return rc;
}
