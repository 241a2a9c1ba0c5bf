#include "app/teller.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash.h"
#include "decode/recorded.h"
#include "enrich/told.h"

enum {
    KNOWN_MAX = 1 << 20, /* then all is told anew */
    USER_SEED = 1,
    GROUP_SEED = 2,
};

struct teller {
    struct nmap versions; /* of processes, by pid */
    struct nmap told;     /* by what it is: hash of what was said */
    struct buf words;
};

struct teller *teller_new(void)
{
    struct teller *teller = xcalloc(1, sizeof(*teller));

    buf_init(&teller->words, 0);
    return teller;
}

void teller_free(struct teller *teller)
{
    if (teller == NULL)
        return;
    nmap_done(&teller->versions);
    nmap_done(&teller->told);
    buf_done(&teller->words);
    free(teller);
}

/* Numbers are kept in the place of pointers; never NULL. */
static void *as_value(uint64_t number)
{
    return (void *)(uintptr_t)(number | 1ULL << 63);
}

/* Has something else been said of `key` than `said`? */
static bool is_news(struct nmap *map, uint64_t key, uint64_t said)
{
    if (map->count >= KNOWN_MAX)
        nmap_done(map);
    return nmap_put(map, key, as_value(said)) != as_value(said);
}

static void tell_container(struct teller *teller, const struct container *container,
                           struct buf *items)
{
    if (container == NULL)
        return;
    buf_reset(&teller->words);
    told_write_container(&teller->words, container);
    if (is_news(&teller->told, hash_sv(container->full_id), hash_sv(buf_view(&teller->words))))
        recorded_put_container(items, buf_view(&teller->words));
}

static void tell_user(struct teller *teller, const struct user *user, struct sv container_id,
                      struct buf *items)
{
    uint64_t key, said;

    if (user == NULL)
        return;
    key = hash_seed(container_id, (uint64_t)user->uid << 8 | USER_SEED);
    said = hash_seed(user->name, hash_seed(user->home, hash_sv(user->shell)));
    if (user->name.len == 0 && nmap_find(&teller->told, key) == NULL)
        return; /* nobody expects a name */
    if (is_news(&teller->told, key, said))
        recorded_put_user(items, user, container_id);
}

static void tell_group(struct teller *teller, const struct group *group, struct sv container_id,
                       struct buf *items)
{
    uint64_t key;

    if (group == NULL)
        return;
    key = hash_seed(container_id, (uint64_t)group->gid << 8 | GROUP_SEED);
    if (group->name.len == 0 && nmap_find(&teller->told, key) == NULL)
        return;
    if (is_news(&teller->told, key, hash_sv(group->name)))
        recorded_put_group(items, group, container_id);
}

void teller_process(struct teller *teller, const struct process *process, struct buf *items)
{
    const struct container *container = process->container;
    struct sv id = container == NULL ? (struct sv){NULL, 0} : container->full_id;

    if (process->version != 0 && !is_news(&teller->versions, process->pid, process->version))
        return;
    tell_container(teller, container, items);
    tell_container(teller, process->joined, items);
    tell_user(teller, process->user, id, items);
    tell_group(teller, process->group, id, items);
    /* The host is asked first for a login's name (enrich/attach.c). */
    tell_user(teller, process->login_user, (struct sv){NULL, 0}, items);
}
