/* A column either asks its few questions each time, or remembers the answers by value; for a value
 * it has not seen, guards (lang/vm/guards.h) tell which rules are worth asking.
 *
 * A process that has just started a program has never been seen, but most of what it is has: its
 * name, its container, its environment. So the column of the process has parts, columns of their
 * own for the fields that many rules ask of, which rule out most rules before any is asked. */
#include "match/column.h"

#include "base/alloc.h"
#include "lang/vm/guards.h"
#include "lang/vm/operand.h"
#include "match/verdicts.h"

enum {
    WORD = 64,
    DIRECT_QUESTIONS_MAX = 4,
    DIRECT_COST_MAX = 120, /* of all its questions */
    PARTS_MAX = 6,
    PART_RULES_MIN = 3,
    /* Rules to be asked about before guards are worth it. */
    GUARDED_MIN = 2,
    GUARDED_MIN_PROCESS = 4,
    /* Values whose verdicts are kept. */
    PLACES_NAME = 2048,
    PLACES_PROCESS = 1024,
    PLACES = 256,
    PLACES_PART = 128,
    PLACES_LONG = 64,
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
    uint32_t reads;
    uint32_t cost;
    uint32_t words;
    uint64_t *asks;
    uint32_t *upper; /* by rule: what it asks; PLAN_TRUE: nothing */
    struct question *question;
    uint32_t question_count;   /* 0: the answers are remembered */
    struct verdicts *verdicts; /* NULL without */
    field_made_of_fn made_of;  /* verdicts are kept by this; NULL: by the value */
    struct guards *guards;
    uint32_t guarded_min;
    struct column *part[PARTS_MAX];
    uint32_t part_count;
    uint64_t *wanted; /* of its parts */
};

static void set_bit(uint64_t *bits, uint32_t index)
{
    bits[index / WORD] |= 1ULL << (index % WORD);
}

static uint32_t count_both(const uint64_t *a, const uint64_t *b, uint32_t words)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < words; i++)
        count += (uint32_t)__builtin_popcountll(a[i] & b[i]);
    return count;
}

static uint32_t count_bits(const uint64_t *bits, uint32_t words)
{
    return count_both(bits, bits, words);
}

/* Building */

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

static bool add_question(struct column *column, uint32_t node, uint32_t rule)
{
    uint32_t at = 0;

    while (at < column->question_count && column->question[at].node != node)
        at++;
    if (at == DIRECT_QUESTIONS_MAX)
        return false;
    if (at == column->question_count) {
        column->question[at].node = node;
        column->question[at].rules = xcalloc(column->words, sizeof(uint64_t));
        column->question_count++;
    }
    set_bit(column->question[at].rules, rule);
    return true;
}

/* Few and cheap questions are asked each time. */
static bool ask_directly(const struct plan *plan, struct column *column, uint32_t count)
{
    uint32_t cost = 0;
    bool few = column->reads != PLAN_PROCESS && column->reads != PLAN_FD_NAME;

    column->question = xcalloc(DIRECT_QUESTIONS_MAX, sizeof(*column->question));
    for (uint32_t i = 0; i < count && few; i++) {
        if (column->upper[i] != PLAN_TRUE)
            few = add_question(column, column->upper[i], i);
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

static field_made_of_fn made_of(const struct plan *plan, uint32_t reads)
{
    if (reads >= plan_operand_count(plan))
        return NULL;
    const struct operand *operand = plan_operand(plan, reads);
    return operand->kind == OPERAND_FIELD ? operand->ref.field->made_of : NULL;
}

/* Names of files are many; what is long takes room. */
static uint32_t places_of(const struct plan *plan, const struct column *column)
{
    if (column->reads == PLAN_FD_NAME)
        return PLACES_NAME;
    if (column->reads == PLAN_PROCESS)
        return PLACES_PROCESS;
    if (column->made_of != NULL)
        return PLACES_LONG;
    return plan_operand_is_process(plan, column->reads) ? PLACES_PART : PLACES;
}

static void remember(const struct plan *plan, struct column *column, uint32_t count)
{
    column->made_of = made_of(plan, column->reads);
    column->verdicts =
        verdicts_new(column->words, type_of(plan, column->reads),
                     column->made_of == NULL ? VERDICTS_TEXT_MAX : VERDICTS_LONG_TEXT_MAX,
                     places_of(plan, column));
    column->guards = guards_new(plan, column->upper, count);
}

/* Is this one worth more than the other, as a part? What is dear to get at is. */
static bool is_better_part(const struct column *a, const struct column *b)
{
    uint32_t rules_a = count_bits(a->asks, a->words);
    uint32_t rules_b = count_bits(b->asks, b->words);

    if ((a->made_of != NULL) != (b->made_of != NULL))
        return a->made_of != NULL;
    return rules_a != rules_b ? rules_a > rules_b : a->reads < b->reads;
}

/* Put it among the parts, the best first; one too many is freed. */
static void add_part(struct column *column, struct column *part)
{
    uint32_t at = column->part_count;

    if (at == PARTS_MAX && !is_better_part(part, column->part[at - 1])) {
        column_free(part);
        return;
    }
    if (at == PARTS_MAX)
        column_free(column->part[--at]);
    else
        column->part_count++;
    for (; at > 0 && is_better_part(part, column->part[at - 1]); at--)
        column->part[at] = column->part[at - 1];
    column->part[at] = part;
}

static bool can_be_part(const struct plan *plan, uint32_t operand)
{
    return plan_operand_is_process(plan, operand) && !plan_operand(plan, operand)->is_list &&
           (!plan_operand_is_made(plan, operand) || made_of(plan, operand) != NULL);
}

static void add_parts(struct plan *plan, struct column *column, const uint32_t *root,
                      uint32_t count)
{
    column->wanted = xcalloc(column->words, sizeof(*column->wanted));
    for (uint32_t i = 0; i < plan_operand_count(plan); i++) {
        struct column *part = can_be_part(plan, i) ? column_new(plan, root, count, i) : NULL;
        if (part == NULL)
            continue;
        if (part->made_of != NULL || count_bits(part->asks, part->words) >= PART_RULES_MIN)
            add_part(column, part);
        else
            column_free(part);
    }
}

struct column *column_new(struct plan *plan, const uint32_t *root, uint32_t count, uint32_t reads)
{
    scoped(column_free) struct column *column = xcalloc(1, sizeof(*column));
    bool any = false;

    column->reads = reads;
    column->cost = cost_of(plan, reads);
    column->words = (count + WORD - 1) / WORD;
    column->guarded_min = reads == PLAN_PROCESS ? GUARDED_MIN_PROCESS : GUARDED_MIN;
    column->asks = xcalloc(column->words, sizeof(*column->asks));
    column->upper = xcalloc(count, sizeof(*column->upper));
    for (uint32_t i = 0; i < count; i++) {
        column->upper[i] = plan_upper(plan, root[i], reads);
        if (column->upper[i] == PLAN_TRUE)
            continue;
        set_bit(column->asks, i);
        any = true;
    }
    if (!any)
        return NULL;
    if (!ask_directly(plan, column, count))
        remember(plan, column, count);
    if (reads == PLAN_PROCESS)
        add_parts(plan, column, root, count);
    return take(column);
}

void column_free(struct column *column)
{
    if (column == NULL)
        return;
    for (uint32_t i = 0; i < column->part_count; i++)
        column_free(column->part[i]);
    for (uint32_t i = 0; i < column->question_count; i++)
        free(column->question[i].rules);
    free(column->question);
    guards_free(column->guards);
    verdicts_free(column->verdicts);
    free(column->asks);
    free(column->upper);
    free(column->wanted);
    free(column);
}

uint32_t column_reads(const struct column *column)
{
    return column->reads;
}

uint32_t column_cost(const struct column *column)
{
    return column->cost;
}

const uint64_t *column_asks(const struct column *column)
{
    return column->asks;
}

bool column_is_made(const struct column *column)
{
    return column->cost == COST_MADE;
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
    if (column->made_of != NULL)
        return verdicts_of_text(column->verdicts, column->made_of(event), 0);
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

/* Rules of a word that are wanted, ask, and are not known. */
static uint64_t unknown(const struct column *column, struct verdict verdict, const uint64_t *wanted,
                        uint32_t word)
{
    return wanted[word] & column->asks[word] & ~verdict.known[word];
}

/* Settle what the guards can, of all rules, whether they are wanted or not. */
static void settle(const struct column *column, struct plan_run *run, struct verdict verdict)
{
    const uint64_t *open = guards_open(column->guards, run);
    const uint64_t *settled = guards_settled(column->guards);

    for (uint32_t i = 0; i < column->words; i++) {
        uint64_t news = column->asks[i] & ~verdict.known[i] & (~open[i] | settled[i]);
        verdict.known[i] |= news;
        verdict.fell[i] |= news & ~open[i];
    }
}

static void narrow_by_parts(const struct column *column, struct plan_run *run,
                            const struct event *event, const uint64_t *wanted,
                            struct verdict verdict)
{
    for (uint32_t i = 0; i < column->part_count; i++) {
        struct column *part = column->part[i];
        for (uint32_t k = 0; k < column->words; k++)
            column->wanted[k] = unknown(column, verdict, wanted, k);
        if (part->made_of == NULL &&
            count_both(column->wanted, part->asks, column->words) < PART_RULES_MIN)
            continue;
        column_narrow(part, run, event, column->wanted);
        for (uint32_t k = 0; k < column->words; k++) {
            uint64_t fell = unknown(column, verdict, wanted, k) & ~column->wanted[k];
            verdict.known[k] |= fell;
            verdict.fell[k] |= fell;
        }
    }
}

/* Find out about all rules that are wanted and not known. */
static void learn(const struct column *column, struct plan_run *run, const struct event *event,
                  const uint64_t *wanted, struct verdict verdict)
{
    uint32_t asked = 0;

    narrow_by_parts(column, run, event, wanted, verdict);
    for (uint32_t i = 0; i < column->words; i++)
        asked += (uint32_t)__builtin_popcountll(unknown(column, verdict, wanted, i));
    if (asked >= column->guarded_min)
        settle(column, run, verdict);
    for (uint32_t i = 0; i < column->words; i++) {
        uint64_t ask = unknown(column, verdict, wanted, i);
        verdict.known[i] |= ask;
        verdict.fell[i] |= ask_each(column, run, i, ask);
    }
}

static void look(const struct column *column, struct plan_run *run, const struct event *event,
                 uint64_t *left)
{
    struct verdict verdict = verdict_for(column, run, event);
    uint64_t ask = 0;

    for (uint32_t i = 0; i < column->words; i++)
        ask |= unknown(column, verdict, left, i);
    if (ask != 0)
        learn(column, run, event, left, verdict);
    for (uint32_t i = 0; i < column->words; i++)
        left[i] &= ~verdict.fell[i];
}

static bool overlap(const uint64_t *a, const uint64_t *b, uint32_t words)
{
    uint64_t both = 0;

    for (uint32_t i = 0; i < words; i++)
        both |= a[i] & b[i];
    return both != 0;
}

static void ask_questions(const struct column *column, struct plan_run *run, uint64_t *left)
{
    for (uint32_t i = 0; i < column->question_count; i++) {
        const struct question *question = &column->question[i];
        if (!overlap(left, question->rules, column->words) || plan_run_holds(run, question->node))
            continue;
        for (uint32_t k = 0; k < column->words; k++)
            left[k] &= ~question->rules[k];
    }
}

void column_narrow(struct column *column, struct plan_run *run, const struct event *event,
                   uint64_t *left)
{
    if (!overlap(left, column->asks, column->words))
        return;
    if (column->question_count > 0)
        ask_questions(column, run, left);
    else
        look(column, run, event, left);
}
