/* app/metadata.h - who is asked what containers are, besides the files of this machine: container
 * runtimes over CRI, and the cluster through a process of its own (kube_child.h). What they say
 * goes to the tables of every worker.
 *
 * Main thread, and only while the workers rest; but the tables that ask (metadata_cri()) may do so
 * in between. Everything given is borrowed and outlives it. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "enrich/cri.h"

struct log;
struct metadata;
struct settings;
struct tables;

/* `pods_fd`: where lines of pods come from, taken over; -1: nowhere. */
struct metadata *metadata_new(const struct settings *settings, int pods_fd, const struct log *log);
void metadata_free(struct metadata *metadata); /* NULL is fine; after the tables */
DEFINE_SCOPED(struct metadata *, metadata_free)

/* For the tables of one worker, which asks for all; NULL: nobody is asked. */
struct cri *metadata_cri(const struct metadata *metadata);
/* Who is told: one or more. */
void metadata_tables(struct metadata *metadata, struct tables *const *tables, uint32_t count);

int metadata_fd(const struct metadata *metadata);      /* for poll(2) */
int metadata_pods_fd(const struct metadata *metadata); /* likewise */
void metadata_turn(struct metadata *metadata, uint64_t boot_ns);
uint64_t metadata_next_ns(const struct metadata *metadata); /* boot time */

void metadata_counts(const struct metadata *metadata, struct cri_counts *out);
