/* match/finding.c - the JSON of a finding.
 *
 * Members are written in one pass, so their order is fixed: Falco's, in Falco's order, then
 * `tiercel`, then `uuid`. A member whose value is not known is left out of `tiercel`; inside
 * output_fields it is null, as Falco has it. */
#include "match/finding.h"

#include <errno.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"

#define ID_SEED 0x7469657263656cULL /* changing it changes every id */

/* ------------------------------------------------------------------------------- id and times */

/* A UUID of version 8: 122 bits of hash. */
static void make_id(const struct finding_place *place, const struct rule *rule,
                    const struct event *event, char id[FINDING_ID_LEN + 1])
{
    const uint64_t number[] = {
        event->time_ns,
        event->num,
        event->tid,
        event->type,
        event->process == NULL ? 0 : event->process->pid,
        event->process == NULL ? 0 : event->process->start_ns,
    };
    scoped(buf_done) struct buf parts = {0};

    buf_bytes(&parts, place->hostname, strlen(place->hostname) + 1);
    buf_bytes(&parts, rule->name, strlen(rule->name) + 1);
    buf_bytes(&parts, number, sizeof(number));
    uint64_t high = hash_seed(buf_view(&parts), ID_SEED);
    uint64_t low = hash_seed(buf_view(&parts), ~ID_SEED);
    high = (high & ~0xf000ULL) | 0x8000ULL;
    low = (low & ~(3ULL << 62)) | (2ULL << 62);
    (void)snprintf(id, FINDING_ID_LEN + 1, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32),
                   (unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xffff, (unsigned)(low >> 48),
                   (unsigned long long)(low & 0xffffffffffffULL));
}

static void put_time(struct json_writer *w, const char *key, uint64_t wall_ns)
{
    scoped(buf_done) struct buf text = {0};

    clock_iso8601(&text, wall_ns);
    json_key(w, key);
    json_sv(w, buf_view(&text));
}

static uint64_t wall(const struct finding_place *place, uint64_t boot_ns)
{
    return boot_ns + (uint64_t)place->boot_offset_ns;
}

/* ------------------------------------------------------------------------------- small pieces */

static void put_sv(struct json_writer *w, const char *key, struct sv text)
{
    if (text.len == 0)
        return;
    json_key(w, key);
    json_sv(w, text);
}

static void put_str(struct json_writer *w, const char *key, const char *text)
{
    put_sv(w, key, sv(text));
}

static void put_u64(struct json_writer *w, const char *key, uint64_t number)
{
    json_key(w, key);
    json_u64(w, number);
}

static void put_bool(struct json_writer *w, const char *key, bool truth)
{
    json_key(w, key);
    json_bool(w, truth);
}

/* -------------------------------------------------------------------------- Falco's own members */

static void put_output(struct json_writer *w, const struct rule *rule, const struct event *event)
{
    scoped(buf_done) struct buf text = {0};

    clock_iso8601(&text, event->time_ns);
    text.len--; /* the Z: Falco writes a numeric zone in this place */
    buf_printf(&text, "+0000: %s ", rule_priority_name(rule->priority));
    output_render(rule->output, event, &text);
    json_key(w, "output");
    json_sv(w, buf_view(&text));
}

static void put_output_fields(struct json_writer *w, const struct rule *rule,
                              const struct event *event)
{
    struct sv stamp = SV("evt.time.iso8601");
    bool stamped = false;

    json_key(w, "output_fields");
    json_object_begin(w);
    for (uint32_t i = 0; i < output_field_count(rule->output); i++) {
        struct sv name = output_field_name(rule->output, i);
        stamped |= sv_eq(name, stamp);
        json_key_sv(w, name);
        output_field_json(rule->output, i, event, w);
    }
    if (!stamped) {
        json_key_sv(w, stamp);
        json_u64(w, event->time_ns);
    }
    json_object_end(w);
}

static void put_tags(struct json_writer *w, const struct rule *rule)
{
    json_key(w, "tags");
    json_array_begin(w);
    for (uint32_t i = 0; i < rule->tag_count; i++)
        json_str(w, rule->tag[i]);
    json_array_end(w);
}

/* ---------------------------------------------------------------------------------- rule and why
 */

static void put_reason(struct json_writer *w, const struct condition_reason *reason)
{
    scoped(buf_done) struct buf name = {0};

    json_object_begin(w);
    put_sv(w, "predicate", reason->text);
    put_bool(w, "holds", !reason->negated);
    if (reason->ref != NULL) {
        field_ref_print(&name, reason->ref);
        put_sv(w, "field", buf_view(&name));
    }
    json_key(w, "value");
    if (reason->value.kind == VALUE_ABSENT)
        json_null(w);
    else
        value_json(w, reason->type, &reason->value);
    json_object_end(w);
}

static void put_rule(struct json_writer *w, const struct rule *rule, const struct event *event)
{
    struct condition_trace trace;

    condition_explain(rule->condition, event, &trace);
    json_key(w, "rule");
    json_object_begin(w);
    put_str(w, "description", rule->description);
    put_str(w, "file", rule->file);
    put_u64(w, "line", rule->line);
    put_str(w, "condition", rule->condition_text);
    json_key(w, "matched");
    json_array_begin(w);
    for (uint32_t i = 0; i < trace.count; i++)
        put_reason(w, &trace.reason[i]);
    json_array_end(w);
    if (trace.more > 0)
        put_u64(w, "matched_more", trace.more);
    json_object_end(w);
}

/* -------------------------------------------------------------------------------- the entities */

static void put_container(struct json_writer *w, const struct container *container)
{
    json_key(w, "container");
    json_object_begin(w);
    put_sv(w, "id", container->id);
    put_sv(w, "full_id", container->full_id);
    put_sv(w, "name", container->name);
    put_sv(w, "runtime", container->runtime);
    if (container->has_spec)
        put_bool(w, "privileged", container->privileged);
    json_object_end(w);

    json_key(w, "image");
    json_object_begin(w);
    put_sv(w, "name", container->image);
    put_sv(w, "repository", container->image_repository);
    put_sv(w, "tag", container->image_tag);
    put_sv(w, "digest", container->image_digest);
    put_sv(w, "id", container->image_id);
    json_object_end(w);

    put_sv(w, "namespace", container->namespace_name);
    if (container->pod_name.len == 0 && container->pod_uid.len == 0)
        return;
    json_key(w, "pod");
    json_object_begin(w);
    put_sv(w, "name", container->pod_name);
    put_sv(w, "uid", container->pod_uid);
    json_object_end(w);
}

/* The members that a process and each of its ancestors have. */
static void put_process_core(struct json_writer *w, const struct finding_place *place,
                             const struct process *process)
{
    put_u64(w, "pid", process->pid);
    put_time(w, "start", wall(place, process->start_ns));
    put_sv(w, "name", process->name);
    put_sv(w, "exe", process->program->path);
    put_sv(w, "cmdline", process->program->command_line);
    if (process->program->args_cut)
        put_bool(w, "cmdline_cut", true);
}

static void put_user(struct json_writer *w, const char *key, uint32_t uid, const struct user *user)
{
    json_key(w, key);
    json_object_begin(w);
    put_u64(w, "uid", uid);
    if (user != NULL)
        put_sv(w, "name", user->name);
    json_object_end(w);
}

static void put_capabilities(struct json_writer *w, const struct event *event)
{
    static const char *const field[] = {"thread.cap_effective", "thread.cap_permitted",
                                        "thread.cap_inheritable"};
    static const char *const key[] = {"effective", "permitted", "inheritable"};
    struct value value[FIELD_VALUES_MAX];

    json_key(w, "capabilities");
    json_object_begin(w);
    for (size_t i = 0; i < ARRAY_LEN(field); i++) {
        struct field_ref ref = {.field = field_find(sv(field[i])), .index = -1};
        json_key(w, key[i]);
        json_array_begin(w);
        if (field_extract(event, &ref, value) > 0 && value[0].kind == VALUE_TEXT) {
            struct sv names = value[0].text;
            while (names.len > 0)
                json_sv(w, sv_split(&names, ' '));
        }
        json_array_end(w);
    }
    json_object_end(w);
}

static void put_process(struct json_writer *w, const struct finding_place *place,
                        const struct event *event)
{
    const struct process *process = event->process;
    unsigned level = 0;

    json_key(w, "process");
    json_object_begin(w);
    put_process_core(w, place, process);
    put_u64(w, "tid", event->tid);
    put_u64(w, "vpid", process->vpid);
    put_u64(w, "ppid", process->ppid);
    put_sv(w, "cwd", process->cwd);
    put_u64(w, "tty", process->tty);
    put_user(w, "user", process->creds.euid, process->user);
    if (process->creds.login_uid != PROCESS_NO_UID)
        put_user(w, "login_user", process->creds.login_uid, process->login_user);
    put_capabilities(w, event);
    json_object_end(w);

    json_key(w, "ancestors");
    json_array_begin(w);
    for (const struct process *up = process->parent; up != NULL && level < PROCESS_ANCESTORS_MAX;
         up = up->parent, level++) {
        json_object_begin(w);
        put_process_core(w, place, up);
        json_object_end(w);
    }
    json_array_end(w);
}

/* --------------------------------------------------- where to look next: window, link, queries */

static void put_query(struct json_writer *w, enum event_source source, struct buf *condition)
{
    json_object_begin(w);
    put_str(w, "source", event_source_name(source));
    put_sv(w, "condition", buf_view(condition));
    json_object_end(w);
    buf_reset(condition);
}

/* A value inside a condition: quoted, quotes and backslashes escaped. */
static void put_quoted(struct buf *out, struct sv text)
{
    buf_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            buf_char(out, '\\');
        buf_char(out, text.ptr[i]);
    }
    buf_char(out, '"');
}

static void put_queries(struct json_writer *w, const struct container *container)
{
    scoped(buf_done) struct buf text = {0};

    if (container == NULL || container->namespace_name.len == 0)
        return;
    json_key(w, "queries");
    json_array_begin(w);
    buf_str(&text, "ka.target.namespace = ");
    put_quoted(&text, container->namespace_name);
    if (container->pod_name.len > 0) {
        buf_str(&text, " and ka.target.name = ");
        put_quoted(&text, container->pod_name);
    }
    put_query(w, SOURCE_K8S_AUDIT, &text);
    buf_str(&text, "ka.target.namespace = ");
    put_quoted(&text, container->namespace_name);
    buf_str(&text, " and ka.verb in (create, update, patch, delete)");
    put_query(w, SOURCE_K8S_AUDIT, &text);
    buf_str(&text, "ct.user startswith ");
    scoped(buf_done) struct buf account = {0};
    buf_str(&account, "system:serviceaccount:");
    buf_sv(&account, container->namespace_name);
    buf_char(&account, ':');
    put_quoted(&text, buf_view(&account));
    put_query(w, SOURCE_AWS_CLOUDTRAIL, &text);
    json_array_end(w);
}

static void put_pointers(struct json_writer *w, const struct finding_place *place,
                         const struct rule *rule, const struct event *event, const char *id)
{
    const struct container *container = event->process == NULL ? NULL : event->process->container;

    json_key(w, "window");
    json_object_begin(w);
    put_time(w, "from", event->time_ns - FINDING_WINDOW_NS);
    put_time(w, "to", event->time_ns + FINDING_WINDOW_NS);
    json_object_end(w);
    put_str(w, "playbook", rule->playbook);
    if (place->link[0] != '\0') {
        scoped(buf_done) struct buf link = {0};
        buf_printf(&link, "%s/findings/%s", place->link, id);
        put_sv(w, "link", buf_view(&link));
    }
    put_queries(w, container);
}

static void put_tiercel(struct json_writer *w, const struct finding_place *place,
                        const struct rule *rule, const struct event *event, const char *id)
{
    json_key(w, "tiercel");
    json_object_begin(w);
    put_str(w, "id", id);
    if (rule->confidence != CONFIDENCE_NONE)
        put_str(w, "confidence", rule_confidence_name(rule->confidence));
    put_str(w, "owner", rule->owner);
    put_rule(w, rule, event);
    if (event->io_uring)
        put_bool(w, "io_uring", true);
    if (event->name_unsure)
        put_bool(w, "name_unsure", true);
    put_str(w, "node", place->node);
    put_str(w, "cluster", place->cluster);
    if (event->process != NULL && event->process->container != NULL)
        put_container(w, event->process->container);
    if (event->process != NULL)
        put_process(w, place, event);
    put_pointers(w, place, rule, event, id);
    json_object_end(w);
}

int finding_make(struct buf *json, const struct finding_place *place, const struct rule *rule,
                 const struct event *event)
{
    char id[FINDING_ID_LEN + 1];
    struct json_writer w = json_writer_on(json);

    make_id(place, rule, event, id);
    json_object_begin(&w);
    put_str(&w, "hostname", place->hostname);
    put_output(&w, rule, event);
    put_output_fields(&w, rule, event);
    put_str(&w, "priority", rule_priority_name(rule->priority));
    put_str(&w, "rule", rule->name);
    put_str(&w, "source", event_source_name(event->source));
    put_tags(&w, rule);
    put_time(&w, "time", event->time_ns);
    put_tiercel(&w, place, rule, event, id);
    put_str(&w, "uuid", id);
    json_object_end(&w);
    return json->error;
}
