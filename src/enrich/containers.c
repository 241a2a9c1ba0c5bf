#include "enrich/containers.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "enrich/cri.h"
#include "enrich/described.h"
#include "enrich/pod_line.h"
#include "enrich/specs.h"
#include "enrich/told.h"
#include "enrich/users.h"

enum { SPEC_BLOCK = 2048 };

/* Waits before another look, in the order of the looks. The runtime itself runs in the container's
 * cgroup before its files are there: the first looks must not hold up the one that finds them. */
static const uint64_t pauses_ns[CONTAINER_TRIES_MAX] = {
    [CONTAINER_TRIES_EARLY] = 50000000ULL, 500000000ULL, 2000000000ULL, 10000000000ULL, UINT64_MAX,
};

void containers_init(struct containers *table, uint64_t limit, struct specs *specs)
{
    *table = (struct containers){.limit = limit, .specs = specs};
    pods_init(&table->pods, PODS_MAX);
}

/* The list of the empty, the longest empty first */

static void empty_append(struct containers *table, struct container_entry *entry)
{
    entry->previous = table->empty_last;
    entry->next = NULL;
    if (table->empty_last != NULL)
        table->empty_last->next = entry;
    else
        table->empty_first = entry;
    table->empty_last = entry;
}

static void empty_remove(struct containers *table, struct container_entry *entry)
{
    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        table->empty_first = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    else
        table->empty_last = entry->previous;
}

/* Who was in it has gone, so the kernel may use the number for another namespace. */
static void forget_processes(struct containers *table, struct container_entry *entry)
{
    if (entry->mntns_inum != 0)
        (void)nmap_remove(&table->by_mntns, entry->mntns_inum);
    entry->mntns_inum = 0;
    entry->first_start_ns = 0;
}

static void drop(struct containers *table, struct container_entry *entry)
{
    forget_processes(table, entry);
    empty_remove(table, entry);
    (void)map_remove(&table->by_id, entry->view.full_id);
    table->count--;
    table->without_spec -= entry->missing;
    users_free(entry->users);
    pods_release(&table->pods, entry->pod);
    arena_free(entry->spec);
    arena_free(entry->extra);
    arena_free(entry->answer);
    free(entry);
}

void containers_hold(struct containers *table, struct container_entry *entry)
{
    if (entry == NULL || entry->refs++ > 0)
        return;
    empty_remove(table, entry);
}

void containers_release(struct containers *table, struct container_entry *entry, uint64_t now_ns)
{
    if (entry == NULL)
        return;
    assert(entry->refs > 0);
    if (--entry->refs > 0)
        return;
    forget_processes(table, entry);
    entry->empty_ns = now_ns;
    entry->again =
        entry->tries > 0 || entry->view.has_spec; /* the name may be used for another container */
    empty_append(table, entry);
}

void containers_settle(struct containers *table, uint64_t now_ns)
{
    while (table->empty_first != NULL &&
           now_ns >= table->empty_first->empty_ns + CONTAINER_GRACE_NS)
        drop(table, table->empty_first);
}

void containers_done(struct containers *table)
{
    while (table->empty_first != NULL)
        drop(table, table->empty_first);
    assert(table->count == 0);
    pods_done(&table->pods);
    map_done(&table->by_id);
    nmap_done(&table->by_mntns);
}

/* Namespaces */

void containers_learn_mntns(struct containers *table, struct container_entry *entry, uint32_t inum)
{
    if (entry->mntns_inum != 0 || inum == 0 || table->host_mntns_inum == 0 ||
        inum == table->host_mntns_inum || nmap_find(&table->by_mntns, inum) != NULL)
        return;
    entry->mntns_inum = inum;
    (void)nmap_put(&table->by_mntns, inum, entry);
    /* Whoever was seen before belongs to the runtime. */
    entry->first_start_ns = 0;
    table->entries_changed++;
}

void containers_learn_start(struct containers *table, struct container_entry *entry,
                            const struct process *process)
{
    if (entry->first_start_ns != 0 && entry->first_start_ns <= process->start_ns)
        return;
    entry->first_start_ns = process->start_ns;
    table->entries_changed++;
}

struct container_entry *containers_of_mntns(const struct containers *table, uint32_t inum)
{
    if (inum == 0 || inum == table->host_mntns_inum)
        return NULL;
    return nmap_find(&table->by_mntns, inum);
}

/* Making one */

static struct container_entry *add(struct containers *table, const struct cgroup_path_id *id,
                                   uint64_t now_ns)
{
    size_t room = id->id.len + id->cgroup.len + CGROUP_POD_UID_MAX;
    struct container_entry *entry = xcalloc(1, sizeof(*entry) + room);
    char *cgroup = entry->text + id->id.len;

    memcpy(entry->text, id->id.ptr, id->id.len);
    memcpy(cgroup, id->cgroup.ptr, id->cgroup.len);
    entry->view.full_id = (struct sv){entry->text, id->id.len};
    entry->view.id = sv_sub(entry->view.full_id, 0, CONTAINER_SHORT_ID);
    entry->view.cgroup = (struct sv){cgroup, id->cgroup.len};
    if (id->pod.len > 0)
        entry->path_pod = cgroup_path_pod_uid(id->pod, cgroup + id->cgroup.len);
    entry->view.pod_uid = entry->path_pod;
    entry->view.runtime = id->runtime;
    entry->path_runtime = id->runtime;
    entry->guessed = id->guessed;
    entry->users = users_new();
    if (table->told != NULL)
        users_tell(entry->users, table->told, entry->view.full_id);
    entry->empty_ns = now_ns;
    (void)map_put(&table->by_id, entry->view.full_id, entry);
    empty_append(table, entry);
    table->count++;
    return entry;
}

/* What is told is all that was known: the cgroup's words are in it. */
static bool read_told(const struct containers *table, struct container_entry *entry)
{
    const struct container *told = told_find_container(table->told, entry->view.full_id);
    const struct container was = entry->view;

    if (told == NULL)
        return false;
    entry->view = *told;
    entry->view.id = was.id;
    entry->view.full_id = was.full_id;
    entry->view.cgroup = was.cgroup;
    entry->view.start_ns = was.start_ns;
    return told->has_spec;
}

/* Docker's own containers and those of runc and podman are no kubelet's. */
static bool speaks_cri(const struct container_entry *entry)
{
    return sv_eq(entry->view.runtime, SV("containerd")) ||
           sv_eq(entry->view.runtime, SV("cri-o")) || entry->view.pod_uid.len > 0;
}

/* The name is another container's by now. */
static void forget_answer(struct container_entry *entry)
{
    arena_free(entry->answer);
    entry->answer = NULL;
    entry->answer_view = (struct container){0};
    entry->asked = false;
}

/* Start from what the cgroup says, then add what the files say. */
static void look(struct containers *table, struct container_entry *entry, uint64_t now_ns)
{
    const struct container was = entry->view;
    bool again = entry->again;
    struct arena *spec = arena_new(SPEC_BLOCK);

    if (again)
        forget_answer(entry);
    entry->again = false;
    table->looks++;
    table->changes += entry->refs > 0;
    table->entries_changed += entry->refs > 0;
    entry->view = (struct container){
        .id = was.id,
        .full_id = was.full_id,
        .cgroup = was.cgroup,
        .runtime = entry->guessed ? (struct sv){NULL, 0} : entry->path_runtime,
        .pod_uid = entry->path_pod,
        .start_ns = again ? 0 : was.start_ns,
    };
    if (table->told != NULL)
        entry->view.has_spec = read_told(table, entry);
    else
        entry->view.has_spec =
            specs_read(table->specs, was.full_id, spec, &entry->view, &entry->root);
    if (entry->view.runtime.len == 0)
        entry->view.runtime = entry->path_runtime;
    table->without_spec -= entry->missing;
    entry->missing = !entry->view.has_spec;
    table->without_spec += entry->missing;
    arena_free(entry->spec);
    entry->spec = spec;
    arena_free(entry->extra);
    entry->extra = NULL;
    if (table->told == NULL) /* there, what these say is in what is told */
        described_fill(&table->pods, entry);
    if (table->cri != NULL && !entry->asked && speaks_cri(entry))
        cri_ask(table->cri, entry->view.full_id, now_ns);
    entry->asked = true;
}

/* A look because a program was started. */
static void look_at_exec(struct containers *table, struct container_entry *entry, uint64_t now_ns)
{
    entry->tries = entry->again ? 0 : entry->tries;
    entry->try_next_ns = now_ns + pauses_ns[entry->tries];
    entry->tries++;
    look(table, entry, now_ns);
}

static bool look_due(const struct container_entry *entry, uint64_t now_ns)
{
    return entry->again || (!entry->view.has_spec && entry->tries < CONTAINER_TRIES_MAX &&
                            now_ns >= entry->try_next_ns);
}

static struct container_entry *get(struct containers *table, const struct cgroup_path_id *id,
                                   bool may_look, uint64_t now_ns)
{
    struct container_entry *entry = map_find(&table->by_id, id->id);

    if (entry == NULL) {
        if (table->count >= table->limit && table->empty_first != NULL)
            drop(table, table->empty_first);
        /* Never leave a container's process without: rules would take it for the host's. */
        table->over_limit += table->count >= table->limit;
        entry = add(table, id, now_ns);
        if (table->told != NULL && told_find_container(table->told, id->id) != NULL)
            look(table, entry, now_ns);
    }
    if (may_look && look_due(entry, now_ns))
        look_at_exec(table, entry, now_ns);
    return entry;
}

/* Containers without a layout */

static bool probe_due(const struct containers *table, struct cgroup *cgroup, uint64_t now_ns)
{
    if (table->told != NULL)
        return true;
    if (cgroup->probes >= CONTAINER_TRIES_MAX || now_ns < cgroup->probe_next_ns)
        return false;
    cgroup->probe_next_ns = now_ns + pauses_ns[cgroup->probes];
    cgroup->probes++;
    return true;
}

static bool is_container(const struct containers *table, struct sv parent, struct sv name,
                         struct sv *runtime)
{
    const struct container *told;

    if (table->told == NULL)
        return specs_has(table->specs, parent, name, runtime);
    told = told_find_container(table->told, name);
    if (told != NULL)
        *runtime = told->runtime;
    return told != NULL;
}

/* Ask whether a runtime knows an element of the path as a container; what is found is kept with the
 * cgroup as if the layout had said it. */
static void probe(const struct containers *table, struct cgroup *cgroup)
{
    enum { DEPTH = 16 };
    struct sv rest = cgroup->path;
    struct sv parent = {NULL, 0};

    for (int depth = 0; rest.ptr != NULL && depth < DEPTH; depth++) {
        struct sv name = sv_split(&rest, '/');
        struct sv runtime;
        if (name.len > 0 && is_container(table, parent, name, &runtime)) {
            cgroup->parsed.count = 1;
            cgroup->parsed.id[0] = (struct cgroup_path_id){
                .id = name,
                .runtime = runtime,
                .cgroup = {cgroup->path.ptr, (size_t)(name.ptr - cgroup->path.ptr) + name.len},
            };
            return;
        }
        parent = name;
    }
}

static bool has_ids(const struct cgroup *cgroup)
{
    return cgroup != NULL && cgroup->parsed.count > 0;
}

struct container_entry *containers_find(struct containers *table, struct cgroup *v2,
                                        struct cgroup *v1, bool may_look, uint64_t now_ns)
{
    struct container_entry *entry = NULL;

    if (may_look && !has_ids(v2) && !has_ids(v1)) {
        if (v2 != NULL && probe_due(table, v2, now_ns))
            probe(table, v2);
        if (v1 != NULL && !has_ids(v2) && probe_due(table, v1, now_ns))
            probe(table, v1);
    }
    const struct cgroup *cgroup = has_ids(v2) ? v2 : v1;
    if (!has_ids(cgroup))
        return NULL;
    for (uint32_t i = 0; i < cgroup->parsed.count; i++) {
        entry = get(table, &cgroup->parsed.id[i], may_look, now_ns);
        if (entry->view.has_spec)
            break;
    }
    return entry;
}

/* Cgroups that come and go */

bool containers_known(const struct containers *table, const struct cgroup *cgroup)
{
    for (uint32_t i = 0; i < cgroup->parsed.count; i++) {
        const struct container_entry *entry = map_find(&table->by_id, cgroup->parsed.id[i].id);
        if (entry != NULL && entry->view.has_spec && !entry->again)
            return true;
    }
    return false;
}

bool containers_expect(struct containers *table, struct cgroup *cgroup, uint64_t now_ns)
{
    if (!has_ids(cgroup))
        probe(table, cgroup);
    for (uint32_t i = 0; i < cgroup->parsed.count; i++) {
        struct container_entry *entry = get(table, &cgroup->parsed.id[i], false, now_ns);
        if (entry->again || !entry->view.has_spec)
            look(table, entry, now_ns);
        if (entry->view.has_spec)
            return true;
    }
    return false;
}

void containers_gone(struct containers *table, const struct cgroup *cgroup)
{
    for (uint32_t i = 0; i < cgroup->parsed.count; i++) {
        struct container_entry *entry = map_find(&table->by_id, cgroup->parsed.id[i].id);
        if (entry != NULL && sv_eq(cgroup->parsed.id[i].cgroup, cgroup->path)) {
            entry->again = true;
            forget_processes(table, entry);
        }
    }
}

void containers_retell(struct containers *table, struct sv full_id)
{
    struct container_entry *entry = map_find(&table->by_id, full_id);

    if (entry == NULL)
        return;
    look(table, entry, 0);
    users_retell(entry->users);
}

/* What others say */

static void fill_again(struct containers *table, struct container_entry *entry)
{
    described_fill(&table->pods, entry);
    table->changes += entry->refs > 0;
    table->entries_changed += entry->refs > 0;
}

static void fill_all_of(struct containers *table, struct sv pod_key)
{
    size_t at = 0;

    for (struct map_slot *slot = map_next(&table->by_id, &at); slot != NULL;
         slot = map_next(&table->by_id, &at)) {
        struct container_entry *entry = slot->value;
        if (sv_eq(entry->view.pod_uid, pod_key))
            fill_again(table, entry);
    }
}

static void put_pod(struct containers *table, const struct pod_said *said)
{
    bool changed;

    (void)pods_put(&table->pods, said, &changed);
    if (changed)
        fill_all_of(table, said->key);
}

void containers_pod_line(struct containers *table, const struct pod_line *line)
{
    switch (line->kind) {
    case POD_LINE_LIST:
        pods_list(&table->pods);
        break;
    case POD_LINE_LISTED:
        pods_listed(&table->pods);
        break;
    case POD_LINE_POD:
        put_pod(table, &line->said);
        break;
    case POD_LINE_DELETED:
        pods_delete(&table->pods, line->said.key);
        break;
    }
}

static void answered_of_pod(struct containers *table, const struct cri_pod *pod)
{
    put_pod(table, &(struct pod_said){
                       .source = POD_OF_RUNTIME,
                       .key = pod->uid,
                       .pod = {.name = pod->name,
                               .uid = pod->uid,
                               .namespace_name = pod->namespace_name,
                               .ip = pod->ip,
                               .label = pod->label,
                               .label_count = pod->label_count,
                               .annotation = pod->annotation,
                               .annotation_count = pod->annotation_count},
                   });
}

void containers_answered(struct containers *table, const struct cri_container *container,
                         const struct cri_pod *pod)
{
    struct container_entry *entry =
        container == NULL ? NULL : map_find(&table->by_id, container->id);

    if (entry != NULL) {
        described_answer(entry, container, pod == NULL ? (struct sv){NULL, 0} : pod->uid);
        fill_again(table, entry);
    }
    if (pod != NULL && pod->uid.len > 0)
        answered_of_pod(table, pod);
}
