/* enrich/entered.h - who in a container is its own, and who came in from outside.
 *
 * A process is inside by its cgroup; nsenter and the like join a container's namespaces and stay in
 * a cgroup of the host, so they are known by the mount namespace. The first of a line of descent
 * that is inside while its parent is not is the entry of all below it: the container's own start
 * (init of its pid namespace, or the earliest), or somebody who came later. One thread. */
#pragma once

#include <stdbool.h>

struct attach;
struct process_entry;

/* After the process's container, parent and namespaces were set. `runs`: it has its program by now,
 * so its mount namespace is the container's (a process that was just made still has its maker's).
 */
void entered_set(struct attach *attach, struct process_entry *entry, bool runs);

/* Before the view is handed out: what was learnt of containers since is taken in. Returns the
 * highest ancestor, or the entry, whose view is another; NULL when none is. */
struct process_entry *entered_renew(struct attach *attach, struct process_entry *entry);

/* Let go of what entered_set() held. */
void entered_release(struct attach *attach, struct process_entry *entry);
