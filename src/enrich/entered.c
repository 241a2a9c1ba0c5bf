#include "enrich/entered.h"

#include "enrich/attach.h"

/* Where the process acts: the container whose namespaces it joined, or else the one it was put
 * into. A runtime's helper that is in the cgroup already but not in the mount namespace is not
 * inside yet. */
static const struct container_entry *place_of(const struct attach *attach,
                                              const struct process_entry *entry)
{
    const struct container_entry *container = entry->container;

    if (entry->joined != NULL)
        return entry->joined;
    if (container != NULL && container->mntns_inum != 0 &&
        entry->view.mntns_inum == attach->containers.host_mntns_inum)
        return NULL;
    return container;
}

static bool set_joined(struct attach *attach, struct process_entry *entry)
{
    struct container_entry *joined =
        containers_of_mntns(&attach->containers, entry->view.mntns_inum);

    if (joined == entry->container)
        joined = NULL;
    if (joined == entry->joined)
        return false;
    containers_hold(&attach->containers, joined);
    containers_release(&attach->containers, entry->joined, attach->now_ns);
    entry->joined = joined;
    entry->view.joined = joined == NULL ? NULL : &joined->view;
    return true;
}

/* How the first of its line came in. */
static enum process_entered way_in(const struct process_entry *entry,
                                   const struct container_entry *place)
{
    if (entry->joined != NULL)
        return ENTERED_NAMESPACES;
    if (place->first_start_ns == 0 || entry->view.start_ns <= place->first_start_ns)
        return ENTERED_AT_START;
    return ENTERED_BY_RUNTIME;
}

static bool is_probe(const struct program *program, struct sv command)
{
    struct sv exe = sv_split(&command, '\0');

    return exe.len > 0 && sv_eq(exe, program->exe) && sv_eq(command, program->args);
}

/* A probe is known by the very command that the runtime was told to run. */
static enum container_probe probe_of(const struct process_entry *entry)
{
    const struct container *container = entry->view.container;

    if (entry->view.entered != ENTERED_BY_RUNTIME || container == NULL)
        return PROBE_NONE;
    for (enum container_probe probe = PROBE_NONE + 1; probe < PROBE_COUNT; probe++) {
        if (is_probe(entry->view.program, container->probe[probe]))
            return probe;
    }
    return PROBE_NONE;
}

static bool judge(struct attach *attach, struct process_entry *entry)
{
    const struct process_entry *parent = entry->to[TIE_PARENT];
    const struct container_entry *place = place_of(attach, entry);
    struct process *view = &entry->view;
    enum process_entered entered = ENTERED_NOT;
    enum container_probe probe = PROBE_NONE;
    bool is_entry = false;

    if (place != NULL && parent != NULL && place_of(attach, parent) == place) {
        entered = parent->view.entered;
        probe = parent->view.probe;
    } else if (place != NULL) {
        is_entry = true;
        entered = way_in(entry, place);
    }
    bool changed = view->entered != entered || view->is_entry != is_entry;
    view->entered = entered;
    view->is_entry = is_entry;
    if (is_entry)
        probe = view->probe != PROBE_NONE ? view->probe : probe_of(entry);
    changed = changed || view->probe != probe;
    view->probe = probe;
    /* A parent that is not known may become so at any time. */
    bool waits = parent == NULL && view->ppid != 0;
    entry->entered_seen = waits ? UINT64_MAX : attach->containers.entries_changed;
    return changed;
}

struct process_entry *entered_renew(struct attach *attach, struct process_entry *entry)
{
    struct process_entry *line[PROCESS_ANCESTORS_MAX];
    struct process_entry *highest = NULL;
    uint32_t count = 0;

    while (entry != NULL && count < PROCESS_ANCESTORS_MAX &&
           entry->entered_seen != attach->containers.entries_changed) {
        line[count++] = entry;
        entry = entry->to[TIE_PARENT];
    }
    while (count > 0) {
        entry = line[--count];
        bool changed = set_joined(attach, entry);
        changed = judge(attach, entry) || changed;
        if (changed && highest == NULL)
            highest = entry;
    }
    return highest;
}

/* A runtime's helper is in the container's cgroup, but still in the mount namespace of its maker.
 */
static bool shares_with_outside(const struct attach *attach, const struct process_entry *entry)
{
    const struct process_entry *parent = entry->to[TIE_PARENT];

    return parent != NULL && place_of(attach, parent) != entry->container &&
           parent->view.mntns_inum == entry->view.mntns_inum;
}

void entered_set(struct attach *attach, struct process_entry *entry, bool runs)
{
    const struct process_entry *parent = entry->to[TIE_PARENT];
    struct process_entry *highest = entered_renew(attach, entry->to[TIE_PARENT]);
    struct container_entry *container = entry->container;

    if (highest != NULL)
        processes_touch(highest);
    if (runs && container != NULL) {
        if (!shares_with_outside(attach, entry))
            containers_learn_mntns(&attach->containers, container, entry->view.mntns_inum);
        if (place_of(attach, entry) == container &&
            (parent == NULL || place_of(attach, parent) != container))
            containers_learn_start(&attach->containers, container, &entry->view);
    }
    bool changed = set_joined(attach, entry);
    changed = judge(attach, entry) || changed;
    if (changed && entry->first[TIE_PARENT] != NULL)
        attach->containers.entries_changed++; /* its children were judged by it */
}

void entered_release(struct attach *attach, struct process_entry *entry)
{
    containers_release(&attach->containers, entry->joined, attach->now_ns);
    entry->joined = NULL;
}
