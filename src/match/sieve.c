/* For most events no rule holds, and one look at one or two values tells: a name that no rule has
 * in mind, a process that all of them except. So the rules are not tried one by one. For each thing
 * that their conditions read (an operand, the process as a whole, the descriptor's name) a column
 * knows what each rule asks of that thing alone, whatever the rest may be (plan_upper()), and which
 * rules are ruled out by the value it has: one bit a rule. A run takes these answers together until
 * no rule is left. What is left is tried in full, so columns can never make a wrong match, and
 * leave out only what cannot match.
 *
 * A column either asks its few questions each time, or remembers the answers by value; for a value
 * it has not seen, guards (lang/vm/guards.h) tell which rules are worth asking. Now and then an
 * event is put to all columns, and the order is chosen that would have been the cheapest for the
 * last such samples (match/order.h). It changes what a run costs and nothing else. */
#include "match/sieve.h"

#include "base/alloc.h"
#include "lang/vm/guards.h"
#include "lang/vm/operand.h"
#include "match/order.h"
#include "match/verdicts.h"

enum {
    WORD = 64,
    DIRECT_QUESTIONS_MAX = 4,
    DIRECT_COST_MAX = 120, /* of all its questions */
    /* Rules to be asked about before guards are worth it. */
    GUARDED_MIN = 2,
    GUARDED_MIN_PROCESS = 6,
    /* Runs from one sample to the next: more each time the order was improved. */
    SAMPLE_EVERY_FIRST = 16,
    SAMPLE_EVERY_LAST = 16384,
    /* Of a look, in about nanoseconds. */
    COST_PROCESS = 200,
    COST_NAME = 150,
    COST_TEXT = 60,
    COST_NUMBER = 20,
    COST_MADE = 250,
};

/* Something that rules ask of one thing, and the rules that do. */
struct question {
    uint32_t node;
    uint64_t *rules;
};

struct column {
    uint32_t reads;  /* operand, PLAN_PROCESS or PLAN_FD_NAME */
    uint32_t cost;   /* of a look */
    uint64_t *asks;  /* rules that ask anything of it */
    uint32_t *upper; /* by rule: what it asks; PLAN_TRUE: nothing */
    struct question *question;
    uint32_t question_count;   /* 0: the answers are remembered */
    struct verdicts *verdicts; /* NULL without */
    struct guards *guards;
    uint32_t guarded_min;
};

struct sieve {
    uint32_t count, words;
    uint32_t *rule, *root;
    uint64_t *all, *left;
    struct column *column;
    uint32_t column_count;
    uint32_t *rank; /* the columns in their order */
    struct order *order;
    uint32_t sample_every, until_sample, samples;
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

/* Building columns */

static void column_done(struct column *column)
{
    for (uint32_t i = 0; i < column->question_count; i++)
        free(column->question[i].rules);
    free(column->question);
    guards_free(column->guards);
    verdicts_free(column->verdicts);
    free(column->asks);
    free(column->upper);
}

static enum value_type type_of(const struct plan *plan, uint32_t reads)
{
    if (reads == PLAN_PROCESS)
        return VALUE_UINT64;
    return reads == PLAN_FD_NAME ? VALUE_CHARBUF : plan_operand(plan, reads)->type;
}

static uint32_t cost_of(const struct plan *plan, uint32_t reads)
{
    if (reads == PLAN_PROCESS)
        return COST_PROCESS;
    if (reads == PLAN_FD_NAME)
        return COST_NAME;
    if (plan_operand_is_made(plan, reads))
        return COST_MADE;
    return value_type_kind(type_of(plan, reads)) == VALUE_TEXT ? COST_TEXT : COST_NUMBER;
}

static bool add_question(const struct sieve *sieve, struct column *column, uint32_t node,
                         uint32_t rule)
{
    uint32_t at = 0;

    while (at < column->question_count && column->question[at].node != node)
        at++;
    if (at == DIRECT_QUESTIONS_MAX)
        return false;
    if (at == column->question_count) {
        column->question[at].node = node;
        column->question[at].rules = xcalloc(sieve->words, sizeof(uint64_t));
        column->question_count++;
    }
    set_bit(column->question[at].rules, rule);
    return true;
}

/* Few and cheap questions are asked each time. */
static bool ask_directly(const struct sieve *sieve, const struct plan *plan, struct column *column)
{
    uint32_t cost = 0;
    bool few = column->reads != PLAN_PROCESS && column->reads != PLAN_FD_NAME;

    column->question = xcalloc(DIRECT_QUESTIONS_MAX, sizeof(*column->question));
    for (uint32_t i = 0; i < sieve->count && few; i++) {
        if (column->upper[i] != PLAN_TRUE)
            few = add_question(sieve, column, column->upper[i], i);
    }
    for (uint32_t i = 0; i < column->question_count; i++)
        cost += plan_cost(plan, column->question[i].node);
    if (few && cost <= DIRECT_COST_MAX)
        return true;
    for (uint32_t i = 0; i < column->question_count; i++)
        free(column->question[i].rules);
    column->question_count = 0;
    return false;
}

static void add_column(struct sieve *sieve, struct plan *plan, uint32_t reads)
{
    struct column column = {
        .reads = reads,
        .cost = cost_of(plan, reads),
        .guarded_min = reads == PLAN_PROCESS ? GUARDED_MIN_PROCESS : GUARDED_MIN,
        .asks = xcalloc(sieve->words, sizeof(*column.asks)),
        .upper = xcalloc(sieve->count, sizeof(*column.upper)),
    };
    uint32_t rules = 0;

    for (uint32_t i = 0; i < sieve->count; i++) {
        column.upper[i] = plan_upper(plan, sieve->root[i], reads);
        if (column.upper[i] == PLAN_TRUE)
            continue;
        set_bit(column.asks, i);
        rules++;
    }
    if (rules == 0) {
        column_done(&column);
        return;
    }
    if (!ask_directly(sieve, plan, &column)) {
        column.verdicts = verdicts_new(sieve->words, type_of(plan, reads));
        column.guards = guards_new(plan, column.upper, sieve->count);
    }
    sieve->column[sieve->column_count++] = column;
}

static int by_cost(const void *left, const void *right)
{
    const struct column *a = left;
    const struct column *b = right;

    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    return a->reads < b->reads ? -1 : a->reads > b->reads;
}

static void start_order(struct sieve *sieve)
{
    sieve->order = order_new(sieve->column_count, sieve->words, sieve->all);
    sieve->rank = xcalloc(sieve->column_count, sizeof(*sieve->rank));
    for (uint32_t i = 0; i < sieve->column_count; i++) {
        order_thing(sieve->order, i, sieve->column[i].cost, sieve->column[i].asks);
        sieve->rank[i] = i;
    }
    sieve->sample_every = SAMPLE_EVERY_FIRST;
    sieve->until_sample = SAMPLE_EVERY_FIRST;
}

struct sieve *sieve_new(struct plan *plan, const uint32_t *rule, const uint32_t *root,
                        uint32_t count)
{
    struct sieve *sieve = xcalloc(1, sizeof(*sieve));
    uint32_t operands = plan_operand_count(plan);

    sieve->count = count;
    sieve->words = (count + WORD - 1) / WORD;
    sieve->rule = copy(rule, count);
    sieve->root = copy(root, count);
    sieve->all = xcalloc(sieve->words, sizeof(*sieve->all));
    sieve->left = xcalloc(sieve->words, sizeof(*sieve->left));
    for (uint32_t i = 0; i < count; i++)
        set_bit(sieve->all, i);
    sieve->column = xcalloc((size_t)operands + 2, sizeof(*sieve->column));
    for (uint32_t reads = 0; reads < operands; reads++)
        add_column(sieve, plan, reads);
    add_column(sieve, plan, PLAN_FD_NAME);
    add_column(sieve, plan, PLAN_PROCESS);
    qsort(sieve->column, sieve->column_count, sizeof(*sieve->column), by_cost);
    start_order(sieve);
    return sieve;
}

void sieve_free(struct sieve *sieve)
{
    if (sieve == NULL)
        return;
    for (uint32_t i = 0; i < sieve->column_count; i++)
        column_done(&sieve->column[i]);
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

static struct verdict verdict_of_process(const struct column *column, const struct process *process)
{
    if (process == NULL)
        return verdicts_of(column->verdicts, NULL);
    if (process->version == 0)
        return verdicts_spare(column->verdicts);
    struct value version = value_u64(process->version);
    return verdicts_of(column->verdicts, &version);
}

static struct verdict verdict_for(const struct column *column, struct plan_run *run,
                                  const struct event *event)
{
    const struct value *value = NULL;

    if (column->reads == PLAN_PROCESS)
        return verdict_of_process(column, event->process);
    if (column->reads == PLAN_FD_NAME)
        return event->fd.known
                   ? verdicts_of_text(column->verdicts, event->fd.name, (uint8_t)event->fd.type)
                   : verdicts_of(column->verdicts, NULL);
    int count = plan_run_values(run, column->reads, &value);
    if (count == OPERAND_ABSENT)
        return verdicts_of(column->verdicts, NULL);
    return count == 1 ? verdicts_of(column->verdicts, value) : verdicts_spare(column->verdicts);
}

/* Ask about the rules in `ask`, a word of them. */
static uint64_t ask_each(const struct column *column, struct plan_run *run, uint32_t word,
                         uint64_t ask)
{
    uint64_t fell = 0;

    for (; ask != 0; ask &= ask - 1) {
        uint32_t rule = word * WORD + (uint32_t)__builtin_ctzll(ask);
        if (!plan_run_holds(run, column->upper[rule]))
            fell |= ask & -ask;
    }
    return fell;
}

/* Rules of a word that are left, ask, and are not known. */
static uint64_t unknown(const struct sieve *sieve, const struct column *column,
                        struct verdict verdict, uint32_t word)
{
    return sieve->left[word] & column->asks[word] & ~verdict.known[word];
}

/* Settle what the guards can, of all rules, whether they are left or not. */
static void settle(const struct sieve *sieve, const struct column *column, struct plan_run *run,
                   struct verdict verdict)
{
    const uint64_t *open = guards_open(column->guards, run);
    const uint64_t *settled = guards_settled(column->guards);

    for (uint32_t i = 0; i < sieve->words; i++) {
        uint64_t news = column->asks[i] & ~verdict.known[i] & (~open[i] | settled[i]);
        verdict.known[i] |= news;
        verdict.fell[i] |= news & ~open[i];
    }
}

/* Find out about all rules that are left and not known. */
static void learn(const struct sieve *sieve, const struct column *column, struct plan_run *run,
                  struct verdict verdict)
{
    uint32_t asked = 0;

    for (uint32_t i = 0; i < sieve->words; i++)
        asked += (uint32_t)__builtin_popcountll(unknown(sieve, column, verdict, i));
    if (asked >= column->guarded_min)
        settle(sieve, column, run, verdict);
    for (uint32_t i = 0; i < sieve->words; i++) {
        uint64_t ask = unknown(sieve, column, verdict, i);
        verdict.known[i] |= ask;
        verdict.fell[i] |= ask_each(column, run, i, ask);
    }
}

static void look(struct sieve *sieve, const struct column *column, struct plan_run *run,
                 const struct event *event)
{
    struct verdict verdict = verdict_for(column, run, event);
    uint64_t ask = 0;

    for (uint32_t i = 0; i < sieve->words; i++)
        ask |= unknown(sieve, column, verdict, i);
    if (ask != 0)
        learn(sieve, column, run, verdict);
    for (uint32_t i = 0; i < sieve->words; i++)
        sieve->left[i] &= ~verdict.fell[i];
}

static bool overlap(const uint64_t *a, const uint64_t *b, uint32_t words)
{
    uint64_t both = 0;

    for (uint32_t i = 0; i < words; i++)
        both |= a[i] & b[i];
    return both != 0;
}

static void ask_questions(struct sieve *sieve, const struct column *column, struct plan_run *run)
{
    for (uint32_t i = 0; i < column->question_count; i++) {
        const struct question *question = &column->question[i];
        if (!overlap(sieve->left, question->rules, sieve->words) ||
            plan_run_holds(run, question->node))
            continue;
        for (uint32_t k = 0; k < sieve->words; k++)
            sieve->left[k] &= ~question->rules[k];
    }
}

static void narrow(struct sieve *sieve, const struct column *column, struct plan_run *run,
                   const struct event *event)
{
    if (column->question_count > 0)
        ask_questions(sieve, column, run);
    else
        look(sieve, column, run, event);
}

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
        const struct column *column = &sieve->column[i];
        uint64_t *answer = order_answer(sieve->order, i);
        if (column->cost == COST_MADE)
            continue; /* last in any case */
        memcpy(sieve->left, sieve->all, sieve->words * sizeof(*sieve->left));
        narrow(sieve, column, run, event);
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
    if (unlikely(--sieve->until_sample == 0))
        take_sample(sieve, run, event);
    memcpy(sieve->left, sieve->all, sieve->words * sizeof(*sieve->left));
    for (uint32_t i = 0; i < sieve->column_count && !is_empty(sieve); i++) {
        const struct column *column = &sieve->column[sieve->rank[i]];
        if (overlap(sieve->left, column->asks, sieve->words))
            narrow(sieve, column, run, event);
    }
    for (uint32_t i = 0; i < sieve->words; i++) {
        for (uint64_t left = sieve->left[i]; left != 0; left &= left - 1) {
            uint32_t rule = i * WORD + (uint32_t)__builtin_ctzll(left);
            if (!on_rule(ctx, sieve->rule[rule], plan_run_holds(run, sieve->root[rule])))
                return;
        }
    }
}
