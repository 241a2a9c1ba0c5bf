/* decode/call.h - the record of a call (struct wire_call_record) to an event.
 *
 * What all calls share is done here: the parts of the record, the descriptor, the paths. Which
 * parameter of the event comes from where is a row of decode/call_table.c. One thread; views point
 * into the record or event->scratch. */
#pragma once

#include "base/sv.h"
#include "bpf/include/wire.h"
#include "event/event.h"

/* A record taken apart. */
struct call_view {
    const struct wire_call_record *record;
    struct event *event;
    const struct wire_socket *socket; /* NULL: the call is about none */
    const struct wire_task *task;     /* NULL: the call changed nothing of its process */
    struct sv part[WIRE_PART_COUNT];
};

/* Which fields of the event the paths of a call are. */
enum call_paths {
    CALL_PATHS_NONE,
    CALL_PATHS_NAME,    /* the name: fs.path.name */
    CALL_PATHS_FD,      /* the descriptor's file: fs.path.name */
    CALL_PATHS_MOVE,    /* the name: fs.path.source; the new name: fs.path.target */
    CALL_PATHS_LINK,    /* what is made is the source, what it leads to the target */
    CALL_PATHS_SYMLINK, /* likewise; the string is the target */
};

/* `event` is the type's, nothing else filled. */
void call_decode(struct event *event, const struct wire_call_record *record);

bool call_has(const struct call_view *view, enum wire_part part); /* given, if only empty */

/* Take the record apart; false when its lengths do not fit into it. */
bool call_open(struct call_view *view, const struct wire_call_record *record, struct event *event);
