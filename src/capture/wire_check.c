/* capture/wire_check.c - see the header. One row a kind; what has text adds up its lengths. */
#include <stdint.h>

#include "base/attr.h"
#include "bpf/include/wire.h"
#include "capture/wire_check.h"

#define CALL(name) (1ull << WIRE_CALL_##name)
#define CALLS_EXEC (CALL(EXECVE) | CALL(EXECVEAT))
#define CALLS_OPEN (CALL(OPEN) | CALL(OPENAT) | CALL(OPENAT2) | CALL(CREAT))
#define CALLS_PATH                                                                                 \
    (CALL(UNLINK) | CALL(UNLINKAT) | CALL(RENAME) | CALL(RENAMEAT) | CALL(RENAMEAT2) |             \
     CALL(CHMOD) | CALL(FCHMOD) | CALL(FCHMODAT) | CALL(FCHMODAT2))
#define CALLS_OTHER (CALL(CLONE) | CALL(CLONE3) | CALL(FORK) | CALL(VFORK) | CALLS_EXEC)

enum { TEXT_BAD = WIRE_RECORD_MAX }; /* more than any record holds */

static bool call_in(uint16_t call, uint64_t set)
{
    return call < WIRE_CALL_COUNT && (set & 1ull << call) != 0;
}

/* Bytes of text, or TEXT_BAD when a member is out of its range. */
static size_t exec_text(const void *record)
{
    const struct wire_exec *exec = record;

    if (!call_in(exec->call, CALLS_EXEC) || exec->path_len > WIRE_PATH_MAX ||
        exec->filename_len > WIRE_PATH_MAX || exec->cwd_len > WIRE_PATH_MAX ||
        exec->args_len > WIRE_ARGS_MAX || exec->env_len > WIRE_ENV_MAX)
        return TEXT_BAD;
    return (size_t)exec->path_len + exec->filename_len + exec->cwd_len + exec->args_len +
           exec->env_len;
}

static size_t cgroup_text(const void *record)
{
    const struct wire_cgroup *cgroup = record;

    if (cgroup->hierarchy > WIRE_CGROUP_V1 || cgroup->what > WIRE_CGROUP_GONE ||
        cgroup->path_len == 0 || cgroup->path_len > WIRE_PATH_MAX)
        return TEXT_BAD;
    return cgroup->path_len;
}

static size_t open_text(const void *record)
{
    const struct wire_open *open = record;

    if (!call_in(open->call, CALLS_OPEN) || open->path_len > WIRE_PATH_MAX ||
        open->raw_len > WIRE_PATH_MAX || open->base_len > WIRE_PATH_MAX)
        return TEXT_BAD;
    return (size_t)open->path_len + open->raw_len + open->base_len;
}

static size_t connect_text(const void *record)
{
    const struct wire_connect *connect = record;

    return connect->unix_len > WIRE_UNIX_PATH_MAX ? TEXT_BAD : connect->unix_len;
}

static size_t path_text(const void *record)
{
    const struct wire_path *path = record;

    if (!call_in(path->call, CALLS_PATH) || path->name_len > WIRE_PATH_MAX ||
        path->new_name_len > WIRE_PATH_MAX || path->base_len > WIRE_PATH_MAX ||
        path->new_base_len > WIRE_PATH_MAX)
        return TEXT_BAD;
    return (size_t)path->name_len + path->new_name_len + path->base_len + path->new_base_len;
}

static size_t call_text(const void *record)
{
    const struct wire_call_record *call = record;

    if (!call_in(call->call, CALLS_OTHER) || call->text_len > WIRE_PATH_MAX)
        return TEXT_BAD;
    return call->text_len;
}

static const struct {
    size_t fixed; /* bytes before the text; 0: no such kind */
    size_t (*text)(const void *record);
} kinds[WIRE_KIND_COUNT] = {
    [WIRE_FORK] = {sizeof(struct wire_task_record), NULL},
    [WIRE_EXEC] = {sizeof(struct wire_exec), exec_text},
    [WIRE_EXIT] = {sizeof(struct wire_exit), NULL},
    [WIRE_CGROUP] = {sizeof(struct wire_cgroup), cgroup_text},
    [WIRE_OPEN] = {sizeof(struct wire_open), open_text},
    [WIRE_CONNECT] = {sizeof(struct wire_connect), connect_text},
    [WIRE_PATH] = {sizeof(struct wire_path), path_text},
    [WIRE_CALL] = {sizeof(struct wire_call_record), call_text},
    [WIRE_TASK] = {sizeof(struct wire_task_record), NULL},
};

bool wire_check(const void *data, size_t size)
{
    const struct wire_header *hdr = data;

    if (size < sizeof(*hdr) || size > WIRE_RECORD_MAX || hdr->size != size)
        return false;
    if (hdr->kind >= WIRE_KIND_COUNT || kinds[hdr->kind].fixed == 0)
        return false;

    size_t used = kinds[hdr->kind].fixed;

    if (size < used)
        return false;
    if (kinds[hdr->kind].text != NULL)
        used += kinds[hdr->kind].text(data);
    return size == ((used + 7) & ~(size_t)7);
}
