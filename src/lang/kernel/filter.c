/* From conditions to cases.
 *
 * A rule's condition is multiplied out into cases: conjunctions of literals, each a test of the
 * kernel (an `or` of matches) or the negation of one, and of a node about the process. Wherever
 * that would make many cases, or the kernel cannot tell, a part is left out, which makes the case
 * wider: never wrong, only less sharp. An `or` of comparisons of texts is one test. Cases of all
 * rules that differ in their process alone become one. When there are more than a program holds,
 * the last ones become one that has only what they share. */
#include "lang/kernel/filter.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "lang/kernel/filter_match.h"
#include "lang/vm/plan_nodes.h"
#include "lang/vm/predicate.h"

enum {
    LITERALS_MAX = 12,   /* of one case; more are left out */
    RULE_CASES_MAX = 12, /* of one rule; parts that would make more are left out */
    TESTS_MAX = 1024,    /* of all rules, before those that are not used are left out */
    ALL_MATCHES_MAX = 4096,
};

struct literal {
    uint16_t test;
    bool negated;
};

struct a_case {
    uint32_t process;
    uint32_t count;
    struct literal literal[LITERALS_MAX]; /* sorted by test */
};

struct cases {
    uint32_t count;
    struct a_case item[RULE_CASES_MAX];
};

struct test {
    uint32_t from, count; /* matches */
};

struct builder {
    struct plan *plan;
    enum event_type type;
    struct filter_match match[ALL_MATCHES_MAX];
    uint32_t match_count;
    struct test test[TESTS_MAX];
    uint32_t test_count;
    struct a_case all[FILTER_CASES_MAX];
    uint32_t all_count;
};

/* Cases */

static const struct a_case anything = {.process = PLAN_TRUE};

static void none(struct cases *out)
{
    out->count = 0;
}

static void any(struct cases *out)
{
    out->count = 1;
    out->item[0] = anything;
}

static void only(struct cases *out, struct a_case item)
{
    out->count = 1;
    out->item[0] = item;
}

static uint32_t join_nodes(struct plan *plan, enum plan_kind kind, uint32_t a, uint32_t b)
{
    uint32_t base = plan->stack_count;

    plan_push(plan, kind, a);
    plan_push(plan, kind, b);
    return plan_pop(plan, kind, base);
}

/* false when the two contradict each other. */
static bool add_literal(struct a_case *to, struct literal literal)
{
    uint32_t at = 0;

    while (at < to->count && to->literal[at].test < literal.test)
        at++;
    if (at < to->count && to->literal[at].test == literal.test)
        return to->literal[at].negated == literal.negated;
    if (to->count == LITERALS_MAX)
        return true;
    memmove(&to->literal[at + 1], &to->literal[at], (to->count - at) * sizeof(to->literal[0]));
    to->literal[at] = literal;
    to->count++;
    return true;
}

static bool both(struct builder *b, struct a_case *to, const struct a_case *with)
{
    to->process = join_nodes(b->plan, PLAN_KIND_AND, to->process, with->process);
    for (uint32_t i = 0; i < with->count; i++) {
        if (!add_literal(to, with->literal[i]))
            return false;
    }
    return to->process != PLAN_FALSE;
}

static void multiply(struct builder *b, struct cases *cases, const struct cases *with)
{
    struct cases out = {0};

    if (cases->count * with->count > RULE_CASES_MAX)
        return;
    for (uint32_t i = 0; i < cases->count; i++) {
        for (uint32_t k = 0; k < with->count; k++) {
            struct a_case item = cases->item[i];
            if (both(b, &item, &with->item[k]))
                out.item[out.count++] = item;
        }
    }
    *cases = out;
}

/* What two cases share. */
static void widen(struct builder *b, struct a_case *to, const struct a_case *with)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < to->count; i++) {
        for (uint32_t k = 0; k < with->count; k++) {
            if (to->literal[i].test == with->literal[k].test &&
                to->literal[i].negated == with->literal[k].negated)
                to->literal[count++] = to->literal[i];
        }
    }
    to->count = count;
    to->process = join_nodes(b->plan, PLAN_KIND_OR, to->process, with->process);
}

static void append(struct builder *b, struct cases *cases, const struct cases *with)
{
    for (uint32_t i = 0; i < with->count; i++) {
        if (cases->count < RULE_CASES_MAX)
            cases->item[cases->count++] = with->item[i];
        else
            widen(b, &cases->item[RULE_CASES_MAX - 1], &with->item[i]);
    }
}

/* Tests */

static bool same_matches(const struct builder *b, const struct test *test,
                         const struct filter_matches *made)
{
    return test->count == made->count &&
           memcmp(&b->match[test->from], made->match, made->count * sizeof(made->match[0])) == 0;
}

/* The test of these matches, which is added when there is none; false when there is no room. */
static bool test_of(struct builder *b, const struct filter_matches *made, uint16_t *out)
{
    uint32_t at = 0;

    while (at < b->test_count && !same_matches(b, &b->test[at], made))
        at++;
    if (at == b->test_count) {
        if (b->test_count == TESTS_MAX || b->match_count + made->count > ALL_MATCHES_MAX)
            return false;
        memcpy(&b->match[b->match_count], made->match, made->count * sizeof(made->match[0]));
        b->test[b->test_count++] = (struct test){b->match_count, made->count};
        b->match_count += made->count;
    }
    *out = (uint16_t)at;
    return true;
}

/* A test whose outcome is `holds` in the reading asked for: `negated` says the node is false. */
static void literal_of(struct builder *b, const struct filter_matches *made, bool negated,
                       struct cases *out)
{
    struct a_case item = anything;
    uint16_t test;

    if (made->count == 0) { /* never holds */
        if (negated)
            any(out);
        else
            none(out);
        return;
    }
    if (!test_of(b, made, &test)) {
        any(out);
        return;
    }
    (void)add_literal(&item, (struct literal){test, negated});
    only(out, item);
}

/* `positive`: the node holds; else it does not. */
static void leaf_cases(struct builder *b, const struct plan_node *node, bool positive,
                       struct cases *out)
{
    scoped(free) struct filter_matches *made = xcalloc(1, sizeof(*made));
    const struct plan_leaf *leaf = &b->plan->leaf[node->first];
    bool negated = false;

    if (!filter_match_predicate(made, leaf->predicate, b->type, !positive, &negated)) {
        any(out);
        return;
    }
    literal_of(b, made, positive == negated, out);
}

/* An `or` of text comparisons as one test. */

static bool is_text_leaf(const struct builder *b, uint32_t index, struct filter_matches *made,
                         bool lower)
{
    const struct plan_node *node = &b->plan->node[index];
    uint32_t before = made->count;
    bool negated = false;

    if (node->kind != PLAN_KIND_LEAF ||
        !filter_match_predicate(made, b->plan->leaf[node->first].predicate, b->type, lower,
                                &negated))
        return false;
    for (uint32_t i = before; i < made->count; i++)
        negated = negated || !filter_is_text(made->match[i].subject);
    if (negated)
        made->count = before;
    return !negated;
}

static uint32_t worth_of(const struct filter_matches *made, uint32_t from)
{
    uint32_t worth = UINT32_MAX;

    for (uint32_t i = from; i < made->count; i++) {
        uint32_t one = filter_match_worth(&made->match[i]);
        worth = one < worth ? one : worth;
    }
    return worth;
}

/* Of `and` the part that lets the fewest through, in the upper reading. */
static bool text_of_and(const struct builder *b, uint32_t index, struct filter_matches *made)
{
    const struct plan_node *node = &b->plan->node[index];
    uint32_t before = made->count;
    uint32_t best = UINT32_MAX, best_worth = 0;

    if (node->kind != PLAN_KIND_AND)
        return false;
    for (uint32_t i = 0; i < node->count; i++) {
        uint32_t part = b->plan->child[node->first + i];
        if (is_text_leaf(b, part, made, false) && worth_of(made, before) >= best_worth) {
            best = part;
            best_worth = worth_of(made, before);
        }
        made->count = before;
    }
    return best != UINT32_MAX && is_text_leaf(b, best, made, false);
}

/* Does `and` hold anything about the process, or what is no text? Then it is better multiplied. */
static bool is_all_text(const struct builder *b, uint32_t index)
{
    const struct plan_node *node = &b->plan->node[index];
    scoped(free) struct filter_matches *made = xcalloc(1, sizeof(*made));

    if (node->kind != PLAN_KIND_AND)
        return true;
    for (uint32_t i = 0; i < node->count; i++) {
        if (!is_text_leaf(b, b->plan->child[node->first + i], made, false))
            return false;
        made->count = 0;
    }
    return true;
}

static bool or_as_test(const struct builder *b, const struct plan_node *node,
                       struct filter_matches *made)
{
    for (uint32_t i = 0; i < node->count; i++) {
        uint32_t part = b->plan->child[node->first + i];
        if (!is_text_leaf(b, part, made, false) &&
            (!is_all_text(b, part) || !text_of_and(b, part, made)))
            return false;
    }
    return true;
}

/* The same for one that must not hold: the comparisons alone, in the lower reading. */
static bool nor_as_test(const struct builder *b, const struct plan_node *node,
                        struct filter_matches *made)
{
    for (uint32_t i = 0; i < node->count; i++) {
        if (!is_text_leaf(b, b->plan->child[node->first + i], made, true))
            return false;
    }
    return true;
}

/* Conditions */

static void cases_of(struct builder *b, uint32_t index, bool positive, struct cases *out);

static void process_cases(struct builder *b, uint32_t index, bool positive, struct cases *out)
{
    struct a_case item = anything;

    item.process = positive ? index : plan_not(b->plan, index);
    only(out, item);
}

/* All parts hold (or, of a negated `or`, none does). Parts that make one case come first, so that
 * the room is left for those that make several; a negated `and` only takes part when it makes one:
 * it says little. */
static void all_of(struct builder *b, struct plan_node node, bool positive, struct cases *out)
{
    struct cases part;

    any(out);
    for (int many = 0; many <= 1; many++) {
        for (uint32_t i = 0; i < node.count && out->count > 0; i++) {
            uint32_t index = b->plan->child[node.first + i];
            const struct plan_node *child = &b->plan->node[index];
            bool excepts = positive ? child->kind == PLAN_KIND_NOT &&
                                          b->plan->node[child->first].kind == PLAN_KIND_AND
                                    : child->kind == PLAN_KIND_AND;
            cases_of(b, index, positive, &part);
            if ((part.count > 1) != many || (many == 1 && excepts))
                continue;
            multiply(b, out, &part);
        }
    }
}

static void one_of(struct builder *b, struct plan_node node, bool positive, struct cases *out)
{
    struct cases part;

    none(out);
    for (uint32_t i = 0; i < node.count; i++) {
        cases_of(b, b->plan->child[node.first + i], positive, &part);
        append(b, out, &part);
    }
}

static void cases_of(struct builder *b, uint32_t index, bool positive, struct cases *out)
{
    struct plan_node node = b->plan->node[index];

    if (index <= PLAN_TRUE) {
        if ((index == PLAN_TRUE) == positive)
            any(out);
        else
            none(out);
        return;
    }
    if (node.reads == reads_bit(PLAN_PROCESS)) {
        process_cases(b, index, positive, out);
        return;
    }
    switch ((enum plan_kind)node.kind) {
    case PLAN_KIND_LEAF:
        leaf_cases(b, &node, positive, out);
        return;
    case PLAN_KIND_NOT:
        cases_of(b, node.first, !positive, out);
        return;
    case PLAN_KIND_OR: {
        scoped(free) struct filter_matches *made = xcalloc(1, sizeof(*made));
        if (positive ? or_as_test(b, &node, made) : nor_as_test(b, &node, made)) {
            literal_of(b, made, !positive, out);
            return;
        }
        break;
    }
    default:
        break;
    }
    if ((node.kind == PLAN_KIND_AND) == positive)
        all_of(b, node, positive, out);
    else
        one_of(b, node, positive, out);
}

/* All rules together */

static bool same_literals(const struct a_case *a, const struct a_case *b)
{
    return a->count == b->count &&
           memcmp(a->literal, b->literal, a->count * sizeof(a->literal[0])) == 0;
}

static void take_case(struct builder *b, const struct a_case *item)
{
    uint32_t at = 0;

    while (at < b->all_count && !same_literals(&b->all[at], item))
        at++;
    if (at < b->all_count)
        b->all[at].process = join_nodes(b->plan, PLAN_KIND_OR, b->all[at].process, item->process);
    else if (b->all_count < FILTER_CASES_MAX)
        b->all[b->all_count++] = *item;
    else
        widen(b, &b->all[FILTER_CASES_MAX - 1], item);
}

static void set_outcomes(struct filter_match *match, const struct builder *b, uint32_t test)
{
    match->on_true = match->on_false = UINT64_MAX;
    for (uint32_t i = 0; i < b->all_count; i++) {
        for (uint32_t k = 0; k < b->all[i].count; k++) {
            const struct literal *literal = &b->all[i].literal[k];
            if (literal->test == test && literal->negated)
                match->on_true &= ~(1ULL << i);
            else if (literal->test == test)
                match->on_false &= ~(1ULL << i);
        }
    }
}

static bool looks_at_text(const struct builder *b, uint32_t test)
{
    for (uint32_t i = 0; i < b->test[test].count; i++) {
        if (filter_is_text(b->match[b->test[test].from + i].subject))
            return true;
    }
    return false;
}

/* The tests that look at texts, or those that do not; those first that must hold for any case, as
 * they rule out the most. Tests of parts that were left out are none. One that finds no room is
 * left out, which widens its cases. */
static void put_tests(struct filter_program *program, const struct builder *b, bool texts,
                      bool must_hold)
{
    for (uint32_t test = 0; test < b->test_count; test++) {
        struct filter_match outcomes;
        uint32_t next = program->count + b->test[test].count;

        set_outcomes(&outcomes, b, test);
        if (looks_at_text(b, test) != texts || next > FILTER_MATCHES_MAX ||
            (outcomes.on_false != UINT64_MAX) != must_hold ||
            (outcomes.on_true == UINT64_MAX && outcomes.on_false == UINT64_MAX))
            continue;
        for (uint32_t i = 0; i < b->test[test].count; i++) {
            struct filter_match *match = &program->match[program->count++];
            *match = b->match[b->test[test].from + i];
            match->on_true = outcomes.on_true;
            match->on_false = outcomes.on_false;
            match->next = (uint16_t)next;
            program->subjects |= 1u << match->subject;
        }
    }
}

static uint64_t first_bits(uint32_t count)
{
    return count == 64 ? UINT64_MAX : (1ULL << count) - 1;
}

void kernel_filter_make(struct plan *plan, enum event_type type, const uint32_t *root,
                        uint32_t count, struct kernel_filter *out)
{
    scoped(free) struct builder *b = xcalloc(1, sizeof(*b));
    struct cases cases;

    b->plan = plan;
    b->type = type;
    for (uint32_t i = 0; i < count; i++) {
        cases_of(b, root[i], true, &cases);
        for (uint32_t k = 0; k < cases.count; k++)
            take_case(b, &cases.item[k]);
    }
    memset(out, 0, sizeof(*out)); /* filters are compared byte by byte */
    out->program.cases = first_bits(b->all_count);
    out->program.active = 1;
    for (uint32_t i = 0; i < b->all_count; i++) {
        out->process[i] = b->all[i].process;
        if (b->all[i].process != PLAN_TRUE)
            out->asks_process |= 1ULL << i;
    }
    put_tests(&out->program, b, false, true);
    put_tests(&out->program, b, false, false);
    out->program.texts_at = out->program.count;
    put_tests(&out->program, b, true, true);
    put_tests(&out->program, b, true, false);
}

uint64_t kernel_filter_cases(const struct kernel_filter *filter, struct plan_run *run)
{
    uint64_t open = 0;

    for (uint64_t left = filter->program.cases; left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        if (plan_run_holds(run, filter->process[i]))
            open |= 1ULL << i;
    }
    return open;
}
