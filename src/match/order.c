#include "match/order.h"

#include <string.h>

#include "base/alloc.h"

enum { PASSES_MAX = 4 };

struct order {
    uint32_t things, words;
    const uint64_t *all;
    uint32_t *cost;
    uint64_t *concerns; /* by thing */
    uint64_t *answers;  /* by sample and thing */
    uint64_t *left;     /* while counting */
    uint32_t samples;   /* taken so far */
};

struct order *order_new(uint32_t things, uint32_t words, const uint64_t *all)
{
    struct order *order = xcalloc(1, sizeof(*order));

    order->things = things;
    order->words = words;
    order->all = all;
    order->cost = xcalloc(things, sizeof(*order->cost));
    order->concerns = xcalloc((size_t)things * words, sizeof(uint64_t));
    order->answers = xcalloc((size_t)ORDER_SAMPLES * things * words, sizeof(uint64_t));
    order->left = xcalloc(words, sizeof(uint64_t));
    return order;
}

void order_free(struct order *order)
{
    if (order == NULL)
        return;
    free(order->cost);
    free(order->concerns);
    free(order->answers);
    free(order->left);
    free(order);
}

void order_thing(struct order *order, uint32_t thing, uint32_t cost, const uint64_t *concerns)
{
    order->cost[thing] = cost;
    memcpy(&order->concerns[(size_t)thing * order->words], concerns,
           order->words * sizeof(*concerns));
}

static uint64_t *answer_at(const struct order *order, uint32_t sample, uint32_t thing)
{
    return &order->answers[((size_t)sample * order->things + thing) * order->words];
}

void order_next_sample(struct order *order)
{
    uint32_t sample = order->samples++ % ORDER_SAMPLES;

    memset(answer_at(order, sample, 0), 0, (size_t)order->things * order->words * sizeof(uint64_t));
}

uint64_t *order_answer(struct order *order, uint32_t thing)
{
    return answer_at(order, (order->samples - 1) % ORDER_SAMPLES, thing);
}

static uint64_t cost_of_sample(const struct order *order, const uint32_t *rank, uint32_t sample)
{
    uint64_t *left = order->left;
    uint64_t cost = 0;
    uint64_t any = 1;

    memcpy(left, order->all, order->words * sizeof(*left));
    for (uint32_t i = 0; i < order->things && any != 0; i++) {
        const uint64_t *answer = answer_at(order, sample, rank[i]);
        const uint64_t *concerns = &order->concerns[(size_t)rank[i] * order->words];
        uint64_t concerned = 0;

        any = 0;
        for (uint32_t k = 0; k < order->words; k++) {
            concerned |= left[k] & concerns[k];
            left[k] &= ~answer[k];
            any |= left[k];
        }
        cost += concerned != 0 ? order->cost[rank[i]] : 0;
    }
    return cost;
}

static uint64_t cost_of(const struct order *order, const uint32_t *rank)
{
    uint32_t samples = order->samples < ORDER_SAMPLES ? order->samples : ORDER_SAMPLES;
    uint64_t cost = 0;

    for (uint32_t i = 0; i < samples; i++)
        cost += cost_of_sample(order, rank, i);
    return cost;
}

/* Move the thing at `from` to `to`, those between by one. */
static void move(uint32_t *rank, uint32_t from, uint32_t to)
{
    uint32_t thing = rank[from];

    for (; from < to; from++)
        rank[from] = rank[from + 1];
    for (; from > to; from--)
        rank[from] = rank[from - 1];
    rank[to] = thing;
}

void order_improve(const struct order *order, uint32_t *rank)
{
    uint64_t best = cost_of(order, rank);
    bool better = true;

    for (int pass = 0; better && pass < PASSES_MAX; pass++) {
        better = false;
        for (uint32_t i = 0; i < order->things * order->things; i++) {
            uint32_t from = i / order->things;
            uint32_t to = i % order->things;
            move(rank, from, to);
            uint64_t cost = cost_of(order, rank);
            if (cost < best) {
                best = cost;
                better = true;
            } else {
                move(rank, to, from);
            }
        }
    }
}
