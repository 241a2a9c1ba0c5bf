/* capture/wire_check.c - see the header. One row a kind; what has text adds up its lengths. */
#include <stdint.h>

#include "base/attr.h"
#include "bpf/include/wire.h"
#include "capture/wire_check.h"

enum { TEXT_BAD = WIRE_RECORD_MAX }; /* more than any record holds */

/* Bytes of text, or TEXT_BAD when a member is out of its range. */
static size_t exec_text(const void *record)
{
    const struct wire_exec *exec = record;

    if ((exec->call != WIRE_CALL_EXECVE && exec->call != WIRE_CALL_EXECVEAT) ||
        exec->path_len > WIRE_PATH_MAX || exec->filename_len > WIRE_PATH_MAX ||
        exec->cwd_len > WIRE_PATH_MAX || exec->args_len > WIRE_ARGS_MAX ||
        exec->env_len > WIRE_ENV_MAX)
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

static bool opens(uint16_t call)
{
    return call == WIRE_CALL_OPEN || call == WIRE_CALL_OPENAT || call == WIRE_CALL_OPENAT2 ||
           call == WIRE_CALL_CREAT;
}

static size_t open_text(const void *record)
{
    const struct wire_open *open = record;

    if (!opens(open->call) || open->path_len > WIRE_PATH_MAX || open->raw_len > WIRE_PATH_MAX ||
        open->base_len > WIRE_PATH_MAX)
        return TEXT_BAD;
    return (size_t)open->path_len + open->raw_len + open->base_len;
}

/* The longest each part may be; of structures, the only length besides none. */
static const struct {
    uint16_t max;
    bool whole;
} call_parts[WIRE_PART_COUNT] = {
    [WIRE_PART_SOCKET] = {sizeof(struct wire_socket), true},
    [WIRE_PART_TASK] = {sizeof(struct wire_task), true},
    [WIRE_PART_NAME] = {WIRE_PATH_MAX, false},
    [WIRE_PART_NEW_NAME] = {WIRE_PATH_MAX, false},
    [WIRE_PART_BASE] = {WIRE_PATH_MAX, false},
    [WIRE_PART_NEW_BASE] = {WIRE_PATH_MAX, false},
    [WIRE_PART_FD] = {WIRE_PATH_MAX, false},
    [WIRE_PART_CWD] = {WIRE_PATH_MAX, false},
    [WIRE_PART_STRING] = {WIRE_PATH_MAX, false},
    [WIRE_PART_UNIX] = {WIRE_UNIX_PATH_MAX, false},
    [WIRE_PART_DATA] = {WIRE_DATA_MAX, false},
    [WIRE_PART_STRUCT] = {WIRE_STRUCT_MAX, false},
    [WIRE_PART_STRUCT2] = {WIRE_STRUCT_MAX, false},
};

static size_t call_text(const void *record)
{
    const struct wire_call_record *call = record;
    size_t sum = 0;

    if (call->call >= WIRE_CALL_COUNT || opens(call->call) || call->parts >> WIRE_PART_COUNT != 0)
        return TEXT_BAD;
    for (size_t i = 0; i < ARRAY_LEN(call_parts); i++) {
        uint16_t len = call->len[i];

        if (len > call_parts[i].max ||
            (call_parts[i].whole && len != 0 && len != call_parts[i].max))
            return TEXT_BAD;
        if (len != 0 && (call->parts >> i & 1) == 0)
            return TEXT_BAD;
        sum += len;
    }
    return sum;
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
