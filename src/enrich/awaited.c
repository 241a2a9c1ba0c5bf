/* Every step waits the same time for all, so its list is in the order of the times without sorting.
 *
 * The rate is a bucket kept as a time: each look moves it on by what a look may cost, and it never
 * lags more than a burst behind the clock. */
#include "enrich/awaited.h"

#include <assert.h>

#include "base/alloc.h"

#define LOOK_NS (1000000000ULL / AWAITED_LOOKS_A_SECOND)

/* Before the next look, by the looks done. */
static const uint64_t waits_ns[AWAITED_STEPS] = {
    0, 2000000ULL, 10000000ULL, 40000000ULL, 150000000ULL, 600000000ULL, 2500000000ULL,
};

struct awaited_item {
    struct cgroup *cgroup;
    uint64_t due_ns;
    struct awaited_item *next;
};

void awaited_init(struct awaited *awaited, struct cgroups *cgroups)
{
    *awaited = (struct awaited){.cgroups = cgroups};
}

static void push(struct awaited *awaited, uint32_t step, struct awaited_item *item, uint64_t now_ns)
{
    struct awaited_list *list = &awaited->step[step];

    item->due_ns = now_ns + waits_ns[step];
    item->next = NULL;
    if (list->last != NULL)
        list->last->next = item;
    else
        list->first = item;
    list->last = item;
}

static struct awaited_item *pop(struct awaited *awaited, uint32_t step)
{
    struct awaited_list *list = &awaited->step[step];
    struct awaited_item *item = list->first;

    list->first = item->next;
    if (list->first == NULL)
        list->last = NULL;
    return item;
}

static void drop(struct awaited *awaited, struct awaited_item *item)
{
    cgroups_release(awaited->cgroups, item->cgroup);
    free(item);
    awaited->count--;
}

void awaited_done(struct awaited *awaited)
{
    for (uint32_t step = 0; step < AWAITED_STEPS; step++) {
        while (awaited->step[step].first != NULL)
            drop(awaited, pop(awaited, step));
    }
    assert(awaited->count == 0);
}

void awaited_add(struct awaited *awaited, struct cgroup *cgroup, uint64_t now_ns)
{
    struct awaited_item *item;

    if (awaited->count >= AWAITED_MAX) {
        awaited->refused++;
        return;
    }
    item = xcalloc(1, sizeof(*item));
    item->cgroup = cgroup;
    cgroups_hold(awaited->cgroups, cgroup);
    awaited->count++;
    awaited->added++;
    push(awaited, 0, item, now_ns);
}

/* The step whose first one has been due for longest, or AWAITED_STEPS. */
static uint32_t first_step(const struct awaited *awaited)
{
    uint32_t found = AWAITED_STEPS;

    for (uint32_t step = 0; step < AWAITED_STEPS; step++) {
        const struct awaited_item *item = awaited->step[step].first;
        if (item != NULL &&
            (found == AWAITED_STEPS || item->due_ns < awaited->step[found].first->due_ns))
            found = step;
    }
    return found;
}

static bool pay(struct awaited *awaited, uint64_t now_ns)
{
    const uint64_t burst_ns = AWAITED_BURST * LOOK_NS;

    if (awaited->tokens_ns + burst_ns < now_ns)
        awaited->tokens_ns = now_ns - burst_ns;
    if (awaited->tokens_ns + LOOK_NS > now_ns)
        return false;
    awaited->tokens_ns += LOOK_NS;
    return true;
}

static void take_look(struct awaited *awaited, uint32_t step, uint64_t now_ns, awaited_look_fn look,
                      void *context)
{
    struct awaited_item *item = pop(awaited, step);
    bool last = step + 1 == AWAITED_STEPS || item->cgroup->gone;

    if (look(context, item->cgroup) == AWAITED_DESCRIBED) {
        awaited->described++;
        drop(awaited, item);
    } else if (last) {
        awaited->given_up++;
        drop(awaited, item);
    } else {
        push(awaited, step + 1, item, now_ns);
    }
}

void awaited_turn(struct awaited *awaited, uint64_t now_ns, uint32_t max, awaited_look_fn look,
                  void *context)
{
    for (uint32_t looks = 0; looks < max && awaited->count > 0; looks++) {
        uint32_t step = first_step(awaited);
        if (awaited->step[step].first->due_ns > now_ns)
            return;
        if (!pay(awaited, now_ns)) {
            awaited->deferred++;
            return;
        }
        take_look(awaited, step, now_ns, look, context);
    }
}

uint64_t awaited_next_ns(const struct awaited *awaited)
{
    uint64_t due;

    if (awaited->count == 0)
        return UINT64_MAX;
    due = awaited->step[first_step(awaited)].first->due_ns;
    return due > awaited->tokens_ns + LOOK_NS ? due : awaited->tokens_ns + LOOK_NS;
}
