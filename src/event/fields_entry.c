/* proc.container_entry*: how the process, or the ancestor through which it came, got into its
 * container; container.joined.*: the container whose namespaces a process of the host has joined.
 *
 * The entry is the first process of the line that is inside; `by` is its parent, which is not. */
#include "event/fields.h"

static const struct process *entry_of(const struct event *e)
{
    return process_entry_of(e->process);
}

static const struct process *by_of(const struct event *e)
{
    const struct process *entry = entry_of(e);

    return entry == NULL ? NULL : entry->parent;
}

static uint32_t pid_of(const struct process *process, struct value *out)
{
    return process == NULL ? 0 : field_i64(out, process->pid);
}

static uint32_t name_of(const struct process *process, struct value *out)
{
    return process == NULL ? 0 : field_sv(out, process->name);
}

static uint32_t cmdline_of(const struct process *process, struct value *out)
{
    return process == NULL ? 0 : field_sv(out, process->program->command_line);
}

static uint32_t entry_how(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_sv(out, process_entered_name(e->process->entered));
}

static uint32_t entry_pid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return pid_of(entry_of(e), out);
}

static uint32_t entry_name(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return name_of(entry_of(e), out);
}

static uint32_t entry_cmdline(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return cmdline_of(entry_of(e), out);
}

static uint32_t by_pid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return pid_of(by_of(e), out);
}

static uint32_t by_name(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return name_of(by_of(e), out);
}

static uint32_t by_cmdline(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return cmdline_of(by_of(e), out);
}

static uint32_t is_entry(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_bool(out, e->process->is_entry);
}

static uint32_t is_probe(const struct event *e, enum container_probe probe, struct value *out)
{
    return e->process == NULL ? 0 : field_bool(out, e->process->probe == probe);
}

static uint32_t is_healthcheck(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    return is_probe(e, PROBE_HEALTH, out);
}

static uint32_t is_liveness(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return is_probe(e, PROBE_LIVENESS, out);
}

static uint32_t is_readiness(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return is_probe(e, PROBE_READINESS, out);
}

#define JOINED(e, member)                                                                          \
    ((e)->process == NULL || (e)->process->joined == NULL ? (struct sv){NULL, 0}                   \
                                                          : (e)->process->joined->member)

static uint32_t joined_id(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, JOINED(e, id));
}

static uint32_t joined_image(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, JOINED(e, image));
}

static uint32_t joined_name(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, JOINED(e, name));
}

static uint32_t joined_namespace(const struct event *e, const struct field_ref *ref,
                                 struct value *out)
{
    return field_sv(out, JOINED(e, namespace_name));
}

static uint32_t joined_pod(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return field_sv(out, JOINED(e, pod_name));
}

#define ROW(name, type, extract, meaning)                                                          \
    FIELD_ROW(FIELD_SYSCALL, name, type, NONE, FIELD_PROCESS, extract, meaning)

/* clang-format off */
static const struct field rows[] = {
    ROW("container.joined.id", CHARBUF, joined_id,
        "container whose namespaces the process has joined from outside (nsenter): first 12 characters of the id"),
    ROW("container.joined.image", CHARBUF, joined_image, "its image"),
    ROW("container.joined.name", CHARBUF, joined_name, "its name"),
    ROW("container.joined.ns", CHARBUF, joined_namespace, "namespace of its pod"),
    ROW("container.joined.pod", CHARBUF, joined_pod, "name of its pod"),
    ROW("proc.container_entry", CHARBUF, entry_how,
        "how its line of descent came into the container: start (the container's own), exec (put into it later by a runtime), namespaces (joined from outside); absent outside containers"),
    ROW("proc.container_entry.by.cmdline", CHARBUF, by_cmdline, "command line of the process outside that brought it in"),
    ROW("proc.container_entry.by.name", CHARBUF, by_name, "name of the process outside that brought it in"),
    ROW("proc.container_entry.by.pid", INT64, by_pid, "id of the process outside that brought it in"),
    ROW("proc.container_entry.cmdline", CHARBUF, entry_cmdline, "command line of the first of its line that is inside"),
    ROW("proc.container_entry.name", CHARBUF, entry_name, "name of the first of its line that is inside"),
    ROW("proc.container_entry.pid", INT64, entry_pid, "id of the first of its line that is inside"),
    ROW("proc.is_container_entry", BOOL, is_entry, "is the first of its line that is inside the container"),
    ROW("proc.is_container_healthcheck", BOOL, is_healthcheck,
        "runs as, or below, the container's health check"),
    ROW("proc.is_container_liveness_probe", BOOL, is_liveness,
        "runs as, or below, the container's liveness probe"),
    ROW("proc.is_container_readiness_probe", BOOL, is_readiness,
        "runs as, or below, the container's readiness probe"),
};
/* clang-format on */

const struct field_table field_table_entry = FIELD_TABLE("Coming into containers", rows);
