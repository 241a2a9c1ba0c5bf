/* tests/differential/differential.c - the compiled conditions and the engine against a plain
 * interpreter, on random rules and random events.
 *
 *     differential [--seed N] [--rounds N]        (or in TIERCEL_DIFFERENTIAL_ROUNDS)
 *
 * A round loads a rule file of many rules together and runs events over it: each rule's condition
 * alone, the engine with every match, and the engine with the first one. Round N of a seed is the
 * same whatever came before, so a difference is found again with the seed that is printed and
 * `--rounds 1`. What differs is printed with the smallest part of the condition that still does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "lang/condition.h"
#include "lang/falco/ruleset.h"
#include "lang/parse.h"
#include "made.h"
#include "match/engine.h"
#include "plain.h"

enum {
    ROUNDS = 60,
    RULES = 48,
    EVENTS = 160,
    PROCESS_LIFE = 40, /* events */
    TRIES = 40,        /* to make a condition that compiles */
    REPORTS_MAX = 10,
    SHOWN_MAX = 160, /* bytes of a value in a report */
    SCRATCH = 1 << 20,
};

#define SEED 20261124u

struct made_rule {
    struct sv plain; /* text of the condition without names */
    struct ast_node *node;
    const struct rule *rule;
    enum plain_answer answer;
    bool enabled;
};

struct totals {
    uint64_t compared, matches, engine_runs, unsure, refused, made, differences;
};

struct suite {
    uint64_t seed; /* of this round */
    struct random random;
    struct made made;
    struct arena *arena, *scratch;
    struct made_rule rule[RULES];
    uint32_t rule_count;
    struct totals totals;
};

/* ------------------------------------------------------------------------------------- reports */

static void show(struct sv text)
{
    scoped(buf_done) struct buf out = {0};

    utf8_put_visible(&out, sv_sub(text, 0, SHOWN_MAX));
    (void)printf("%s%s", buf_cstr(&out), text.len > SHOWN_MAX ? "..." : "");
    if (text.len > SHOWN_MAX)
        (void)printf(" (%zu bytes)", text.len);
}

static void show_operand(const struct ast_operand *operand, const struct event *event)
{
    scoped(buf_done) struct buf name = {0};
    struct value value[FIELD_VALUES_MAX];
    struct field_ref ref;

    for (uint32_t i = 0; i < operand->operand_count; i++)
        show_operand(operand->operand[i], event);
    if (operand->kind != OPERAND_FIELD)
        return;
    ast_print_operand(&name, operand);
    if (field_ref_parse(buf_view(&name), &ref) != FIELD_REF_FINE)
        return;
    uint32_t count = field_extract(event, &ref, value);
    (void)printf("    %s:%s", buf_cstr(&name), count == 0 ? " absent" : "");
    for (uint32_t i = 0; i < count; i++) {
        scoped(buf_done) struct buf text = {0};
        value_print(&text, field_ref_type(&ref), &value[i]);
        (void)printf(" '");
        show(buf_view(&text));
        (void)printf("'");
    }
    (void)printf("\n");
}

static void show_fields(const struct ast_node *node, const struct event *event)
{
    for (uint32_t i = 0; i < node->count; i++)
        show_fields(node->child[i], event);
    if (node->kind != AST_CHECK)
        return;
    show_operand(node->left, event);
    if (node->right != NULL)
        show_operand(node->right, event);
}

static bool differs(struct suite *suite, const struct ast_node *node, const struct event *event)
{
    struct condition *condition = NULL;

    if (condition_compile(node, SOURCE_SYSCALL, suite->arena, &condition, NULL) < 0)
        return false;
    enum plain_answer plain = plain_eval(node, event);
    bool compiled = condition_eval(condition, event);
    condition_free(condition);
    return plain != PLAIN_UNSURE && compiled != (plain == PLAIN_TRUE);
}

/* The smallest node below that differs by itself, else with a child less. */
static const struct ast_node *shrink(struct suite *suite, const struct ast_node *node,
                                     const struct event *event)
{
    for (uint32_t i = 0; i < node->count; i++) {
        if (differs(suite, node->child[i], event))
            return shrink(suite, node->child[i], event);
    }
    for (uint32_t i = 0; i < node->count && node->count > 2; i++) {
        struct ast_node *less = arena_one(suite->arena, struct ast_node);
        *less = *node;
        less->child = arena_array(suite->arena, struct ast_node *, node->count);
        less->count = 0;
        for (uint32_t k = 0; k < node->count; k++) {
            if (k != i)
                less->child[less->count++] = node->child[k];
        }
        if (differs(suite, less, event))
            return shrink(suite, less, event);
    }
    return node;
}

static void report(struct suite *suite, const struct made_rule *rule, const struct event *event,
                   const char *who, bool theirs)
{
    scoped(buf_done) struct buf text = {0};

    if (suite->totals.differences++ >= REPORTS_MAX)
        return;
    const struct ast_node *small = shrink(suite, rule->node, event);
    (void)printf(
        "DIFFERENCE: %s says %s, the plain interpreter %s; --seed %llu --rounds 1, event %llu "
        "(%s%s)\n",
        who, theirs ? "true" : "false", rule->answer == PLAIN_TRUE ? "true" : "false",
        (unsigned long long)suite->seed, (unsigned long long)event->num,
        event_type_info(event->type)->name, event->given != NULL ? ", values given" : "");
    (void)printf("  rule %s: ", rule->rule->name);
    show(rule->plain);
    ast_print(&text, small);
    (void)printf("\n  part: ");
    show(buf_view(&text));
    (void)printf("\n");
    show_fields(small, event);
}

static void give_up(const struct suite *suite, const char *what, const struct buf *yaml)
{
    (void)printf("%s (seed %llu)\n%s\n", what, (unsigned long long)suite->seed, buf_cstr(yaml));
    exit(1);
}

/* --------------------------------------------------------------------------------------- rules */

/* Does the text parse and compile? */
static struct ast_node *read_plain(struct suite *suite, struct sv text)
{
    struct parse_problem problem;
    struct ast_node *node = NULL;
    struct condition *condition = NULL;

    if (parse_condition(text, suite->arena, &node, &problem) < 0 ||
        condition_compile(node, SOURCE_SYSCALL, suite->arena, &condition, &problem) < 0) {
        if (getenv("TIERCEL_DIFFERENTIAL_REFUSED") != NULL) {
            (void)printf("refused: %s: ", problem.message);
            show(text);
            (void)printf("\n");
        }
        return NULL;
    }
    condition_free(condition);
    return node;
}

/* A rule's object; the condition may be appended to, and exceptions added, as Falco joins texts. */
static void make_rule(struct suite *suite, struct buf *yaml, uint32_t index)
{
    struct made *made = &suite->made;
    struct made_rule *rule = &suite->rule[index];

    for (int i = 0; i < TRIES; i++) {
        scoped(buf_done) struct buf written = {0};
        scoped(buf_done) struct buf plain = {0};
        scoped(buf_done) struct buf more = {0};
        scoped(buf_done) struct buf exceptions = {0};

        suite->totals.made++;
        made_condition(made, &written, &plain);
        if (random_chance(&suite->random, 10)) {
            buf_str(&more, random_chance(&suite->random, 50) ? "and " : "or ");
            buf_char(&plain, ' ');
            buf_sv(&plain, buf_view(&more));
            made_condition(made, &more, &plain);
        }
        if (random_chance(&suite->random, 25)) {
            scoped(buf_done) struct buf whole = {0};
            buf_printf(&whole, "(%s)", buf_cstr(&plain));
            made_exceptions(made, &exceptions, &whole);
            buf_reset(&plain);
            buf_sv(&plain, buf_view(&whole));
        }
        rule->plain = arena_sv(suite->arena, buf_view(&plain));
        rule->node = read_plain(suite, rule->plain);
        if (rule->node == NULL) {
            suite->totals.refused++;
            continue;
        }
        rule->enabled = !random_chance(&suite->random, 4);
        buf_printf(yaml,
                   "- rule: rule_%u\n  desc: x\n  output: x\n  priority: NOTICE\n  enabled: %s\n"
                   "  condition: |-\n    %s\n%s",
                   index, rule->enabled ? "true" : "false", buf_cstr(&written),
                   buf_cstr(&exceptions));
        if (more.len > 0)
            buf_printf(yaml,
                       "- rule: rule_%u\n  condition: |-\n    %s\n  override:\n"
                       "    condition: append\n",
                       index, buf_cstr(&more));
        return;
    }
    give_up(suite, "no condition compiles", yaml);
}

static struct ruleset *make_rules(struct suite *suite)
{
    scoped(buf_done) struct buf yaml = {0};
    scoped(buf_done) struct buf trial = {0};
    scoped(buf_done) struct buf why = {0};
    struct ruleset *set = ruleset_new();

    made_names(&suite->made, &yaml);
    for (uint32_t i = 0; i < suite->made.macro_count; i++) {
        if (read_plain(suite, sv(suite->made.macro[i].plain)) == NULL) {
            ruleset_free(set); /* a macro that no rule may use: another lot */
            return NULL;
        }
    }
    for (uint32_t i = 0; i < RULES; i++)
        make_rule(suite, &yaml, i);
    if (ruleset_load_text(set, "random.yaml", buf_view(&yaml)) < 0 || ruleset_compile(set) < 0) {
        for (uint32_t i = 0; i < ruleset_diags(set)->count; i++)
            diag_print(&why, &ruleset_diags(set)->item[i], false);
        give_up(suite, buf_cstr(&why), &yaml);
    }
    for (uint32_t i = 0; i < ruleset_count(set); i++) {
        const struct rule *rule = ruleset_rule(set, i);
        uint64_t index = 0;
        if (!sv_to_u64(sv(rule->name + strlen("rule_")), &index) || index >= RULES)
            give_up(suite, "a rule's name is lost", &yaml);
        suite->rule[index].rule = rule;
    }
    return set;
}

/* -------------------------------------------------------------------------------------- events */

struct matches {
    struct suite *suite;
    uint32_t count;
    bool hit[RULES];
    uint32_t first;
};

static void on_match(void *ctx, const struct rule *rule, const struct event *event)
{
    struct matches *matches = ctx;
    uint64_t index = 0;

    (void)event;
    if (!sv_to_u64(sv(rule->name + strlen("rule_")), &index))
        abort();
    if (matches->count++ == 0)
        matches->first = (uint32_t)index;
    matches->hit[index] = true;
}

static void check_conditions(struct suite *suite, const struct event *event)
{
    for (uint32_t i = 0; i < RULES; i++) {
        struct made_rule *rule = &suite->rule[i];
        const struct condition *condition = rule->rule->condition;

        rule->answer = plain_eval(rule->node, event);
        uint64_t limits = condition_regex_limit_hits(condition);
        bool compiled = condition_eval(condition, event);
        if (condition_regex_limit_hits(condition) != limits)
            rule->answer = PLAIN_UNSURE;
        suite->totals.unsure += rule->answer == PLAIN_UNSURE;
        if (rule->answer == PLAIN_UNSURE)
            continue;
        suite->totals.compared++;
        suite->totals.matches += compiled;
        if (compiled != (rule->answer == PLAIN_TRUE))
            report(suite, rule, event, "condition_eval()", compiled);
    }
}

static void check_all(struct suite *suite, struct engine *engine, const struct event *event)
{
    struct matches matches = {.suite = suite};

    (void)engine_run(engine, event, on_match, &matches);
    suite->totals.engine_runs++;
    for (uint32_t i = 0; i < RULES; i++) {
        struct made_rule *rule = &suite->rule[i];
        bool expected = rule->enabled && rule->answer == PLAIN_TRUE;
        if (rule->answer != PLAIN_UNSURE && matches.hit[i] != expected)
            report(suite, rule, event, "the engine with all matches", matches.hit[i]);
    }
}

static void check_first(struct suite *suite, struct engine *engine, const struct event *event)
{
    struct matches matches = {.suite = suite};
    uint32_t expected = RULES;

    uint32_t count = engine_run(engine, event, on_match, &matches);
    suite->totals.engine_runs++;
    for (uint32_t i = RULES; i > 0; i--) {
        const struct made_rule *rule = &suite->rule[i - 1];
        if (rule->enabled && rule->answer == PLAIN_UNSURE)
            return; /* it may or may not come first */
        if (rule->enabled && rule->answer == PLAIN_TRUE)
            expected = i - 1;
    }
    uint32_t got = matches.count > 0 ? matches.first : RULES;
    if (got != expected)
        report(suite, &suite->rule[got < expected ? got : expected], event,
               "the engine with the first match", got < expected);
    if (count != (expected < RULES) || matches.count != count) {
        suite->totals.differences++;
        (void)printf(
            "DIFFERENCE: the engine with the first match counts %u and reports %u, seed %llu\n",
            count, matches.count, (unsigned long long)suite->seed);
    }
}

static struct engine *new_engine(const struct ruleset *set, enum engine_matching matching)
{
    const struct engine_options options = {SOURCE_SYSCALL, matching, PRIORITY_DEBUG};

    return engine_new(set, &options);
}

static void run_round(struct suite *suite, uint64_t seed)
{
    suite->seed = seed;
    suite->random = (struct random){seed};
    scoped(arena_free) struct arena *arena = arena_new(1 << 16);
    suite->arena = arena;
    made_init(&suite->made, &suite->random, arena);
    scoped(ruleset_free) struct ruleset *set = NULL;
    while (set == NULL)
        set = make_rules(suite);
    scoped(engine_free) struct engine *all = new_engine(set, MATCH_ALL);
    scoped(engine_free) struct engine *first = new_engine(set, MATCH_FIRST);
    for (int i = 0; i < EVENTS; i++) {
        struct event event;

        if (i % PROCESS_LIFE == 0)
            made_processes(&suite->made);
        made_event(&suite->made, suite->scratch, &event);
        check_conditions(suite, &event);
        check_all(suite, all, &event);
        check_first(suite, first, &event);
        arena_reset(suite->scratch);
    }
}

static bool number_option(int argc, char **argv, const char *name, uint64_t *out)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return sv_to_u64(sv(argv[i + 1]), out);
    }
    return true;
}

int main(int argc, char **argv)
{
    const char *more = getenv("TIERCEL_DIFFERENTIAL_ROUNDS");
    static struct suite room; /* large */
    struct suite *suite = &room;
    uint64_t seed = SEED;
    uint64_t rounds = ROUNDS;

    if ((more != NULL && !sv_to_u64(sv(more), &rounds)) ||
        !number_option(argc, argv, "--seed", &seed) ||
        !number_option(argc, argv, "--rounds", &rounds) || argc % 2 == 0) {
        (void)fprintf(stderr, "usage: differential [--seed N] [--rounds N]\n");
        return 2;
    }
    suite->scratch = arena_new(SCRATCH);
    uint64_t from = clock_mono_ns();
    for (uint64_t round = 0; round < rounds; round++)
        run_round(suite, seed + round);
    const struct totals *t = &suite->totals;
    (void)printf(
        "seed %llu, %llu rounds: %llu conditions compared (%llu true), %llu runs of the engine, "
        "%llu not judged, %llu of %llu conditions refused, %llu differences, %.1f s\n",
        (unsigned long long)seed, (unsigned long long)rounds, (unsigned long long)t->compared,
        (unsigned long long)t->matches, (unsigned long long)t->engine_runs,
        (unsigned long long)t->unsure, (unsigned long long)t->refused, (unsigned long long)t->made,
        (unsigned long long)t->differences, (double)(clock_mono_ns() - from) / 1e9);
    arena_free(suite->scratch);
    bool fine = t->differences == 0 && t->compared > 0 && t->matches > 0;
    return fine ? 0 : 1;
}
