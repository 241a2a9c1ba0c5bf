/* enrich/recorded_users.h - the users and groups of a recorded machine and of its containers.
 *
 * One thread. */
#pragma once

#include "base/attr.h"
#include "base/hash.h"
#include "event/recorded.h"

#define RECORDED_USERS_MAX 262144u /* all together; more are not kept */

struct recorded_users {
    struct map by_key;
};

void recorded_users_done(struct recorded_users *table);

/* `container` is a short id, empty for the host. Texts are copied. */
void recorded_users_put(struct recorded_users *table, struct sv container,
                        const struct recorded_user *user);
void recorded_users_remove(struct recorded_users *table, struct sv container, bool is_group,
                           uint32_t id);

/* NULL when there is none. Valid until the table changes. */
const struct user *recorded_users_user(const struct recorded_users *table, struct sv container,
                                       uint32_t uid);
const struct group *recorded_users_group(const struct recorded_users *table, struct sv container,
                                         uint32_t gid);
