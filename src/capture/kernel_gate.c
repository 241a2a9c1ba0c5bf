/* capture/kernel_gate.c - see the header.
 *
 * There are two halves of everything that programs are made of. A new set goes into the half that
 * is not in use: who runs the old one to its end finds it whole. */
#include "capture/kernel_gate.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"

enum { CLASS_SLOTS = 4 * FILTER_CLASSES };

struct kernel_gate {
    struct kernel_gate_parts parts;
    struct filter_slot *slot;
    struct filter_class *class;
    uint32_t half, rules, filters; /* of the set in use; filters 0: none */
    pthread_mutex_t lock;          /* of what follows */
    uint32_t class_count;          /* from 1 */
    uint16_t find[CLASS_SLOTS];    /* hash table of classes, 0: empty */
    struct kernel_gate_counts counts;
};

static void *map(int fd, size_t bytes)
{
    void *place = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return place == MAP_FAILED ? NULL : place;
}

int kernel_gate_new(const struct kernel_gate_parts *parts, struct kernel_gate **out,
                    struct err *err)
{
    scoped(kernel_gate_free) struct kernel_gate *gate = xcalloc(1, sizeof(*gate));

    gate->parts = *parts;
    (void)pthread_mutex_init(&gate->lock, NULL);
    gate->slot = map(parts->slots, FILTER_SLOTS * sizeof(*gate->slot));
    gate->class = map(parts->classes, 2 * FILTER_CLASSES * sizeof(*gate->class));
    if (gate->slot == NULL || gate->class == NULL)
        return err_set(err, -errno, "cannot map the filter's tables: %s", strerror(errno));
    *out = take(gate);
    return 0;
}

void kernel_gate_free(struct kernel_gate *gate)
{
    if (gate == NULL)
        return;
    if (gate->slot != NULL)
        (void)munmap(gate->slot, FILTER_SLOTS * sizeof(*gate->slot));
    if (gate->class != NULL)
        (void)munmap(gate->class, 2 * FILTER_CLASSES * sizeof(*gate->class));
    (void)pthread_mutex_destroy(&gate->lock);
    free(gate);
}

static void set_call(struct kernel_gate *gate, uint32_t call, uint8_t index)
{
    __atomic_store_n(&gate->parts.filter_of[call], index, __ATOMIC_SEQ_CST);
}

void kernel_gate_open(struct kernel_gate *gate)
{
    for (uint32_t call = 0; call < WIRE_CALL_COUNT; call++)
        set_call(gate, call, 0);
    gate->filters = 0;
}

void kernel_gate_forget(struct kernel_gate *gate)
{
    (void)__atomic_fetch_add(gate->parts.filter_epoch, 1, __ATOMIC_SEQ_CST);
    (void)__atomic_fetch_add(&gate->counts.forgotten, 1, __ATOMIC_RELAXED);
}

int kernel_gate_set(struct kernel_gate *gate, const struct filter_program *const *program,
                    uint32_t count, const uint8_t of_call[WIRE_CALL_COUNT], struct err *err)
{
    uint32_t half = !gate->half;

    if (count > FILTERS_MAX)
        return err_set(err, -E2BIG, "%u kernel filters: the most is %d", count, FILTERS_MAX);
    kernel_gate_open(gate);
    for (uint32_t i = 0; i < count; i++) {
        __u32 index = half * FILTERS_MAX + i;
        if (bpf_map_update_elem(gate->parts.filters, &index, program[i], BPF_ANY) != 0)
            return err_set(err, -errno, "cannot load a kernel filter: %s", strerror(errno));
        __atomic_store_n(&gate->parts.filter_all[index], program[i]->cases, __ATOMIC_SEQ_CST);
    }
    gate->half = half;
    gate->rules++;
    gate->filters = count;
    gate->class_count = 0;
    memset(gate->find, 0, sizeof(gate->find));
    __atomic_store_n(&gate->parts.filter_rules[half], gate->rules, __ATOMIC_SEQ_CST);
    kernel_gate_forget(gate);
    for (uint32_t call = 0; call < WIRE_CALL_COUNT; call++) {
        if (of_call[call] != 0)
            set_call(gate, call, (uint8_t)(half * FILTERS_MAX + of_call[call]));
    }
    return 0;
}

static struct filter_slot *slot_of(const struct kernel_gate *gate, const struct wire_header *record)
{
    struct filter_slot *slot = &gate->slot[record->pid & (FILTER_SLOTS - 1)];
    bool owns = __atomic_load_n(&slot->start_ns, __ATOMIC_ACQUIRE) == record->start_ns &&
                __atomic_load_n(&slot->pid, __ATOMIC_ACQUIRE) == record->pid;

    return owns ? slot : NULL;
}

/* The epoch that the stamp has the low half of. */
static uint32_t epoch_of(const struct kernel_gate *gate, uint32_t stamp)
{
    uint32_t now = __atomic_load_n(gate->parts.filter_epoch, __ATOMIC_ACQUIRE);

    return now - ((now - stamp) & 0xffff);
}

static uint64_t verdict_of(const struct kernel_gate *gate, const struct wire_header *record,
                           uint32_t class)
{
    return filter_verdict(record->stamp >> 16, epoch_of(gate, record->stamp), gate->rules, class);
}

bool kernel_gate_asks(const struct kernel_gate *gate, const struct wire_header *record)
{
    if (gate->filters == 0 || record->stamp == 0)
        return false;
    const struct filter_slot *slot = slot_of(gate, record);
    if (slot == NULL)
        return false;
    uint64_t verdict = __atomic_load_n(&slot->verdict, __ATOMIC_RELAXED);
    return verdict >> 12 != verdict_of(gate, record, 0) >> 12;
}

/* The number of the class of these cases, 0 when there is no room for it. */
static uint32_t class_of(struct kernel_gate *gate, const uint64_t *cases)
{
    size_t bytes = gate->filters * sizeof(*cases);
    uint64_t hash = hash_seed((struct sv){(const char *)cases, bytes}, gate->rules);
    struct filter_class *class = &gate->class[gate->half * FILTER_CLASSES];

    for (uint32_t at = (uint32_t)hash % CLASS_SLOTS;; at = (at + 1) % CLASS_SLOTS) {
        uint16_t *found = &gate->find[at];
        if (*found != 0 && memcmp(class[*found].cases, cases, bytes) == 0)
            return *found;
        if (*found != 0)
            continue;
        if (gate->class_count + 1 == FILTER_CLASSES)
            return 0;
        *found = (uint16_t)++gate->class_count;
        memcpy(class[*found].cases, cases, bytes);
        return *found;
    }
}

void kernel_gate_tell(struct kernel_gate *gate, const struct wire_header *record,
                      const uint64_t *cases)
{
    struct filter_slot *slot = slot_of(gate, record);

    if (slot == NULL)
        return;
    (void)pthread_mutex_lock(&gate->lock);
    uint32_t class = class_of(gate, cases);
    gate->counts.no_class += class == 0;
    gate->counts.told += class != 0;
    (void)pthread_mutex_unlock(&gate->lock);
    if (class != 0)
        __atomic_store_n(&slot->verdict, verdict_of(gate, record, class), __ATOMIC_SEQ_CST);
}

void kernel_gate_counts(const struct kernel_gate *gate, struct kernel_gate_counts *out)
{
    *out = gate->counts;
    out->classes = gate->class_count;
}
