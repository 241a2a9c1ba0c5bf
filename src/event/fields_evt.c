/* evt.*: the event itself, its time, result and parameters. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "event/event_flags.h"
#include "event/fields.h"

enum { TIME_TEXT_MAX = 64, NS_PER_MS = 1000000 };

static uint32_t evt_num(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_u64(out, e->num);
}

enum { DATE_LEN = sizeof("2026-11-24 ") - 1 };

/* Local time, with or without the date and the nanoseconds. */
static uint32_t time_text(const struct event *e, struct value *out, bool date, bool ns)
{
    time_t seconds = (time_t)(e->time_ns / CLOCK_NS);
    char text[TIME_TEXT_MAX] = "";
    struct tm tm;

    if (localtime_r(&seconds, &tm) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) <= DATE_LEN)
        return 0;
    const char *from = date ? text : text + DATE_LEN;
    if (!ns)
        return field_sv(out, arena_sv(e->scratch, sv(from)));
    return field_sv(out,
                    arena_printf(e->scratch, "%s.%09u", from, (unsigned)(e->time_ns % CLOCK_NS)));
}

static uint32_t evt_time(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return time_text(e, out, false, true);
}

static uint32_t evt_time_s(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return time_text(e, out, false, false);
}

static uint32_t evt_datetime(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return time_text(e, out, true, true);
}

static uint32_t evt_datetime_s(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    return time_text(e, out, true, false);
}

static uint32_t evt_time_iso8601(const struct event *e, const struct field_ref *ref,
                                 struct value *out)
{
    time_t seconds = (time_t)(e->time_ns / CLOCK_NS);
    char text[TIME_TEXT_MAX] = "";
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        return 0;
    return field_sv(
        out, arena_printf(e->scratch, "%s.%09u+0000", text, (unsigned)(e->time_ns % CLOCK_NS)));
}

static uint32_t evt_rawtime(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_u64(out, e->time_ns);
}

static uint32_t evt_rawtime_s(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_u64(out, e->time_ns / CLOCK_NS);
}

static uint32_t evt_rawtime_ns(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    return field_u64(out, e->time_ns % CLOCK_NS);
}

static uint32_t evt_source(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, sv(event_source_name(e->source)));
}

static uint32_t evt_is_async(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_bool(out, false);
}

static uint32_t evt_is_io_uring(const struct event *e, const struct field_ref *ref,
                                struct value *out)
{
    return field_bool(out, e->io_uring);
}

static uint32_t evt_is_name_cut(const struct event *e, const struct field_ref *ref,
                                struct value *out)
{
    return field_bool(out, e->name_cut);
}

static uint32_t evt_is_name_unsure(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    return field_bool(out, e->name_unsure);
}

static uint32_t evt_hostname(const struct event *e, const struct field_ref *ref, struct value *out)
{
    const char *set = getenv("FALCO_HOSTNAME");
    char name[HOST_NAME_MAX + 1] = "";

    if (set != NULL && set[0] != '\0')
        return field_sv(out, sv(set));
    if (gethostname(name, sizeof(name) - 1) != 0)
        return 0;
    return field_sv(out, arena_sv(e->scratch, sv(name)));
}

static uint32_t evt_type(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, sv(event_type_info(e->type)->name));
}

static uint32_t evt_type_is(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_u64(out, sv_eq(ref->key, sv(event_type_info(e->type)->name)));
}

static uint32_t syscall_type(const struct event *e, const struct field_ref *ref, struct value *out)
{
    if (e->type == EVENT_PROCEXIT || e->type == EVENT_PLUGIN)
        return 0;
    return evt_type(e, ref, out);
}

static uint32_t evt_dir(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, e->whole ? SV(">") : SV("<"));
}

static uint32_t evt_category(const struct event *e, const struct field_ref *ref, struct value *out)
{
    const struct event_type_info *info = event_type_info(e->type);

    if (info->io == EVENT_IO_NONE || !e->fd.known)
        return field_sv(out, sv(info->category));
    switch (e->fd.type) {
    case 'f':
    case 'd':
        return field_sv(out, SV("file"));
    case '4':
    case '6':
        return field_sv(out, SV("net"));
    case 'u':
    case 'p':
    case 'e':
    case 's':
    case 'i':
    case 'U':
        return field_sv(out, SV("ipc"));
    default:
        return field_sv(out, sv(info->category));
    }
}

static uint32_t evt_cpu(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_i64(out, e->cpu);
}

static bool write_args(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    const struct event_type_info *info = event_type_info(e->type);

    for (uint32_t i = 0; i < info->param_count; i++) {
        buf_str(out, i == 0 ? "" : " ");
        buf_str(out, info->param[i].name);
        buf_char(out, '=');
        event_param_print(out, e, i);
    }
    return true;
}

static uint32_t evt_args(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_written(e, ref, write_args, out);
}

/* The parameter that the argument names, by number or by name; -1: this type has none. */
static int param_of(const struct event *e, const struct field_ref *ref)
{
    if (ref->index < 0)
        return event_param_index(e->type, ref->key);
    return ref->index < event_type_info(e->type)->param_count ? (int)ref->index : -1;
}

static bool write_arg(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    int index = param_of(e, ref);

    return index >= 0 && event_param_text(out, e, (uint32_t)index);
}

static uint32_t evt_arg(const struct event *e, const struct field_ref *ref, struct value *out)
{
    int index = param_of(e, ref);
    struct sv path;

    if (index >= 0 && event_param_path(e, (uint32_t)index, &path)) {
        *out = value_sv(path);
        return 1;
    }
    return field_written(e, ref, write_arg, out);
}

static uint32_t evt_rawarg(const struct event *e, const struct field_ref *ref, struct value *out)
{
    int index = param_of(e, ref);

    if (index < 0 || (uint32_t)index >= e->arg_count || e->arg[index].kind == VALUE_ABSENT)
        return 0;
    *out = e->arg[index];
    return 1;
}

static bool failed(const struct event *e)
{
    return e->has_result && e->result < 0;
}

static bool write_error(struct buf *out, const struct event *e, const struct field_ref *ref)
{
    event_errno_print(out, 0 - (uint64_t)e->result);
    return true;
}

static uint32_t evt_res(const struct event *e, const struct field_ref *ref, struct value *out)
{
    if (!e->has_result)
        return 0;
    return failed(e) ? field_written(e, ref, write_error, out) : field_sv(out, SV("SUCCESS"));
}

static uint32_t evt_rawres(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->has_result ? field_i64(out, e->result) : 0;
}

static uint32_t evt_failed(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->has_result ? field_bool(out, failed(e)) : 0;
}

static bool io_is(const struct event *e, enum event_io io)
{
    return event_type_info(e->type)->io == io;
}

static uint32_t evt_is_io(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_bool(out, io_is(e, EVENT_IO_READ) || io_is(e, EVENT_IO_WRITE));
}

static uint32_t evt_is_io_read(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    return field_bool(out, io_is(e, EVENT_IO_READ));
}

static uint32_t evt_is_io_write(const struct event *e, const struct field_ref *ref,
                                struct value *out)
{
    return field_bool(out, io_is(e, EVENT_IO_WRITE));
}

static uint32_t evt_io_dir(const struct event *e, const struct field_ref *ref, struct value *out)
{
    if (io_is(e, EVENT_IO_READ))
        return field_sv(out, SV("r"));
    return io_is(e, EVENT_IO_WRITE) ? field_sv(out, SV("w")) : 0;
}

static uint32_t evt_is_wait(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_bool(out, sv_eq(sv(event_type_info(e->type)->category), SV("wait")));
}

static uint32_t evt_is_syslog(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_bool(out, io_is(e, EVENT_IO_WRITE) && sv_ends(e->fd.name, SV("/dev/log")));
}

static uint32_t evt_count(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_u64(out, 1);
}

static uint32_t evt_count_error(const struct event *e, const struct field_ref *ref,
                                struct value *out)
{
    return field_u64(out, failed(e));
}

/* evt.count.error.CATEGORY: absent for events of other categories. */
static uint32_t evt_count_error_in(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    static const char *const named[] = {"file", "net", "memory"};
    struct sv name = sv(ref->field->name);
    struct sv want = sv_sub(name, sv_rfind_char(name, '.') + 1, name.len);
    struct sv category = SV("other");
    struct value own;

    if (evt_category(e, ref, &own) > 0) {
        for (size_t i = 0; i < ARRAY_LEN(named); i++) {
            if (sv_eq(own.text, sv(named[i])))
                category = own.text;
        }
    }
    return sv_eq(category, want) ? evt_count_error(e, ref, out) : 0;
}

/* How far the event is from the time given, in ms. */
static uint32_t evt_around(const struct event *e, const struct field_ref *ref, struct value *out)
{
    uint64_t at = (uint64_t)ref->index;

    return field_u64(out, (e->time_ns > at ? e->time_ns - at : at - e->time_ns) / NS_PER_MS);
}

static uint32_t evt_abspath(const struct event *e, const struct field_ref *ref, struct value *out)
{
    if (!sv_ends(sv(event_type_info(e->type)->name), SV("at")) && e->type != EVENT_OPENAT2 &&
        e->type != EVENT_RENAMEAT2 && e->type != EVENT_FCHMODAT2)
        return 0;
    if (sv_eq(ref->key, SV("dst")))
        return field_sv(out, e->path_target);
    return field_sv(out, e->path_source.len > 0 ? e->path_source : e->path);
}

static uint32_t evt_is_open_read(const struct event *e, const struct field_ref *ref,
                                 struct value *out)
{
    return field_bool(out, (event_opening(e) & EVENT_OPENS_READ) != 0);
}

static uint32_t evt_is_open_write(const struct event *e, const struct field_ref *ref,
                                  struct value *out)
{
    return field_bool(out, (event_opening(e) & EVENT_OPENS_WRITE) != 0);
}

static uint32_t evt_is_open_exec(const struct event *e, const struct field_ref *ref,
                                 struct value *out)
{
    return field_bool(out, (event_opening(e) & EVENT_OPENS_EXEC) != 0);
}

static uint32_t evt_is_open_create(const struct event *e, const struct field_ref *ref,
                                   struct value *out)
{
    int flags = event_param_index(e->type, SV("flags"));
    bool made = e->type == EVENT_CREAT && !failed(e);

    if (event_opens(e->type) && flags >= 0 && (uint32_t)flags < e->arg_count)
        made = (e->arg[flags].u64 & EVENT_O_CREATED) != 0 ||
               ((e->open_flags & O_TMPFILE) == O_TMPFILE && !failed(e));
    return field_bool(out, made);
}

#define ROW(...) FIELD_ROW(FIELD_SYSCALL, __VA_ARGS__)
#define ROW_ALL(...) FIELD_ROW(FIELD_ALL_SOURCES, __VA_ARGS__)

/* clang-format off */
static const struct field rows[] = {
    ROW("evt.abspath", CHARBUF, KEY_OR_NONE, 0, evt_abspath,
        "full path of a call that takes a directory and a name; `src` and `dst` where there are two"),
    ROW("evt.arg", CHARBUF, ANY, 0, evt_arg,
        "one parameter, by name or number, in words where it has some: O_RDONLY|O_CLOEXEC"),
    ROW("evt.args", CHARBUF, NONE, 0, evt_args, "all parameters as name=value, with the words"),
    ROW("evt.around", UINT64, INDEX, 0, evt_around,
        "distance in milliseconds from the time given, in ns since the epoch"),
    ROW_ALL("evt.asynctype", CHARBUF, NONE, FIELD_NO_VALUE, NULL,
        "what kind of asynchronous event it is"),
    ROW("evt.buffer", BYTEBUF, NONE, FIELD_NO_VALUE, NULL, "data read or written"),
    ROW("evt.buflen", UINT64, NONE, FIELD_NO_VALUE, NULL, "how much was read or written, in bytes"),
    ROW("evt.category", CHARBUF, NONE, 0, evt_category,
        "kind of event: file, net, process, memory, user, signal, ipc, wait, other ..."),
    ROW("evt.count", UINT32, NONE, 0, evt_count, "always 1, for counting"),
    ROW("evt.count.error", UINT32, NONE, 0, evt_count_error, "1 when the call failed, else 0"),
    ROW("evt.count.error.file", UINT32, NONE, 0, evt_count_error_in,
        "the same, for file events only"),
    ROW("evt.count.error.memory", UINT32, NONE, 0, evt_count_error_in,
        "the same, for memory events only"),
    ROW("evt.count.error.net", UINT32, NONE, 0, evt_count_error_in,
        "the same, for network events only"),
    ROW("evt.count.error.other", UINT32, NONE, 0, evt_count_error_in,
        "the same, for all other events"),
    ROW("evt.count.exit", UINT32, NONE, 0, evt_count, "always 1: events are made when a call ends"),
    ROW("evt.cpu", INT16, NONE, 0, evt_cpu, "number of the CPU it happened on"),
    ROW_ALL("evt.datetime", CHARBUF, NONE, FIELD_TIME_TEXT, evt_datetime,
        "local date and time with nanoseconds"),
    ROW_ALL("evt.datetime.s", CHARBUF, NONE, FIELD_TIME_TEXT, evt_datetime_s,
        "local date and time to the second"),
    ROW("evt.deltatime", RELTIME, NONE, FIELD_NO_VALUE, NULL, "time since the event before"),
    ROW("evt.deltatime.ns", RELTIME, NONE, FIELD_NO_VALUE, NULL,
        "part of it below the second, in ns"),
    ROW("evt.deltatime.s", RELTIME, NONE, FIELD_NO_VALUE, NULL, "its whole seconds"),
    ROW("evt.dir", CHARBUF, NONE, FIELD_DEPRECATED, evt_dir,
        "always <: events are made when a call ends"),
    ROW("evt.failed", BOOL, NONE, 0, evt_failed, "the call returned an error"),
    ROW_ALL("evt.hostname", CHARBUF, NONE, 0, evt_hostname,
        "name of this machine, or FALCO_HOSTNAME where that is set"),
    ROW("evt.info", CHARBUF, NONE, 0, evt_args, "the same as evt.args"),
    ROW("evt.io_dir", CHARBUF, NONE, 0, evt_io_dir, "r when it reads from a descriptor, w when it writes"),
    ROW_ALL("evt.is_async", BOOL, NONE, 0, evt_is_async,
        "made by a source beside its own events; never so here"),
    ROW("evt.is_io", BOOL, NONE, 0, evt_is_io, "reads from or writes to a descriptor"),
    ROW("evt.is_io_read", BOOL, NONE, 0, evt_is_io_read, "reads from a descriptor"),
    ROW("evt.is_io_uring", BOOL, NONE, 0, evt_is_io_uring,
        "asked for through io_uring instead of by a call of its own"),
    ROW("evt.is_io_write", BOOL, NONE, 0, evt_is_io_write, "writes to a descriptor"),
    ROW("evt.is_name_cut", BOOL, NONE, 0, evt_is_name_cut,
        "a name is longer than can be told: its end is there, without a slash before it"),
    ROW("evt.is_name_unsure", BOOL, NONE, 0, evt_is_name_unsure,
        "a name may have been rewritten while the call lasted: what was used may be another"),
    ROW("evt.is_open_create", BOOL, NONE, 0, evt_is_open_create, "an open that made the file"),
    ROW("evt.is_open_exec", BOOL, NONE, 0, evt_is_open_exec,
        "an open that may make a file, with execute permission"),
    ROW("evt.is_open_read", BOOL, NONE, 0, evt_is_open_read, "an open for reading"),
    ROW("evt.is_open_write", BOOL, NONE, 0, evt_is_open_write, "an open for writing"),
    ROW("evt.is_syslog", BOOL, NONE, 0, evt_is_syslog, "a write to /dev/log"),
    ROW("evt.is_wait", BOOL, NONE, 0, evt_is_wait, "makes the thread wait"),
    ROW("evt.latency", RELTIME, NONE, FIELD_DEPRECATED | FIELD_NO_VALUE, NULL,
        "how long the call took"),
    ROW("evt.latency.human", CHARBUF, NONE, FIELD_DEPRECATED | FIELD_NO_VALUE, NULL,
        "the same with a unit"),
    ROW("evt.latency.ns", RELTIME, NONE, FIELD_DEPRECATED | FIELD_NO_VALUE, NULL,
        "part of it below the second, in ns"),
    ROW("evt.latency.quantized", UINT64, NONE, FIELD_DEPRECATED | FIELD_NO_VALUE, NULL,
        "its logarithm in steps"),
    ROW("evt.latency.s", RELTIME, NONE, FIELD_DEPRECATED | FIELD_NO_VALUE, NULL,
        "its whole seconds"),
    ROW_ALL("evt.num", UINT64, NONE, 0, evt_num, "number of the event, from 1"),
    ROW_ALL("evt.plugininfo", CHARBUF, NONE, FIELD_NO_VALUE, NULL,
        "summary of the event by its source"),
    ROW_ALL("evt.pluginname", CHARBUF, NONE, FIELD_NO_VALUE, NULL, "name of the source's plugin"),
    ROW("evt.rawarg", DYNAMIC, KEY, 0, evt_rawarg, "one parameter by name, as a number or a text"),
    ROW("evt.rawres", INT64, NONE, 0, evt_rawres, "what the call returned, negative for an error"),
    ROW_ALL("evt.rawtime", ABSTIME, NONE, 0, evt_rawtime, "when, in ns since the epoch"),
    ROW_ALL("evt.rawtime.ns", ABSTIME, NONE, 0, evt_rawtime_ns, "part of it below the second, in ns"),
    ROW_ALL("evt.rawtime.s", ABSTIME, NONE, 0, evt_rawtime_s, "its whole seconds"),
    ROW_ALL("evt.reltime", RELTIME, NONE, FIELD_NO_VALUE, NULL, "time since the first event"),
    ROW_ALL("evt.reltime.ns", RELTIME, NONE, FIELD_NO_VALUE, NULL,
        "part of it below the second, in ns"),
    ROW_ALL("evt.reltime.s", RELTIME, NONE, FIELD_NO_VALUE, NULL, "its whole seconds"),
    ROW("evt.res", CHARBUF, NONE, 0, evt_res, "SUCCESS, or the name of the error: ENOENT"),
    ROW_ALL("evt.source", CHARBUF, NONE, 0, evt_source, "where it came from: syscall, k8s_audit ..."),
    ROW_ALL("evt.time", CHARBUF, NONE, FIELD_TIME_TEXT, evt_time, "local time of day with nanoseconds"),
    ROW_ALL("evt.time.iso8601", CHARBUF, NONE, FIELD_TIME_TEXT, evt_time_iso8601,
        "date and time in UTC with nanoseconds, as ISO 8601 writes it"),
    ROW_ALL("evt.time.s", CHARBUF, NONE, FIELD_TIME_TEXT, evt_time_s, "local time of day to the second"),
    ROW("evt.type", CHARBUF, NONE, 0, evt_type, "name of the event: openat, execve, procexit ..."),
    ROW("evt.type.is", UINT32, KEY, 0, evt_type_is, "1 when the event has the type given, else 0"),
    ROW("evt.wait_latency", RELTIME, NONE, FIELD_DEPRECATED | FIELD_NO_VALUE, NULL,
        "how long the call waited"),
    ROW("syscall.type", CHARBUF, NONE, 0, syscall_type,
        "name of the system call; absent for events that are none"),
};
/* clang-format on */

const struct field_table field_table_evt = FIELD_TABLE("Events", rows);
