/* enrich/users.h - names for user and group ids, from one pair of passwd and group files.
 *
 * The host has one view and every container one of its own, read through /proc/PID/root or the
 * bundle's root directory. Only the files count: NSS (LDAP, sssd) is not asked, as that would run
 * code of the network in the sensor; ids known only there have no name. The files are the
 * container's to write: sizes, lines and names are bounded, odd lines are passed over. Users and
 * groups keep their address as long as the view exists; their texts change when a file does. One
 * thread. */
#pragma once

#include "base/attr.h"
#include "event/process.h"

#define USERS_FILE_MAX ((size_t)1 << 20) /* bytes of passwd or group; larger ones are not read */
#define USERS_NAME_MAX 256u              /* bytes; lines with longer names are passed over */
#define USERS_IDS_MAX 4096u              /* ids one view remembers; others stay not known */
#define USERS_CHECK_NS 1000000000ULL     /* files are looked at once in this time */

struct told;
struct users;

struct users *users_new(void);
/* Names come from `told` instead of files, where the container has this id; both are borrowed. */
void users_tell(struct users *users, const struct told *told, struct sv container_id);
void users_free(struct users *users); /* NULL is fine */
DEFINE_SCOPED(struct users *, users_free)

/* True when users_refresh() would look at the files now. */
bool users_stale(const struct users *users, uint64_t now_ns);
/* Read etc/passwd and etc/group below the root again if they are others than last time: true when
 * a text may have changed. */
bool users_refresh(struct users *users, int root_fd, uint64_t now_ns);

/* Something new was told: look again. */
void users_retell(struct users *users);

/* The user or group of that id, its name empty when the file has none; NULL past USERS_IDS_MAX. */
const struct user *users_user(struct users *users, uint32_t uid);
const struct group *users_group(struct users *users, uint32_t gid);

/* The first line for the id, as getpwuid(3) would choose. Views point into `text`. */
bool users_find_passwd(struct sv text, uint32_t uid, struct user *out);
bool users_find_group(struct sv text, uint32_t gid, struct group *out);
