#include "enrich/recorded_users.h"

#include "base/alloc.h"

enum { CONTAINER_MAX = 128, KEY_MAX = CONTAINER_MAX + 1 + sizeof(uint32_t), TEXT_MAX = 1024 };

struct entry {
    union {
        struct user user;
        struct group group;
    };
    char text[]; /* key, then what the views point to */
};

/* Whose, 'u' or 'g', the number. */
struct key {
    char bytes[KEY_MAX];
    size_t len;
};

static struct key key_of(struct sv container, bool is_group, uint32_t id)
{
    struct key key = {.len = container.len < CONTAINER_MAX ? container.len : CONTAINER_MAX};

    if (key.len > 0)
        memcpy(key.bytes, container.ptr, key.len);
    key.bytes[key.len++] = is_group ? 'g' : 'u';
    memcpy(key.bytes + key.len, &id, sizeof(id));
    key.len += sizeof(id);
    return key;
}

void recorded_users_done(struct recorded_users *table)
{
    struct map_slot *slot;
    size_t at = 0;

    while ((slot = map_next(&table->by_key, &at)) != NULL)
        free(slot->value);
    map_done(&table->by_key);
    *table = (struct recorded_users){.by_key = {0}};
}

static struct sv put(char **at, struct sv text)
{
    struct sv placed = {*at, text.len};

    if (text.len > 0)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return placed;
}

void recorded_users_put(struct recorded_users *table, struct sv container,
                        const struct recorded_user *user)
{
    uint32_t id = user->is_group ? user->gid : user->uid;
    struct key key = key_of(container, user->is_group, id);
    struct sv name = sv_sub(user->name, 0, TEXT_MAX);
    struct sv home = sv_sub(user->home, 0, TEXT_MAX);
    struct sv shell = sv_sub(user->shell, 0, TEXT_MAX);

    if (table->by_key.count >= RECORDED_USERS_MAX)
        return;
    struct entry *entry = xcalloc(1, sizeof(*entry) + key.len + name.len + home.len + shell.len);
    char *at = entry->text;
    struct sv own = put(&at, (struct sv){key.bytes, key.len});
    if (user->is_group)
        entry->group = (struct group){.gid = id, .name = put(&at, name)};
    else
        entry->user = (struct user){
            .uid = id, .name = put(&at, name), .home = put(&at, home), .shell = put(&at, shell)};
    free(map_remove(&table->by_key, own));
    (void)map_put(&table->by_key, own, entry);
}

void recorded_users_remove(struct recorded_users *table, struct sv container, bool is_group,
                           uint32_t id)
{
    struct key key = key_of(container, is_group, id);

    free(map_remove(&table->by_key, (struct sv){key.bytes, key.len}));
}

const struct user *recorded_users_user(const struct recorded_users *table, struct sv container,
                                       uint32_t uid)
{
    struct key key = key_of(container, false, uid);
    const struct entry *entry = map_find(&table->by_key, (struct sv){key.bytes, key.len});

    return entry == NULL ? NULL : &entry->user;
}

const struct group *recorded_users_group(const struct recorded_users *table, struct sv container,
                                         uint32_t gid)
{
    struct key key = key_of(container, true, gid);
    const struct entry *entry = map_find(&table->by_key, (struct sv){key.bytes, key.len});

    return entry == NULL ? NULL : &entry->group;
}
