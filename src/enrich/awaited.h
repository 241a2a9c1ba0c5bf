/* enrich/awaited.h - cgroups that were just made and whose containers are not described yet.
 *
 * A runtime makes the cgroup first and, within milliseconds, some of its files. So a new cgroup is
 * looked at soon and a few times more, ever more seldom, until its container is described or the
 * looks are used up. Looks are limited in number at a time and by rate, so that thousands of new
 * containers a minute never hold up the events. One thread. */
#pragma once

#include "base/attr.h"
#include "enrich/cgroups.h"

#define AWAITED_MAX 4096u           /* cgroups waiting; more are not looked at ahead of time */
#define AWAITED_STEPS 7u            /* looks at one */
#define AWAITED_LOOKS_A_SECOND 500u /* in the long run, of all */
#define AWAITED_BURST 64u           /* looks at once after a quiet time */

struct awaited_item;

struct awaited_list {
    struct awaited_item *first, *last;
};

struct awaited {
    struct cgroups *cgroups;
    struct awaited_list step[AWAITED_STEPS]; /* by looks done; each in the order of its times */
    uint64_t count;
    uint64_t tokens_ns; /* time paid for looks, see awaited.c */
    /* Counted: */
    uint64_t added, described, given_up;
    uint64_t refused;  /* not taken: AWAITED_MAX was reached */
    uint64_t deferred; /* rounds that the rate cut short */
};

enum awaited_answer {
    AWAITED_DESCRIBED, /* nothing more to learn */
    AWAITED_NOT_YET,
};

/* Look for what is known of the container that `cgroup` is of. */
typedef enum awaited_answer (*awaited_look_fn)(void *context, struct cgroup *cgroup);

void awaited_init(struct awaited *awaited, struct cgroups *cgroups);
void awaited_done(struct awaited *awaited);

/* The cgroup was made. It is held while it waits. */
void awaited_add(struct awaited *awaited, struct cgroup *cgroup, uint64_t now_ns);

/* Make the looks that are due, at most `max`; one at a cgroup that is `gone` is its last. */
void awaited_turn(struct awaited *awaited, uint64_t now_ns, uint32_t max, awaited_look_fn look,
                  void *context);

/* When the next look is due, boot time; UINT64_MAX: none. */
uint64_t awaited_next_ns(const struct awaited *awaited);
