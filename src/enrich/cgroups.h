/* enrich/cgroups.h - the paths of cgroups, by id and by path, for as long as processes are in them.
 *
 * Versions 1 and 2 number their cgroups apart. A cgroup that no process is in is remembered until
 * the limit is hit, then the one longest empty goes; who needs it again asks /proc. One thread. */
#pragma once

#include "base/attr.h"
#include "base/hash.h"
#include "enrich/cgroup_path.h"

#define CGROUP_PATH_MAX 4096u /* bytes; longer ones are cut */

enum cgroup_version {
    CGROUP_V1,
    CGROUP_V2,
    CGROUP_VERSIONS,
};

struct cgroup {
    struct sv path;
    struct cgroup_path parsed;
    enum cgroup_version version;
    uint64_t id;   /* 0: known by path only */
    uint32_t refs; /* processes in it, and who waits for it */
    bool gone;     /* the directory was removed */
    /* For containers.c: looks at the runtimes' directories for a name that follows no layout. */
    uint32_t probes;
    uint64_t probe_next_ns;
    struct cgroup *previous, *next; /* while empty */
    char text[];
};

struct cgroups {
    struct nmap by_id[CGROUP_VERSIONS];
    struct map by_path[CGROUP_VERSIONS];
    struct cgroup *empty_first, *empty_last;
    uint64_t count, limit;
};

void cgroups_init(struct cgroups *table, uint64_t limit);
void cgroups_done(struct cgroups *table);

/* The cgroup of that path, made when it is new; `id` may be 0. It is not held: cgroups_hold(). */
must_check struct cgroup *cgroups_put(struct cgroups *table, enum cgroup_version version,
                                      uint64_t id, struct sv path);
must_check struct cgroup *cgroups_find(const struct cgroups *table, enum cgroup_version version,
                                       uint64_t id);

void cgroups_hold(struct cgroups *table, struct cgroup *cgroup);    /* NULL is fine */
void cgroups_release(struct cgroups *table, struct cgroup *cgroup); /* NULL is fine */
