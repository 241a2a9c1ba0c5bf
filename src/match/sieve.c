/* For most events no rule holds, and one look at one or two values tells: a name that no rule has
 * in mind, a process that all of them except. So the rules are not tried one by one. For each thing
 * that their conditions read there is a column (match/column.h), which tells the rules that are
 * ruled out by the value it has: one bit a rule. A run takes these answers together until no rule
 * is left. What is left is tried in full, so columns can never make a wrong match, and leave out
 * only what cannot match.
 *
 * Most rules about opened files are about reading or about writing, and which of them it is tells
 * more than any column: so there is a sieve for each (event_opening()), and the rules of the other
 * kind are not in it.
 *
 * Now and then an event is put to all columns, and the order is chosen that would have been the
 * cheapest for the last such samples (match/order.h). It changes what a run costs and nothing
 * else. */
#include "match/sieve.h"

#include "base/alloc.h"
#include "match/column.h"
#include "match/order.h"

enum {
    WORD = 64,
    /* Runs from one sample to the next: more each time the order was improved. */
    SAMPLE_EVERY_FIRST = 16,
    SAMPLE_EVERY_LAST = 16384,
};

struct sieve {
    uint32_t count, words;
    uint32_t *rule, *root;
    uint64_t *all, *left;
    struct column **column;
    uint32_t column_count;
    uint32_t *rank; /* the columns in their order */
    struct order *order;
    uint32_t sample_every, until_sample, samples;
    struct sieve
        *opening[EVENT_OPENINGS]; /* several may be one; NULL: no rules, or not by opening */
    bool by_opening;              /* then the columns are theirs */
};

static void set_bit(uint64_t *bits, uint32_t index)
{
    bits[index / WORD] |= 1ULL << (index % WORD);
}

static uint32_t *copy(const uint32_t *from, uint32_t count)
{
    uint32_t *to = xcalloc(count, sizeof(*to));

    memcpy(to, from, count * sizeof(*to));
    return to;
}

static void add_column(struct sieve *sieve, struct plan *plan, uint32_t reads)
{
    struct column *column = column_new(plan, sieve->root, sieve->count, reads);

    if (column != NULL)
        sieve->column[sieve->column_count++] = column;
}

static int by_cost(const void *left, const void *right)
{
    const struct column *a = *(struct column *const *)left;
    const struct column *b = *(struct column *const *)right;

    if (column_cost(a) != column_cost(b))
        return column_cost(a) < column_cost(b) ? -1 : 1;
    return column_reads(a) < column_reads(b) ? -1 : column_reads(a) > column_reads(b);
}

static void start_order(struct sieve *sieve)
{
    sieve->order = order_new(sieve->column_count, sieve->words, sieve->all);
    sieve->rank = xcalloc(sieve->column_count, sizeof(*sieve->rank));
    for (uint32_t i = 0; i < sieve->column_count; i++) {
        order_thing(sieve->order, i, column_cost(sieve->column[i]), column_asks(sieve->column[i]));
        sieve->rank[i] = i;
    }
    sieve->sample_every = SAMPLE_EVERY_FIRST;
    sieve->until_sample = SAMPLE_EVERY_FIRST;
}

static struct sieve *plain_new(const uint32_t *rule, const uint32_t *root, uint32_t count)
{
    struct sieve *sieve = xcalloc(1, sizeof(*sieve));

    sieve->count = count;
    sieve->words = (count + WORD - 1) / WORD;
    sieve->rule = copy(rule, count);
    sieve->root = copy(root, count);
    return sieve;
}

static void add_columns(struct sieve *sieve, struct plan *plan)
{
    uint32_t operands = plan_operand_count(plan);

    sieve->all = xcalloc(sieve->words, sizeof(*sieve->all));
    sieve->left = xcalloc(sieve->words, sizeof(*sieve->left));
    for (uint32_t i = 0; i < sieve->count; i++)
        set_bit(sieve->all, i);
    sieve->column = xcalloc((size_t)operands + 2, sizeof(struct column *));
    for (uint32_t reads = 0; reads < operands; reads++) {
        if (!plan_operand_is_process(plan, reads) && !plan_operand_is_fd_name(plan, reads))
            add_column(sieve, plan, reads);
    }
    add_column(sieve, plan, PLAN_FD_NAME);
    add_column(sieve, plan, PLAN_PROCESS);
    qsort(sieve->column, sieve->column_count, sizeof(*sieve->column), by_cost);
    start_order(sieve);
}

static bool depends_on_opening(struct plan *plan, const struct sieve *sieve)
{
    for (uint32_t opening = 0; opening < EVENT_OPENINGS; opening++) {
        for (uint32_t i = 0; i < sieve->count; i++) {
            if (plan_fold_opening(plan, sieve->root[i], opening) != sieve->root[i])
                return true;
        }
    }
    return false;
}

static bool same_rules(const struct sieve *a, const struct sieve *b)
{
    return a->count == b->count && memcmp(a->rule, b->rule, a->count * sizeof(*a->rule)) == 0 &&
           memcmp(a->root, b->root, a->count * sizeof(*a->root)) == 0;
}

/* Add the one for an opening, or find it among those before. */
static void add_opening(struct sieve *sieve, struct plan *plan, uint32_t opening)
{
    struct sieve *made = plain_new(sieve->rule, sieve->root, sieve->count);
    uint32_t count = 0;

    for (uint32_t i = 0; i < sieve->count; i++) {
        uint32_t root = plan_fold_opening(plan, sieve->root[i], opening);
        made->rule[count] = sieve->rule[i];
        made->root[count] = root;
        count += root != PLAN_FALSE;
    }
    made->count = count;
    made->words = (count + WORD - 1) / WORD;
    for (uint32_t i = 0; i < opening; i++) {
        if (sieve->opening[i] != NULL && same_rules(sieve->opening[i], made))
            sieve->opening[opening] = sieve->opening[i];
    }
    if (count == 0 || sieve->opening[opening] != NULL) {
        sieve_free(made);
        return;
    }
    add_columns(made, plan);
    sieve->opening[opening] = made;
}

struct sieve *sieve_new(struct plan *plan, const uint32_t *rule, const uint32_t *root,
                        uint32_t count)
{
    struct sieve *sieve = plain_new(rule, root, count);

    sieve->by_opening = depends_on_opening(plan, sieve);
    if (!sieve->by_opening)
        add_columns(sieve, plan);
    for (uint32_t i = 0; sieve->by_opening && i < EVENT_OPENINGS; i++)
        add_opening(sieve, plan, i);
    return sieve;
}

static bool is_repeated(const struct sieve *sieve, uint32_t opening)
{
    for (uint32_t i = 0; i < opening; i++) {
        if (sieve->opening[i] == sieve->opening[opening])
            return true;
    }
    return false;
}

void sieve_free(struct sieve *sieve)
{
    if (sieve == NULL)
        return;
    for (uint32_t i = 0; i < EVENT_OPENINGS; i++) {
        if (!is_repeated(sieve, i))
            sieve_free(sieve->opening[i]);
    }
    for (uint32_t i = 0; i < sieve->column_count; i++)
        column_free(sieve->column[i]);
    order_free(sieve->order);
    free(sieve->rank);
    free(sieve->column);
    free(sieve->rule);
    free(sieve->root);
    free(sieve->all);
    free(sieve->left);
    free(sieve);
}

uint32_t sieve_count(const struct sieve *sieve)
{
    return sieve->count;
}

const uint32_t *sieve_rules(const struct sieve *sieve)
{
    return sieve->rule;
}

const uint32_t *sieve_roots(const struct sieve *sieve)
{
    return sieve->root;
}

/* Running */

static bool is_empty(const struct sieve *sieve)
{
    uint64_t any = 0;

    for (uint32_t i = 0; i < sieve->words; i++)
        any |= sieve->left[i];
    return any == 0;
}

/* The order of the columns */

static void take_sample(struct sieve *sieve, struct plan_run *run, const struct event *event)
{
    order_next_sample(sieve->order);
    for (uint32_t i = 0; i < sieve->column_count; i++) {
        uint64_t *answer = order_answer(sieve->order, i);
        if (column_is_made(sieve->column[i]))
            continue; /* last in any case */
        memcpy(sieve->left, sieve->all, sieve->words * sizeof(*sieve->left));
        column_narrow(sieve->column[i], run, event, sieve->left);
        for (uint32_t k = 0; k < sieve->words; k++)
            answer[k] = sieve->all[k] & ~sieve->left[k];
    }
    sieve->until_sample = sieve->sample_every;
    if (++sieve->samples % ORDER_SAMPLES != 0)
        return;
    order_improve(sieve->order, sieve->rank);
    if (sieve->sample_every < SAMPLE_EVERY_LAST)
        sieve->sample_every *= 2;
}

void sieve_run(struct sieve *sieve, struct plan_run *run, const struct event *event,
               sieve_rule_fn on_rule, void *ctx)
{
    if (sieve->by_opening)
        sieve = sieve->opening[event_opening(event)];
    if (sieve == NULL)
        return;
    if (unlikely(--sieve->until_sample == 0))
        take_sample(sieve, run, event);
    memcpy(sieve->left, sieve->all, sieve->words * sizeof(*sieve->left));
    for (uint32_t i = 0; i < sieve->column_count && !is_empty(sieve); i++)
        column_narrow(sieve->column[sieve->rank[i]], run, event, sieve->left);
    for (uint32_t i = 0; i < sieve->words; i++) {
        for (uint64_t left = sieve->left[i]; left != 0; left &= left - 1) {
            uint32_t rule = i * WORD + (uint32_t)__builtin_ctzll(left);
            if (!on_rule(ctx, sieve->rule[rule], plan_run_holds(run, sieve->root[rule])))
                return;
        }
    }
}
