/* lang/kernel/filter.h - the back end for the kernel: what all rules ask of one type of event.
 *
 * Made of the plan's nodes, folded for the type; what comes of it is explained in
 * bpf/include/filter.h. Of every rule it keeps what the kernel can decide (see filter_match.h) and
 * what depends on the process alone (FIELD_PROCESS); everything else is taken to hold. A process's
 * part is worked out by user space, once a version of the process, as the set of cases that the
 * process leaves: kernel_filter_cases().
 *
 * Making a filter adds nodes to the plan, so runs of it must be made later. One thread. */
#pragma once

#include "base/attr.h"
#include "bpf/include/filter.h"
#include "event/event_type.h"

struct buf;
struct plan;
struct plan_run;

struct kernel_filter {
    struct filter_program program;
    uint32_t process[FILTER_CASES_MAX]; /* node that must hold of the process; PLAN_TRUE: any */
    uint64_t asks_process;              /* cases whose node is not PLAN_TRUE */
};

/* The filter for events of `type`; `root[0..count)` are the nodes of the rules that want them. */
void kernel_filter_make(struct plan *plan, enum event_type type, const uint32_t *root,
                        uint32_t count, struct kernel_filter *out);

/* The cases that are open to the process of the run's event. */
uint64_t kernel_filter_cases(const struct kernel_filter *filter, struct plan_run *run);

/* Would an event of these facts be sent? `texts` holds the texts; `cases` are those open to its
 * process, UINT64_MAX when nothing is known. The reference for bpf/lib/filter.h. */
bool kernel_filter_passes(const struct filter_program *program, const struct filter_facts *facts,
                          const char *texts, uint64_t cases);

/* Append a line for each part of the outermost `and` of a folded condition, with who decides it:
 *     kernel: evt.is_open_write = true       events that fail it are dropped in the kernel
 *     process: not proc.name in (apt, dpkg)  so are those of processes that fail it
 *     kernel, process: (...)                 both, together
 *     user space: fd.name regex x            the kernel cannot tell; taken to hold */
void kernel_filter_explain(struct plan *plan, enum event_type type, uint32_t root, struct buf *out);
