/* app/teller.h - what a recording has to say of containers and users before an event of theirs:
 * each once, and again when it changes. One thread. */
#pragma once

#include "base/attr.h"

struct buf;
struct process;
struct teller;

struct teller *teller_new(void);
void teller_free(struct teller *teller); /* NULL is fine */
DEFINE_SCOPED(struct teller *, teller_free)

/* Append the items of what is new about a process's containers, user, login user and group. Cheap
 * while the process's version is what it was. */
void teller_process(struct teller *teller, const struct process *process, struct buf *items);
