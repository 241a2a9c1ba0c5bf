/* event/fields.h - what the files of field rows share; only fields_*.c and field.c include it. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "event/field.h"

/* The rows of one class, sorted by name. */
struct field_table {
    const char *title; /* for people: "Processes" */
    const struct field *field;
    uint32_t count;
};

extern const struct field_table field_table_aws, field_table_container, field_table_entry,
    field_table_evt, field_table_fd, field_table_gcp, field_table_github, field_table_json,
    field_table_k8s_audit, field_table_okta, field_table_proc, field_table_proc_tree,
    field_table_thread, field_table_user;

#define FIELD_SYSCALL (1u << SOURCE_SYSCALL)
#define FIELD_ALL_SOURCES ((1u << SOURCE_COUNT) - 1)

/* clang-format off */
#define FIELD_ROW(sources_, name_, type_, arg_, flags_, extract_, meaning_) \
    {name_, VALUE_##type_, FIELD_ARG_##arg_, sources_, flags_, meaning_, extract_, NULL, NULL}
/* ... and what its values are made of. */
#define FIELD_ROW_MADE_OF(sources_, name_, type_, arg_, flags_, extract_, made_of_, meaning_) \
    {name_, VALUE_##type_, FIELD_ARG_##arg_, sources_, flags_, meaning_, extract_, NULL, made_of_}
/* ... and the names on the way to its value: see event/json_field.h. */
#define FIELD_JSON_ROW(sources_, name_, type_, arg_, flags_, extract_, meaning_, ...) \
    {name_, VALUE_##type_, FIELD_ARG_##arg_, sources_, flags_, meaning_, extract_, \
     (const char *const[]){__VA_ARGS__, NULL}}
#define FIELD_TABLE(title_, rows_) {title_, rows_, ARRAY_LEN(rows_)}
/* clang-format on */

/* What an extractor returns: one value, or none. A text is absent when it is empty. */
static inline uint32_t field_sv(struct value *out, struct sv text)
{
    *out = value_sv(text);
    return text.len > 0;
}
static inline uint32_t field_u64(struct value *out, uint64_t number)
{
    *out = value_u64(number);
    return 1;
}
static inline uint32_t field_i64(struct value *out, int64_t number)
{
    *out = value_i64(number);
    return 1;
}
static inline uint32_t field_bool(struct value *out, bool truth)
{
    *out = value_bool(truth);
    return 1;
}

/* A boot time as wall time, by the two times of the event; 0 when they are not both known. */
static inline uint64_t field_wall_ns(const struct event *event, uint64_t boot_ns)
{
    if (event->boot_ns == 0 || boot_ns == 0)
        return 0;
    return event->time_ns - event->boot_ns + boot_ns;
}

/* The process `levels` above, 0 for itself; NULL when there is none. */
static inline const struct process *field_ancestor(const struct process *process, int64_t levels)
{
    if (levels < 0 || levels > PROCESS_ANCESTORS_MAX)
        return NULL;
    for (; levels > 0 && process != NULL; levels--)
        process = process->parent;
    return process;
}

/* Text that an extractor makes: `write` appends it, and says false when there is none. It is called
 * again when the text is long, and must then do the same. The result lives in event->scratch. */
typedef bool (*field_write_fn)(struct buf *out, const struct event *event,
                               const struct field_ref *ref);
uint32_t field_written(const struct event *event, const struct field_ref *ref, field_write_fn write,
                       struct value *out);

/* One text of many: commas between, `before` and `after` around. None when there are none. */
uint32_t field_joined(const struct event *event, const struct value *value, uint32_t count,
                      const char *before, const char *after, struct value *out);

/* Append the environment of a process: the value of the variable ref->key, or all of it without an
 * argument. false when there is none. */
bool field_write_env(struct buf *out, const struct process *process, const struct field_ref *ref);
