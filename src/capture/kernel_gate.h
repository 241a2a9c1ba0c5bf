/* capture/kernel_gate.h - the kernel filter's user side: which programs run, and what is known of
 * processes.
 *
 * The contract with the kernel side is bpf/include/filter.h. Belongs to a kernel_ring, whose thread
 * sets programs while nobody else asks or tells; several may do that at a time. Verdicts are
 * written to memory shared with the kernel: no system call for one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "bpf/include/filter.h"

struct err;
struct kernel_gate;

/* Places in the loaded programs' memory, and descriptors of their maps; all are borrowed. */
struct kernel_gate_parts {
    int filters, slots, classes;
    __u8 *filter_of;   /* WIRE_CALL_COUNT entries */
    __u64 *filter_all; /* 2 * FILTERS_MAX */
    __u32 *filter_rules, *filter_epoch;
};

must_check int kernel_gate_new(const struct kernel_gate_parts *parts, struct kernel_gate **out,
                               struct err *err);
void kernel_gate_free(struct kernel_gate *gate);
DEFINE_SCOPED(struct kernel_gate *, kernel_gate_free)

/* From now on calls are filtered by these programs: `of_call` has 1 + the index for each call, 0
 * for those of which every event is sent. Verdicts given before are void. Without a gap in which
 * anything is wrongly dropped. Errors: those of bpf(2); then every event is sent. */
must_check int kernel_gate_set(struct kernel_gate *gate,
                               const struct filter_program *const *program, uint32_t count,
                               const uint8_t of_call[WIRE_CALL_COUNT], struct err *err);
/* Every event is sent, as it is before the first kernel_gate_set(). */
void kernel_gate_open(struct kernel_gate *gate);

/* Can a verdict about the record's process be made of this record, and does the kernel side have
 * none? Ask after the record was handled, and tell before the next one. */
bool kernel_gate_asks(const struct kernel_gate *gate, const struct wire_header *record);
/* The cases of each program that its process leaves open. */
void kernel_gate_tell(struct kernel_gate *gate, const struct wire_header *record,
                      const uint64_t *cases);

/* Something changed that no record told of: verdicts are void. */
void kernel_gate_forget(struct kernel_gate *gate);

struct kernel_gate_counts {
    uint64_t told, forgotten;
    uint64_t classes;  /* different verdicts, now */
    uint64_t no_class; /* verdicts not told, as there are FILTER_CLASSES others */
};
void kernel_gate_counts(const struct kernel_gate *gate, struct kernel_gate_counts *out);
