/* event/event.h - one event, whatever it came from.
 *
 * decode/ fills it from a raw record, enrich/ hangs the entities on it, match/ and lang/ read it
 * through the table of fields (event/field.h). It lives for one turn of the event loop: views point
 * into the record, an entity or `scratch`. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"
#include "event/event_type.h"
#include "event/process.h"
#include "event/value.h"

struct arena;
struct json_doc;
struct json_node;

#define EVENT_ARGS_MAX 32

/* Numbers are kept on disk with the evidence of a source: a new one goes to the end. */
enum event_source {
    SOURCE_SYSCALL,
    SOURCE_K8S_AUDIT,
    SOURCE_AWS_CLOUDTRAIL,
    SOURCE_GCP_AUDITLOG,
    SOURCE_OKTA,
    SOURCE_GITHUB,
    SOURCE_COUNT,
};

/* The descriptor an event is about. */
struct event_fd {
    bool known;         /* the event has one */
    int64_t num;        /* -1: the call gave none */
    char type;          /* f file, d directory, 4, 6, u unix, p pipe ...; 0: not known */
    struct sv name;     /* resolved path, or "1.2.3.4:1000->5.6.7.8:80" */
    struct sv name_raw; /* as given */
    uint64_t ino;
    uint32_t dev; /* kernel's dev_t: major << 20 | minor */
    bool upper_layer, lower_layer;
    uint8_t l4_protocol; /* IPPROTO_*, 0 for none */
    bool has_addresses;
    struct value_ip local, remote;
    uint16_t local_port, remote_port;
    bool server;       /* the other end is the client */
    bool listening;    /* bound, and no other end */
    bool local_server; /* the server's address is one of this machine */
    bool connected;
    bool name_changed; /* by this event, other than by a connect */
};

struct event;

/* What numbers in parameters stand for, where more is known than the descriptor and the process of
 * the event: in recordings. Views are valid while the event is handled. */
struct event_names {
    bool (*fd)(const struct event *event, int64_t num, struct event_fd *out); /* false: none */
    struct sv (*process)(const struct event *event, int64_t tid);             /* empty: none */
    struct sv (*user)(const struct event *event, uint32_t uid);
    struct sv (*group)(const struct event *event, uint32_t gid);
    /* The whole path of one that is relative to a descriptor, or to AT_FDCWD. */
    struct sv (*path)(const struct event *event, int64_t dirfd, struct sv raw);
    void *ctx;
};

/* A record that came as JSON, in the document that it is part of. */
struct event_json {
    const struct json_doc *doc;
    const struct json_node *node; /* NULL: the event is no such record */
    bool quirks; /* fields mean what Falco's plugins make of them, also where those err */
};

/* Values named by hand instead of captured: rule tests, imported alerts. */
struct event_given {
    struct sv field; /* as written in an output: "proc.aname[2]" */
    struct value value;
};

struct event {
    enum event_source source;
    enum event_type type;
    uint64_t num;     /* counts the events of this source from 1 */
    struct sv id;     /* names the record for good, wherever it is seen; empty: nothing does */
    uint64_t time_ns; /* wall */
    uint64_t boot_ns; /* boot, 0 when not known */
    uint16_t cpu;
    bool whole; /* not the end of a call: evt.dir is > */
    uint32_t tid, vtid;
    bool has_result;
    int64_t result;
    const struct process *process; /* NULL: not known */
    bool io_uring;                 /* asked for through io_uring, not by a call */
    bool name_unsure;              /* a name may have been rewritten while the call lasted */
    bool name_cut; /* a name is longer than can be told: it keeps its end, without a slash before it
                    */
    struct event_fd fd;
    struct sv path, path_raw;               /* fs.path.name: resolved, and as given; all paths
                                             * are there also when the call failed */
    struct sv path_source, path_source_raw; /* two-path calls: from */
    struct sv path_target, path_target_raw; /* ... and to */
    uint32_t open_flags;                    /* O_*, for the open family */
    uint32_t mode;
    uint32_t arg_count;
    struct value arg[EVENT_ARGS_MAX]; /* in the order of event_type_info()->param */
    struct event_json json;           /* of sources other than syscall */
    const struct event_names *names;  /* NULL: the event knows all there is */
    const struct event_given *given;  /* NULL unless values are given by hand */
    uint32_t given_count;
    struct arena *scratch; /* for text made while extracting, not NULL; reset after the event */
};

const char *event_source_name(enum event_source source); /* "syscall" ... */
int event_source_from(struct sv name);                   /* -1 when there is none */

/* What an event opens a file for, as evt.is_open_read and its like have it. */
enum event_opening {
    EVENT_OPENS_READ = 1u << 0,
    EVENT_OPENS_WRITE = 1u << 1,
    EVENT_OPENS_EXEC = 1u << 2, /* may make a file that can be executed */
};
#define EVENT_OPENINGS 8u                          /* sets of these */
uint32_t event_opening(const struct event *event); /* 0 when it opens nothing */

/* A kernel's dev_t as user space and fd.dev have it: minor & 0xff | major << 8 | minor >> 8 << 20.
 */
uint32_t event_dev(uint32_t dev);
