/* The texts of /proc/PID/stat, status and cgroup. */
#include "base/sv.h"
#include "enrich/processes.h"
#include "enrich/procfs.h"

static bool to_u32(struct sv text, uint32_t *out)
{
    uint64_t number;

    if (!sv_to_u64(text, &number) || number > UINT32_MAX)
        return false;
    *out = (uint32_t)number;
    return true;
}

/* Numbers that may be negative where they mean "none": tty, process groups of kernel threads. */
static bool to_id(struct sv text, uint32_t *out)
{
    int64_t number;

    if (!sv_to_i64(text, &number) || number > UINT32_MAX || number < INT32_MIN)
        return false;
    *out = number < 0 ? 0 : (uint32_t)number;
    return true;
}

/* The name stands in parentheses and may hold spaces and parentheses itself: it ends at the last.
 */
bool procfs_parse_stat(struct sv text, struct procfs_stat *out)
{
    enum { PPID = 4, PGID, SID, TTY, THREADS = 20, START = 22 };
    struct procfs_stat stat = {0};
    size_t open = sv_find(text, SV("("), 0);
    size_t close = sv_rfind_char(text, ')');
    uint64_t ticks;
    bool good = true;

    if (open == SIZE_MAX || close == SIZE_MAX || close < open)
        return false;
    stat.name = sv_sub(text, open + 1, close - open - 1);
    text = sv_trim(sv_sub(text, close + 1, text.len));
    for (int field = 3; field <= START; field++) {
        struct sv item = sv_split(&text, ' ');
        if (field == PPID)
            good = good && to_id(item, &stat.ppid);
        else if (field == PGID)
            good = good && to_id(item, &stat.pgid);
        else if (field == SID)
            good = good && to_id(item, &stat.sid);
        else if (field == TTY)
            good = good && to_id(item, &stat.tty);
        else if (field == THREADS)
            good = good && to_id(item, &stat.threads);
        else if (field == START)
            good = good && sv_to_u64(item, &ticks) && ticks < UINT64_MAX / PROCESS_TICK_NS;
        if (!good)
            return false;
    }
    stat.start_ns = ticks * PROCESS_TICK_NS;
    *out = stat;
    return true;
}

static struct sv next_word(struct sv *line)
{
    *line = sv_trim(*line);
    size_t at = 0;

    while (at < line->len && line->ptr[at] != '\t' && line->ptr[at] != ' ')
        at++;
    struct sv word = sv_sub(*line, 0, at);
    *line = sv_sub(*line, at, line->len);
    return word;
}

static bool parse_four(struct sv line, uint32_t *const out[4])
{
    for (int i = 0; i < 4; i++) {
        if (!to_u32(next_word(&line), out[i]))
            return false;
    }
    return true;
}

static bool parse_list(struct sv line, uint32_t *out, uint32_t *count)
{
    *count = 0;
    for (struct sv word = next_word(&line); word.len > 0; word = next_word(&line)) {
        if (*count == PROCFS_NESTING_MAX || !to_u32(word, &out[*count]))
            return false;
        (*count)++;
    }
    return *count > 0;
}

static bool parse_hex(struct sv line, uint64_t *out)
{
    uint64_t number = 0;

    line = sv_trim(line);
    if (line.len == 0 || line.len > 16)
        return false;
    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        if (c >= '0' && c <= '9')
            number = number << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            number = number << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    *out = number;
    return true;
}

static bool parse_status_line(struct sv key, struct sv line, struct procfs_status *out)
{
    struct creds *c = &out->creds;
    uint32_t count;

    if (sv_eq(key, SV("Tgid")))
        return to_u32(sv_trim(line), &out->tgid);
    if (sv_eq(key, SV("Uid")))
        return parse_four(line, (uint32_t *[]){&c->uid, &c->euid, &c->suid, &c->fsuid});
    if (sv_eq(key, SV("Gid")))
        return parse_four(line, (uint32_t *[]){&c->gid, &c->egid, &c->sgid, &c->fsgid});
    if (sv_eq(key, SV("NStgid")))
        return parse_list(line, out->ns_tgid, &out->depth);
    if (sv_eq(key, SV("NSpgid")))
        return parse_list(line, out->ns_pgid, &count);
    if (sv_eq(key, SV("NSsid")))
        return parse_list(line, out->ns_sid, &count);
    if (sv_eq(key, SV("CapInh")))
        return parse_hex(line, &c->cap_inheritable);
    if (sv_eq(key, SV("CapPrm")))
        return parse_hex(line, &c->cap_permitted);
    if (sv_eq(key, SV("CapEff")))
        return parse_hex(line, &c->cap_effective);
    if (sv_eq(key, SV("CapBnd")))
        return parse_hex(line, &out->cap_bounding);
    return true;
}

bool procfs_parse_status(struct sv text, struct procfs_status *out)
{
    struct procfs_status status = {.creds.login_uid = PROCESS_NO_UID};

    while (text.ptr != NULL) {
        struct sv line = sv_split(&text, '\n');
        struct sv key = sv_split(&line, ':');
        if (!parse_status_line(key, line, &status))
            return false;
    }
    if (status.tgid == 0)
        return false;
    *out = status;
    return true;
}

static bool has_controller(struct sv list, struct sv name)
{
    while (list.ptr != NULL) {
        if (sv_eq(sv_split(&list, ','), name))
            return true;
    }
    return false;
}

void procfs_parse_cgroup(struct sv text, struct sv *v1, struct sv *v2)
{
    struct sv pids = {NULL, 0};
    struct sv gone = SV(" (deleted)");

    *v1 = pids;
    *v2 = pids;
    while (text.ptr != NULL) {
        struct sv path = sv_split(&text, '\n');
        struct sv number = sv_split(&path, ':');
        struct sv controllers = sv_split(&path, ':');
        if (path.len == 0 || path.ptr[0] != '/')
            continue;
        if (sv_ends(path, gone))
            path.len -= gone.len;
        if (sv_eq(number, SV("0")) && controllers.len == 0)
            *v2 = path;
        else if (has_controller(controllers, SV("memory")))
            *v1 = path;
        else if (has_controller(controllers, SV("pids")))
            pids = path;
    }
    if (v1->len == 0)
        *v1 = pids;
}
