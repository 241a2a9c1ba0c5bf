/* decode/recorded.h - changes and records as items of a capture (capture/scap_extra.h), and back.
 *
 * A capture of ours holds the ring's own records, so that a replay goes through wire_decode() as
 * the sensor did. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "bpf/include/wire.h"
#include "capture/scap_extra.h"
#include "event/change.h"

struct buf;

/* Append the item of a change that no record told of: CHANGE_TASK, CHANGE_EXIT, CHANGE_CGROUP. */
void recorded_put_change(struct buf *out, const struct change *change);
/* Append the item of a record and, before it, that of its clock. */
void recorded_put_record(struct buf *out, const struct scap_extra_clock *clock,
                         const struct wire_header *record);
/* A user (or, without gid, home and shell, a group) of the host (empty id) or a container. */
void recorded_put_user(struct buf *out, const struct user *user, struct sv container_id);
void recorded_put_group(struct buf *out, const struct group *group, struct sv container_id);

/* Hostname, node, cluster, link of the sensor that recorded. */
struct recorded_place {
    struct sv hostname, node, cluster, link;
};
void recorded_put_host(struct buf *out, uint32_t mntns_inum); /* its mount namespace */
void recorded_put_container(struct buf *out, struct sv json); /* enrich/told.h */
void recorded_put_place(struct buf *out, const struct recorded_place *place);

enum recorded_kind {
    RECORDED_PLACE,
    RECORDED_HOST,
    RECORDED_RECORD,
    RECORDED_CHANGE,
    RECORDED_CONTAINER, /* `container` is JSON */
    RECORDED_USER,
    RECORDED_GROUP,
};

struct recorded_item {
    enum recorded_kind kind;
    struct recorded_place place;
    uint32_t mntns_inum;
    struct scap_extra_clock clock;
    const struct wire_header *record; /* checked, as by kernel_ring.h */
    struct change change;
    struct user user;
    struct group group;
    struct sv container; /* JSON, or the id that a user or group is of */
};

/* Reads the items of one head after the other. */
struct recorded_reader {
    struct sv items;
    struct scap_extra_clock clock;
    uint64_t odd; /* items that made no sense, or of another version of the records */
    bool records; /* theirs is the version that this program knows */
    _Alignas(8) char room[WIRE_RECORD_MAX];
};

/* Begin with bytes that may start with a head; false when they do not. */
must_check bool recorded_open(struct recorded_reader *reader, struct sv bytes);
/* The next item that is understood; its views are valid until the next call. */
must_check bool recorded_next(struct recorded_reader *reader, struct recorded_item *out);
