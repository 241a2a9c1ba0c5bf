#include "enrich/processes.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { EVICT_TRIES = 64 };

void processes_init(struct processes *table, uint64_t limit, processes_release_fn release,
                    void *context)
{
    *table = (struct processes){.limit = limit, .release = release, .context = context};
    table->versions = clock_mono_ns(); /* past all that an earlier table gave */
}

/* Lists by state */

static void list_append(struct processes *table, struct process_entry *entry,
                        enum process_state state)
{
    struct process_list *list = &table->list[state];

    entry->state = state;
    entry->previous = list->last;
    entry->next = NULL;
    if (list->last != NULL)
        list->last->next = entry;
    else
        list->first = entry;
    list->last = entry;
}

static void list_remove(struct processes *table, struct process_entry *entry)
{
    struct process_list *list = &table->list[entry->state];

    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        list->first = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    else
        list->last = entry->previous;
}

/* Versions */

void processes_touch_all(struct processes *table)
{
    table->version_min = ++table->versions;
    table->stale++;
}

static void give_version(struct process_entry *entry)
{
    struct processes *table = entry->table;

    entry->view.version = ++table->versions;
    if (entry->told && entry != table->own)
        table->stale++;
    entry->told = false;
}

void processes_renew(struct process_entry *entry)
{
    if (entry->view.version <= entry->table->version_min)
        give_version(entry);
}

static void touch_led(struct process_entry *leader, enum process_tie tie, uint32_t *touched)
{
    for (struct process_entry *at = leader->first[tie]; at != NULL; at = at->after[tie]) {
        if (++*touched > PROCESS_TOUCH_MAX)
            return;
        give_version(at);
    }
}

/* The next one in a walk over all descendants of `top`, or NULL. */
static struct process_entry *next_below(const struct process_entry *top, struct process_entry *at)
{
    if (at->first[TIE_PARENT] != NULL)
        return at->first[TIE_PARENT];
    while (at != top && at->after[TIE_PARENT] == NULL)
        at = at->to[TIE_PARENT];
    return at == top ? NULL : at->after[TIE_PARENT];
}

void processes_touch(struct process_entry *entry)
{
    struct processes *table = entry->table;
    uint32_t touched = 0;

    for (struct process_entry *at = entry; at != NULL && touched <= PROCESS_TOUCH_MAX;
         at = next_below(entry, at), touched++)
        give_version(at);
    touch_led(entry, TIE_SESSION, &touched);
    touch_led(entry, TIE_GROUP, &touched);
    if (touched > PROCESS_TOUCH_MAX)
        processes_touch_all(table);
}

/* Ties */

static void tie_show(struct process_entry *entry, enum process_tie tie)
{
    const struct process *seen = entry->to[tie] == NULL ? NULL : &entry->to[tie]->view;

    if (tie == TIE_PARENT)
        entry->view.parent = seen;
    else if (tie == TIE_SESSION)
        entry->view.session_leader = seen;
    else
        entry->view.group_leader = seen;
}

static void tie_loosen(struct process_entry *entry, enum process_tie tie)
{
    struct process_entry *to = entry->to[tie];

    if (to == NULL)
        return;
    if (entry->before[tie] != NULL)
        entry->before[tie]->after[tie] = entry->after[tie];
    else
        to->first[tie] = entry->after[tie];
    if (entry->after[tie] != NULL)
        entry->after[tie]->before[tie] = entry->before[tie];
    entry->to[tie] = NULL;
    entry->before[tie] = NULL;
    entry->after[tie] = NULL;
    tie_show(entry, tie);
}

static void tie_cut(struct process_entry *entry, enum process_tie tie)
{
    if (entry->to[tie] == NULL)
        return;
    tie_loosen(entry, tie);
    processes_touch(entry);
}

static bool may_be_parent(const struct process_entry *entry, const struct process_entry *parent)
{
    uint64_t slack = entry->coarse || parent->coarse ? PROCESS_TICK_NS : 0;
    const struct process_entry *at = parent;

    if (parent == entry || parent->view.start_ns > entry->view.start_ns + slack)
        return false;
    if (entry->first[TIE_PARENT] == NULL)
        return true; /* nobody descends from it */
    for (uint32_t steps = 0; at != NULL; at = at->to[TIE_PARENT], steps++) {
        if (at == entry || steps == PROCESS_PARENT_WALK_MAX)
            return false;
    }
    return true;
}

bool processes_tie(struct process_entry *entry, enum process_tie tie, struct process_entry *to)
{
    if (entry->to[tie] == to)
        return true;
    if (tie == TIE_PARENT && to != NULL && !may_be_parent(entry, to))
        return false;
    if (to == NULL) {
        tie_cut(entry, tie);
        return true;
    }
    tie_loosen(entry, tie);
    entry->to[tie] = to;
    entry->after[tie] = to->first[tie];
    if (to->first[tie] != NULL)
        to->first[tie]->before[tie] = entry;
    to->first[tie] = entry;
    tie_show(entry, tie);
    processes_touch(entry);
    return true;
}

/* Pids */

static bool same_start(const struct process_entry *entry, uint64_t start_ns, bool coarse)
{
    if (start_ns == 0 || entry->view.start_ns == 0)
        return true;
    if (coarse || entry->coarse)
        return entry->view.start_ns / PROCESS_TICK_NS == start_ns / PROCESS_TICK_NS;
    return entry->view.start_ns == start_ns;
}

struct process_entry *processes_find(const struct processes *table, uint32_t pid, uint64_t start_ns,
                                     bool coarse)
{
    struct process_entry *entry = nmap_find(&table->by_pid, pid);

    while (entry != NULL && !same_start(entry, start_ns, coarse))
        entry = entry->older;
    return entry;
}

static void pid_remove(struct processes *table, struct process_entry *entry)
{
    struct process_entry *newest = nmap_find(&table->by_pid, entry->view.pid);

    if (newest == entry) {
        if (entry->older != NULL)
            (void)nmap_put(&table->by_pid, entry->view.pid, entry->older);
        else
            (void)nmap_remove(&table->by_pid, entry->view.pid);
        return;
    }
    while (newest->older != entry)
        newest = newest->older;
    newest->older = entry->older;
}

static void drop(struct processes *table, struct process_entry *entry)
{
    for (enum process_tie tie = 0; tie < TIE_COUNT; tie++) {
        while (entry->first[tie] != NULL)
            tie_cut(entry->first[tie], tie);
        tie_cut(entry, tie);
    }
    pid_remove(table, entry);
    list_remove(table, entry);
    table->count--;
    table->release(entry, table->context);
    free(entry);
}

/* Drop an ended entry that nobody descends from, and its ended ancestors that it alone kept. */
static void drop_upward(struct processes *table, struct process_entry *entry)
{
    while (entry != NULL && !entry->pinned && entry->state == PROCESS_ENDED &&
           entry->first[TIE_PARENT] == NULL) {
        struct process_entry *parent = entry->to[TIE_PARENT];
        drop(table, entry);
        entry = parent;
    }
}

static void forget(struct processes *table, struct process_entry *entry)
{
    struct process_entry *parent = entry->to[TIE_PARENT];

    drop(table, entry);
    drop_upward(table, parent);
    table->forgotten++;
}

static struct process_entry *evict_ended(const struct processes *table, enum process_state state)
{
    struct process_entry *entry = table->list[state].first;

    while (entry != NULL && entry->pinned)
        entry = entry->next;
    return entry;
}

static struct process_entry *evict_live(struct processes *table)
{
    struct process_entry *found = NULL;

    for (int tries = 0; tries < EVICT_TRIES; tries++) {
        struct process_entry *live = processes_next_live(table);
        if (live == NULL || live->pinned)
            continue;
        found = live;
        if (live->first[TIE_PARENT] == NULL)
            break;
    }
    return found;
}

/* Make room for one more: the longest ended first, then an old live one, childless if there is. */
static void evict(struct processes *table)
{
    struct process_entry *entry = evict_ended(table, PROCESS_ENDED);

    if (entry == NULL)
        entry = evict_ended(table, PROCESS_ENDING);
    if (entry == NULL)
        entry = evict_live(table);
    if (entry != NULL)
        forget(table, entry);
}

struct process_entry *processes_add(struct processes *table, uint32_t pid, uint64_t start_ns,
                                    bool coarse, uint64_t now_ns)
{
    struct process_entry *older = nmap_find(&table->by_pid, pid);

    if (older != NULL && start_ns < older->view.start_ns)
        return NULL;
    if (older != NULL && older->state == PROCESS_LIVE)
        processes_end(table, older, now_ns);
    if (table->count >= table->limit)
        evict(table);
    struct process_entry *entry = xcalloc(1, sizeof(*entry));
    entry->view.pid = pid;
    entry->table = table;
    entry->view.start_ns = start_ns;
    entry->coarse = coarse;
    entry->seen_ns = now_ns;
    entry->older = nmap_put(&table->by_pid, pid, entry);
    list_append(table, entry, PROCESS_LIVE);
    processes_touch(entry);
    table->count++;
    processes_pin(table, entry);
    return entry;
}

void processes_name(struct process_entry *entry, struct sv name)
{
    name = sv_sub(name, 0, PROCESS_NAME_MAX);
    if (name.len > 0)
        memcpy(entry->name, name.ptr, name.len);
    entry->view.name = (struct sv){entry->name, name.len};
}

void processes_end(struct processes *table, struct process_entry *entry, uint64_t end_ns)
{
    if (entry->state != PROCESS_LIVE)
        return;
    entry->view.end_ns = end_ns == 0 ? 1 : end_ns;
    list_remove(table, entry);
    list_append(table, entry, PROCESS_ENDING);
}

/* A process that forks and ends, over and over, would leave a chain as long as it likes: where the
 * ended ancestors lead to `entry` alone, keep the nearest ones only. */
static void shorten(struct processes *table, struct process_entry *entry)
{
    struct process_entry *at = entry->to[TIE_PARENT];

    for (int level = 1; at != NULL && at->state == PROCESS_ENDED; level++) {
        if (at->first[TIE_PARENT]->after[TIE_PARENT] != NULL)
            return;
        struct process_entry *parent = at->to[TIE_PARENT];
        if (level == PROCESS_ANCESTORS_MAX) {
            tie_cut(at, TIE_PARENT);
            drop_upward(table, parent);
            return;
        }
        at = parent;
    }
}

void processes_pin(struct processes *table, struct process_entry *entry)
{
    if (entry->pinned)
        return;
    entry->pinned = true;
    entry->next_pin = table->pins;
    table->pins = entry;
}

void processes_unpin(struct processes *table)
{
    struct process_entry *entry;

    while ((entry = table->pins) != NULL) {
        table->pins = entry->next_pin;
        entry->pinned = false;
        drop_upward(table, entry);
    }
}

void processes_settle(struct processes *table)
{
    struct process_entry *entry;

    processes_unpin(table);
    while ((entry = table->list[PROCESS_ENDING].first) != NULL) {
        list_remove(table, entry);
        list_append(table, entry, PROCESS_ENDED);
        if (entry->first[TIE_PARENT] == NULL)
            drop_upward(table, entry);
        else
            shorten(table, entry);
    }
}

struct process_entry *processes_next_live(struct processes *table)
{
    struct process_entry *entry = table->list[PROCESS_LIVE].first;

    if (entry == NULL)
        return NULL;
    list_remove(table, entry);
    list_append(table, entry, PROCESS_LIVE);
    return entry;
}

void processes_done(struct processes *table)
{
    processes_unpin(table);
    for (enum process_state state = 0; state < PROCESS_STATE_COUNT; state++) {
        while (table->list[state].first != NULL)
            drop(table, table->list[state].first);
    }
    nmap_done(&table->by_pid);
}
