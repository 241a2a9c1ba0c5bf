/* match/finding.c - the JSON of a finding.
 *
 * Members are written in one pass, so their order is fixed: Falco's, in Falco's order, then
 * `tiercel`, then `uuid`. A member whose value is not known is left out of `tiercel`; inside
 * output_fields it is null, as Falco has it. */
#include "match/finding.h"

#include "base/json.h"
#include "event/capability.h"
#include "match/finding_id.h"
#include "match/finding_signal.h"

#define KEY JSON_KEY

/* ------------------------------------------------------------------------------- id and times */

/* What it is made of is put together behind `json`, which has room to spare, or an error. */
static void make_id(struct buf *json, const struct finding_place *place, const struct rule *rule,
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
    size_t before = json->len;

    if (event->id.len > 0)
        buf_sv(json, event->id); /* whoever saw it, and however often */
    else
        buf_bytes(json, place->hostname, strlen(place->hostname) + 1);
    buf_bytes(json, rule->name, strlen(rule->name) + 1);
    if (event->id.len == 0)
        buf_bytes(json, number, sizeof(number));
    struct sv parts = sv_sub(buf_view(json), before, json->len);
    finding_id(parts, id);
    json->len = before;
}

static void put_time(struct json_writer *w, struct sv key, uint64_t wall_ns)
{
    char text[CLOCK_ISO8601_LEN];

    json_key_made(w, key);
    json_sv(w, clock_iso8601_text(wall_ns, text));
}

static uint64_t wall(const struct finding_place *place, uint64_t boot_ns)
{
    return boot_ns + (uint64_t)place->boot_offset_ns;
}

/* ------------------------------------------------------------------------------- small pieces */

static void put_sv(struct json_writer *w, struct sv key, struct sv text)
{
    if (text.len == 0)
        return;
    json_key_made(w, key);
    json_sv(w, text);
}

static void put_str(struct json_writer *w, struct sv key, const char *text)
{
    put_sv(w, key, sv(text));
}

static void put_u64(struct json_writer *w, struct sv key, uint64_t number)
{
    json_key_made(w, key);
    json_u64(w, number);
}

static void put_bool(struct json_writer *w, struct sv key, bool truth)
{
    json_key_made(w, key);
    json_bool(w, truth);
}

/* -------------------------------------------------------------------------- Falco's own members */

static void put_output(struct json_writer *w, const struct rule *rule, const struct event *event)
{
    scoped(buf_done) struct buf text = {0};

    finding_output_start(&text, event->time_ns, rule->priority);
    output_render(rule->output, event, &text);
    json_key_made(w, KEY("output"));
    json_sv(w, buf_view(&text));
}

static void put_output_fields(struct json_writer *w, const struct rule *rule,
                              const struct event *event)
{
    struct sv stamp = SV("evt.time.iso8601");
    bool stamped = false;

    json_key_made(w, KEY("output_fields"));
    json_object_begin(w);
    for (uint32_t i = 0; i < output_field_count(rule->output); i++) {
        struct sv name = output_field_name(rule->output, i);
        stamped |= sv_eq(name, stamp);
        json_key_sv(w, name);
        output_field_json(rule->output, i, event, w);
    }
    if (!stamped) {
        json_key_made(w, KEY("evt.time.iso8601"));
        json_u64(w, event->time_ns);
    }
    json_object_end(w);
}

static void put_tags(struct json_writer *w, const struct rule *rule)
{
    json_key_made(w, KEY("tags"));
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
    put_sv(w, KEY("predicate"), reason->text);
    put_bool(w, KEY("holds"), !reason->negated);
    if (reason->ref != NULL) {
        field_ref_print(&name, reason->ref);
        put_sv(w, KEY("field"), buf_view(&name));
    }
    json_key_made(w, KEY("value"));
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
    json_key_made(w, KEY("rule"));
    json_object_begin(w);
    put_str(w, KEY("description"), rule->description);
    put_str(w, KEY("file"), rule->file);
    put_u64(w, KEY("line"), rule->line);
    put_str(w, KEY("condition"), rule->condition_text);
    json_key_made(w, KEY("matched"));
    json_array_begin(w);
    for (uint32_t i = 0; i < trace.count; i++)
        put_reason(w, &trace.reason[i]);
    json_array_end(w);
    if (trace.more > 0)
        put_u64(w, KEY("matched_more"), trace.more);
    json_object_end(w);
}

/* -------------------------------------------------------------------------------- the entities */

static void put_labels(struct json_writer *w, const struct label *label, uint32_t count)
{
    json_key_made(w, KEY("labels"));
    json_object_begin(w);
    for (uint32_t i = 0; i < count; i++) {
        json_key_sv(w, label[i].key);
        json_sv(w, label[i].value);
    }
    json_object_end(w);
}

static void put_pod(struct json_writer *w, const struct container *container)
{
    const struct pod *pod = container->pod;

    if (container->pod_name.len == 0 && container->pod_uid.len == 0)
        return;
    json_key_made(w, KEY("pod"));
    json_object_begin(w);
    put_sv(w, KEY("name"), container->pod_name);
    put_sv(w, KEY("uid"), container->pod_uid);
    if (pod != NULL) {
        put_sv(w, KEY("ip"), pod->ip);
        put_sv(w, KEY("service_account"), pod->service_account);
        put_labels(w, pod->label, pod->label_count);
    }
    json_object_end(w);
    if (pod == NULL || pod->workload_name.len == 0)
        return;
    json_key_made(w, KEY("workload"));
    json_object_begin(w);
    put_sv(w, KEY("kind"), pod->workload_kind);
    put_sv(w, KEY("name"), pod->workload_name);
    put_sv(w, KEY("uid"), pod->workload_uid);
    json_object_end(w);
}

static void put_container(struct json_writer *w, const struct container *container)
{
    json_key_made(w, KEY("container"));
    json_object_begin(w);
    put_sv(w, KEY("id"), container->id);
    put_sv(w, KEY("full_id"), container->full_id);
    put_sv(w, KEY("name"), container->name);
    put_sv(w, KEY("runtime"), container->runtime);
    if (container->has_spec)
        put_bool(w, KEY("privileged"), container->privileged);
    json_object_end(w);

    json_key_made(w, KEY("image"));
    json_object_begin(w);
    put_sv(w, KEY("name"), container->image);
    put_sv(w, KEY("repository"), container->image_repository);
    put_sv(w, KEY("tag"), container->image_tag);
    put_sv(w, KEY("digest"), container->image_digest);
    put_sv(w, KEY("id"), container->image_id);
    json_object_end(w);

    put_sv(w, KEY("namespace"), container->namespace_name);
    put_pod(w, container);
}

/* How it got into its container, unless that is how the container began. */
static void put_entry(struct json_writer *w, const struct process *process)
{
    const struct process *entry = process_entry_of(process);

    if (process->entered == ENTERED_NOT || process->entered == ENTERED_AT_START)
        return;
    json_key_made(w, KEY("container_entry"));
    json_object_begin(w);
    put_sv(w, KEY("how"), process_entered_name(process->entered));
    if (entry != NULL) {
        put_u64(w, KEY("pid"), entry->pid);
        put_sv(w, KEY("cmdline"), entry->program->command_line);
    }
    if (process->joined != NULL) {
        put_sv(w, KEY("joined_container"), process->joined->full_id);
        put_sv(w, KEY("joined_namespace"), process->joined->namespace_name);
        put_sv(w, KEY("joined_pod"), process->joined->pod_name);
    }
    json_object_end(w);
}

/* The members that a process and each of its ancestors have. */
static void put_process_core(struct json_writer *w, const struct finding_place *place,
                             const struct process *process)
{
    put_u64(w, KEY("pid"), process->pid);
    put_time(w, KEY("start"), wall(place, process->start_ns));
    put_sv(w, KEY("name"), process->name);
    put_sv(w, KEY("exe"), process->program->path);
    put_sv(w, KEY("cmdline"), process->program->command_line);
    if (process->program->args_cut)
        put_bool(w, KEY("cmdline_cut"), true);
}

static void put_user(struct json_writer *w, struct sv key, uint32_t uid, const struct user *user)
{
    json_key_made(w, key);
    json_object_begin(w);
    put_u64(w, KEY("uid"), uid);
    if (user != NULL)
        put_sv(w, KEY("name"), user->name);
    json_object_end(w);
}

static void put_capabilities(struct json_writer *w, struct sv key, uint64_t set)
{
    char room[CAPABILITY_JSON_MAX];

    json_key_made(w, key);
    json_raw(w, capability_json(set, room));
}

static void put_process(struct json_writer *w, const struct finding_place *place,
                        const struct event *event)
{
    const struct process *process = event->process;
    unsigned level = 0;

    json_key_made(w, KEY("process"));
    json_object_begin(w);
    put_process_core(w, place, process);
    put_u64(w, KEY("tid"), event->tid);
    put_u64(w, KEY("vpid"), process->vpid);
    put_u64(w, KEY("ppid"), process->ppid);
    put_sv(w, KEY("cwd"), process->cwd);
    put_u64(w, KEY("tty"), process->tty);
    put_user(w, KEY("user"), process->creds.euid, process->user);
    if (process->creds.login_uid != PROCESS_NO_UID)
        put_user(w, KEY("login_user"), process->creds.login_uid, process->login_user);
    json_key_made(w, KEY("capabilities"));
    json_object_begin(w);
    put_capabilities(w, KEY("effective"), process->creds.cap_effective);
    put_capabilities(w, KEY("permitted"), process->creds.cap_permitted);
    put_capabilities(w, KEY("inheritable"), process->creds.cap_inheritable);
    json_object_end(w);
    put_entry(w, process);
    json_object_end(w);

    json_key_made(w, KEY("ancestors"));
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
    put_str(w, KEY("source"), event_source_name(source));
    put_sv(w, KEY("condition"), buf_view(condition));
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
    json_key_made(w, KEY("queries"));
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

    json_key_made(w, KEY("window"));
    json_object_begin(w);
    put_time(w, KEY("from"), event->time_ns - FINDING_WINDOW_NS);
    put_time(w, KEY("to"), event->time_ns + FINDING_WINDOW_NS);
    json_object_end(w);
    put_str(w, KEY("playbook"), rule->playbook);
    if (place->link[0] != '\0') {
        scoped(buf_done) struct buf link = {0};
        buf_printf(&link, "%s/findings/%s", place->link, id);
        put_sv(w, KEY("link"), buf_view(&link));
    }
    if (rule->capture && place->captures != NULL) {
        scoped(buf_done) struct buf path = {0};
        buf_printf(&path, "%s/%s.scap", place->captures, id);
        put_sv(w, KEY("capture"), buf_view(&path));
    }
    put_queries(w, container);
}

static void put_tiercel(struct json_writer *w, const struct finding_place *place,
                        const struct rule *rule, const struct event *event, const char *id)
{
    json_key_made(w, KEY("tiercel"));
    json_object_begin(w);
    put_str(w, KEY("id"), id);
    if (rule->confidence != CONFIDENCE_NONE)
        put_str(w, KEY("confidence"), rule_confidence_name(rule->confidence));
    put_str(w, KEY("owner"), rule->owner);
    put_rule(w, rule, event);
    if (event->io_uring)
        put_bool(w, KEY("io_uring"), true);
    if (event->name_unsure)
        put_bool(w, KEY("name_unsure"), true);
    put_str(w, KEY("node"), place->node);
    put_str(w, KEY("cluster"), place->cluster);
    if (event->source != SOURCE_SYSCALL)
        finding_signal_write(w, event);
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

    make_id(json, place, rule, event, id);
    json_object_begin(&w);
    put_str(&w, KEY("hostname"), place->hostname);
    put_output(&w, rule, event);
    put_output_fields(&w, rule, event);
    put_str(&w, KEY("priority"), rule_priority_name(rule->priority));
    put_str(&w, KEY("rule"), rule->name);
    put_str(&w, KEY("source"), event_source_name(event->source));
    put_tags(&w, rule);
    put_time(&w, KEY("time"), event->time_ns);
    put_tiercel(&w, place, rule, event, id);
    put_str(&w, KEY("uuid"), id);
    json_object_end(&w);
    return json->error;
}
