/* What is told is collected first, then written as text or as JSON. Event types for which the rule
 * comes to the same form stand together. */
#include "match/rule_plan.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"
#include "lang/vm/plan_leaves.h"
#include "match/engine.h"
#include "match/trial.h"

enum { TYPES_SHOWN = 24 }; /* of a form, in text */

/* What the rule comes to for some types. */
struct form {
    uint32_t node;
    enum event_type *type;
    uint32_t count;
};

struct comparison {
    struct plan_leaf_info info;
    uint32_t shared; /* other rules that make it */
};

struct told {
    struct engine *engine;
    const struct plan *plan;
    uint32_t index;
    const struct rule *rule;
    struct form *form;
    uint32_t form_count, type_count;
    struct comparison *comparison; /* the dearest first */
    uint32_t comparison_count;
    struct trial trial;
    bool tried;
};

uint32_t rule_plan_find(const struct engine *engine, struct sv name)
{
    for (uint32_t i = 0; i < engine_rule_count(engine); i++) {
        if (sv_eq(sv(engine_rule(engine, i)->name), name))
            return i;
    }
    return UINT32_MAX;
}

/* ----------------------------------------------------------------------------------- collecting
 */

static struct form *form_for(struct told *told, uint32_t node)
{
    for (uint32_t i = 0; i < told->form_count; i++) {
        if (told->form[i].node == node)
            return &told->form[i];
    }
    struct form *form = &told->form[told->form_count++];
    form->node = node;
    form->type = xcalloc(event_type_count(), sizeof(*form->type));
    return form;
}

static void collect_forms(struct told *told)
{
    told->form = xcalloc(event_type_count(), sizeof(*told->form));
    for (uint32_t i = EVENT_NONE + 1; i < event_type_count(); i++) {
        enum event_type type = (enum event_type)i;
        uint32_t node = engine_root_for(told->engine, told->index, type);
        if (node == PLAN_FALSE)
            continue;
        struct form *form = form_for(told, node);
        form->type[form->count++] = type;
        told->type_count++;
    }
}

static int dearest_first(const void *left, const void *right)
{
    const struct comparison *a = left;
    const struct comparison *b = right;

    if (a->info.cost != b->info.cost)
        return a->info.cost > b->info.cost ? -1 : 1;
    return sv_cmp(a->info.text, b->info.text);
}

static void collect_comparisons(struct told *told)
{
    uint32_t leaves = plan_leaf_count(told->plan);
    bool *own = xcalloc(leaves, sizeof(*own));
    bool *others = xcalloc(leaves, sizeof(*others));
    uint32_t *rules = xcalloc(leaves, sizeof(*rules));

    for (uint32_t i = 0; i < engine_rule_count(told->engine); i++) {
        bool *mark = i == told->index ? own : others;
        const uint32_t root = engine_root(told->engine, i);
        plan_mark_leaves(told->plan, &root, 1, mark);
        for (uint32_t k = 0; k < leaves && mark == others; k++) {
            rules[k] += others[k];
            others[k] = false;
        }
    }
    told->comparison = xcalloc(leaves, sizeof(*told->comparison));
    for (uint32_t i = 0; i < leaves; i++) {
        if (own[i])
            told->comparison[told->comparison_count++] =
                (struct comparison){plan_leaf_info(told->plan, i), rules[i]};
    }
    qsort(told->comparison, told->comparison_count, sizeof(*told->comparison), dearest_first);
    free(own);
    free(others);
    free(rules);
}

static void told_done(struct told *told)
{
    for (uint32_t i = 0; i < told->form_count; i++)
        free(told->form[i].type);
    free(told->form);
    free(told->comparison);
}

static struct told collect(struct engine *engine, uint32_t index)
{
    struct told told = {
        .engine = engine,
        .plan = engine_plan(engine),
        .index = index,
        .rule = engine_rule(engine, index),
    };

    collect_forms(&told);
    collect_comparisons(&told);
    told.tried = trial_run(engine, index, &told.trial);
    return told;
}

static const char *kept_with(const struct plan_leaf_info *info)
{
    if (info->process_only)
        return "process";
    return info->fd_name_only ? "name" : "";
}

/* ----------------------------------------------------------------------------------------- text
 */

/* On one line, each run of white space as a blank. */
static void print_line(struct sv text, struct buf *out)
{
    text = sv_trim(text);
    for (size_t i = 0; i < text.len; i++) {
        size_t from = i;
        while (i < text.len && strchr(" \t\r\n", text.ptr[i]) == NULL)
            i++;
        utf8_put_visible(out, sv_sub(text, from, i - from));
        while (i + 1 < text.len && strchr(" \t\r\n", text.ptr[i + 1]) != NULL)
            i++;
        if (i < text.len)
            buf_char(out, ' ');
    }
    buf_char(out, '\n');
}

static void print_node(const struct told *told, uint32_t node, struct buf *out)
{
    scoped(buf_done) struct buf text = {0};

    plan_print(told->plan, node, &text);
    print_line(buf_view(&text), out);
}

static void print_rule(const struct told *told, struct buf *out)
{
    buf_str(out, "rule ");
    print_line(sv(told->rule->name), out);
    buf_printf(out,
               "  at %s:%u, source %s, priority %s\n  condition as written: ", told->rule->file,
               told->rule->line, event_source_name(told->rule->source),
               rule_priority_name(told->rule->priority));
    print_line(sv(told->rule->condition_text), out);
    buf_str(out, "  expanded: ");
    print_node(told, engine_root(told->engine, told->index), out);
}

static void print_form(const struct told *told, const struct form *form, struct buf *out)
{
    buf_printf(out, "\nfor %u event type%s:", form->count, form->count == 1 ? "" : "s");
    for (uint32_t i = 0; i < form->count && i < TYPES_SHOWN; i++)
        buf_printf(out, " %s", event_type_info(form->type[i])->name);
    if (form->count > TYPES_SHOWN)
        buf_printf(out, " and %u more", form->count - TYPES_SHOWN);
    buf_str(out, "\n  form: ");
    print_node(told, form->node, out);
    buf_printf(out, "  estimated cost: %u\n", plan_cost(told->plan, form->node));
}

static void print_forms(const struct told *told, struct buf *out)
{
    if (told->form_count == 0)
        buf_str(out,
                "\nno event type: the rule can never hold, as a comparison of a field that has\n"
                "no value here does not\n");
    for (uint32_t i = 0; i < told->form_count; i++)
        print_form(told, &told->form[i], out);
}

static void print_comparisons(const struct told *told, struct buf *out)
{
    buf_printf(out, "\n%u comparisons, the dearest first\n  %8s  %12s  %-9s %s\n",
               told->comparison_count, "estimate", "other rules", "kept with", "comparison");
    for (uint32_t i = 0; i < told->comparison_count; i++) {
        const struct comparison *comparison = &told->comparison[i];
        buf_printf(out, "  %8u  %12u  %-9s ", comparison->info.cost, comparison->shared,
                   kept_with(&comparison->info));
        print_line(comparison->info.text, out);
    }
    buf_str(out, "  estimate: about nanoseconds, from a table of what kinds of comparisons cost\n"
                 "  kept with: the outcome is remembered for a process until something that may\n"
                 "  be read of it changes, or for a name of a descriptor\n");
}

static void print_trial(const struct told *told, struct buf *out)
{
    const struct trial *trial = &told->trial;

    buf_str(out, "\ncost, measured here and now\n");
    if (!told->tried) {
        buf_str(out, "  not measured: events are made up for system calls alone, and for types\n"
                     "  that the rule can hold for\n");
        return;
    }
    buf_printf(out,
               "  on %u made-up events of %u type%s, of which the rule holds for %u\n"
               "  the rule alone, an event: median %llu ns, worst %llu ns\n"
               "  all %u rules loaded, an event: median %llu ns\n",
               trial->events, trial->types, trial->types == 1 ? "" : "s", trial->held,
               (unsigned long long)trial->median_ns, (unsigned long long)trial->worst_ns,
               engine_rule_count(told->engine), (unsigned long long)trial->engine_median_ns);
}

void rule_plan_print(struct engine *engine, uint32_t index, struct buf *out)
{
    struct told told = collect(engine, index);

    print_rule(&told, out);
    print_forms(&told, out);
    print_comparisons(&told, out);
    print_trial(&told, out);
    told_done(&told);
}

/* ----------------------------------------------------------------------------------------- JSON
 */

static void put_node(const struct told *told, struct json_writer *w, const char *key, uint32_t node)
{
    scoped(buf_done) struct buf text = {0};

    plan_print(told->plan, node, &text);
    json_key(w, key);
    json_sv(w, buf_view(&text));
}

static void put_str(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_str(w, text);
}

static void put_u64(struct json_writer *w, const char *key, uint64_t number)
{
    json_key(w, key);
    json_u64(w, number);
}

static void put_rule(const struct told *told, struct json_writer *w)
{
    put_str(w, "rule", told->rule->name);
    put_str(w, "file", told->rule->file);
    put_u64(w, "line", told->rule->line);
    put_str(w, "source", event_source_name(told->rule->source));
    put_str(w, "priority", rule_priority_name(told->rule->priority));
    put_str(w, "condition", told->rule->condition_text);
    put_node(told, w, "expanded", engine_root(told->engine, told->index));
}

static void put_forms(const struct told *told, struct json_writer *w)
{
    json_key(w, "forms");
    json_array_begin(w);
    for (uint32_t i = 0; i < told->form_count; i++) {
        const struct form *form = &told->form[i];
        json_object_begin(w);
        json_key(w, "types");
        json_array_begin(w);
        for (uint32_t k = 0; k < form->count; k++)
            json_str(w, event_type_info(form->type[k])->name);
        json_array_end(w);
        put_node(told, w, "condition", form->node);
        put_u64(w, "estimated_cost", plan_cost(told->plan, form->node));
        json_object_end(w);
    }
    json_array_end(w);
}

static void put_comparisons(const struct told *told, struct json_writer *w)
{
    json_key(w, "comparisons");
    json_array_begin(w);
    for (uint32_t i = 0; i < told->comparison_count; i++) {
        const struct comparison *comparison = &told->comparison[i];
        json_object_begin(w);
        json_key(w, "comparison");
        json_sv(w, comparison->info.text);
        put_u64(w, "estimated_cost", comparison->info.cost);
        put_u64(w, "other_rules", comparison->shared);
        put_str(w, "kept_with", kept_with(&comparison->info));
        json_object_end(w);
    }
    json_array_end(w);
}

static void put_trial(const struct told *told, struct json_writer *w)
{
    const struct trial *trial = &told->trial;

    json_key(w, "measured");
    if (!told->tried) {
        json_null(w);
        return;
    }
    json_object_begin(w);
    put_u64(w, "made_up_events", trial->events);
    put_u64(w, "types", trial->types);
    put_u64(w, "held", trial->held);
    put_u64(w, "rule_median_ns", trial->median_ns);
    put_u64(w, "rule_worst_ns", trial->worst_ns);
    put_u64(w, "rules", engine_rule_count(told->engine));
    put_u64(w, "all_rules_median_ns", trial->engine_median_ns);
    json_object_end(w);
}

void rule_plan_json(struct engine *engine, uint32_t index, struct json_writer *w)
{
    struct told told = collect(engine, index);

    json_object_begin(w);
    put_rule(&told, w);
    put_forms(&told, w);
    put_comparisons(&told, w);
    put_trial(&told, w);
    json_object_end(w);
    told_done(&told);
}
