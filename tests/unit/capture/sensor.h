/* tests/unit/capture/sensor.h - the sensor on children of a test, which live in a cgroup of its
 * own.
 *
 * sensor_begin() ends the test with status 77 and a reason where BPF or a cgroup v2 is not to be
 * had. What the children do is collected by sensor_drain(); records stay until sensor_clear(). */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/sv.h"
#include "bpf/include/wire.h"
#include "capture/kernel_ring.h"

struct sensor {
    char cgroup[PATH_MAX]; /* made for this test */
    char dir[PATH_MAX];    /* a temporary directory, without symbolic links in its name */
    const char *helper;    /* path of the static program that sensor_helper.c is */
    uint64_t cgroup_id;
    struct kernel_ring *ring;
    struct wire_header **record;
    size_t count, size;
};

typedef int (*sensor_body_fn)(void *ctx);

/* `options` may be NULL: every call, no environment. Its cgroup is set here. */
void sensor_begin(struct sensor *sensor, const char *helper,
                  const struct kernel_ring_options *options);
void sensor_end(struct sensor *sensor);

/* A directory below the test's cgroup, or beside it ("../NAME"); remove with rmdir(2). */
void sensor_make_cgroup(const struct sensor *sensor, const char *name, char *path);

/* Fork; the child runs `body` inside cgroup directory `cgroup` (NULL: the test's; "": none of ours)
 * and exits with what it returns. The child's own fork is outside and not seen. */
pid_t sensor_start(const struct sensor *sensor, const char *cgroup, sensor_body_fn body, void *ctx);

/* Wait for the child and check that its wait status is `status`. */
void sensor_wait(pid_t pid, int status);

/* Start in the test's cgroup, wait for exit 0, drain; returns the child's pid. */
pid_t sensor_run(struct sensor *sensor, sensor_body_fn body, void *ctx);

void sensor_clear(struct sensor *sensor);
void sensor_drain(struct sensor *sensor); /* until nothing came for a while */

/* The nth (from 0) record of the kind, of process `pid` (0: any), or NULL. */
const struct wire_header *sensor_find(const struct sensor *sensor, enum wire_kind kind,
                                      uint32_t pid, size_t nth);

struct wire_calls sensor_one_call(enum wire_call call);

/* A part of a call's record. */
struct sv sensor_part(const struct wire_call_record *record, enum wire_part part);
struct wire_socket sensor_socket(const struct wire_call_record *record);
/* The nth (from 0) record of a call that process `pid` made, or NULL. */
const struct wire_call_record *sensor_call(const struct sensor *sensor, enum wire_call call,
                                           uint32_t pid, size_t nth);

/* A kernel_record_fn whose ctx is a struct sensor, for snapshots. */
void sensor_keep(void *ctx, const struct wire_header *record);

/* Text of a record: `len` bytes at *at, which moves on. */
struct sv sensor_text(const char **at, size_t len);

/* path = dir + "/" + name */
void sensor_path(const struct sensor *sensor, const char *name, char *path);
