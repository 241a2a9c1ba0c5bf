/* tests/differential/filtered.c - the kernel filter never drops what a rule matches.
 *
 *     filtered [--seed N] [--rounds N]            (or in TIERCEL_DIFFERENTIAL_ROUNDS)
 *     filtered --recording FILE RULES...          (FILE: tests/bench/recording.h)
 *
 * The first form makes random rules and random records, decodes these, and compares each rule with
 * its own filter and with that of all rules together: with and without the process's part, and with
 * facts withheld, as when the kernel side could not learn them. The second runs real events through
 * the engine, and says which share the filter drops. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "decode/wire.h"
#include "enrich/tables.h"
#include "filter_facts.h"
#include "lang/falco/ruleset.h"
#include "lang/kernel/filter.h"
#include "lang/parse.h"
#include "lang/vm/plan.h"
#include "made_pools.h"
#include "match/engine.h"

enum {
    ROUNDS = 40,
    RULES = 16,
    EVENTS = 600,
    PROCESS_LIFE = 100, /* events */
    SCRATCH = 1 << 20,
    REPORTS_MAX = 10,
    RECORD_HEAD = 32, /* bytes of a recording before its first record */
};

#define SEED 20261124u

static const enum wire_call calls[] = {
    WIRE_CALL_OPEN,      WIRE_CALL_OPENAT, WIRE_CALL_OPENAT2,  WIRE_CALL_CREAT,
    WIRE_CALL_CONNECT,   WIRE_CALL_UNLINK, WIRE_CALL_UNLINKAT, WIRE_CALL_RENAME,
    WIRE_CALL_RENAMEAT2, WIRE_CALL_CHMOD,  WIRE_CALL_FCHMODAT, WIRE_CALL_FCHMOD,
    WIRE_CALL_CLONE,     WIRE_CALL_EXECVE,
};

struct totals {
    uint64_t events, compared, matches, dropped, differences;
};

struct suite {
    uint64_t seed;
    struct random random;
    struct made made;
    struct arena *arena, *scratch;
    struct plan *plan;
    struct plan_run *run;
    struct condition *condition[RULES];
    const char *text[RULES];
    uint32_t root[ARRAY_LEN(calls)][RULES];
    struct kernel_filter *one[ARRAY_LEN(calls)][RULES], *all[ARRAY_LEN(calls)];
    struct wire_decoder decoder;
    char *texts;
    struct totals totals;
};

/* --------------------------------------------------------------------------------------- rules */

static void put_number(struct suite *s, struct buf *out, const char *field)
{
    static const char *const ops[] = {"=", "!=", "<", "<=", ">", ">="};
    static const char *const numbers[] = {"0", "3", "-1", "-2", "80", "443", "22"};

    buf_printf(out, "%s %s %s", field, ops[made_pick(&s->made, ARRAY_LEN(ops))],
               numbers[made_pick(&s->made, ARRAY_LEN(numbers))]);
}

static struct sv some_path(struct suite *s)
{
    static const char *const starts[] = {"/etc/",         "/",  "/usr/bin/", "/tmp/",
                                         "/home/a/.ssh/", "etc"};
    scoped(buf_done) struct buf path = {0};

    buf_str(&path, starts[made_pick(&s->made, ARRAY_LEN(starts))]);
    for (uint32_t i = made_pick(&s->made, 4); i > 0; i--) {
        buf_sv(&path, made_word(&s->made));
        if (made_chance(&s->made, 40))
            buf_char(&path, '/');
    }
    return made_keep(&s->made, &path);
}

static void put_path(struct suite *s, struct buf *out, const char *field)
{
    static const char *const ops[] = {"=", "!=", "startswith", "endswith", "contains"};

    switch (made_pick(&s->made, 8)) {
    case 0:
        buf_printf(out, "%s in (", field);
        for (uint32_t i = made_pick(&s->made, 4); i > 0; i--)
            buf_printf(out, "%.*s, ", SV_ARG(some_path(s)));
        buf_printf(out, "%.*s)", SV_ARG(some_path(s)));
        return;
    case 1:
        buf_printf(out, "%s pmatch (%.*s, %.*s)", field, SV_ARG(some_path(s)),
                   SV_ARG(some_path(s)));
        return;
    case 2:
        buf_printf(out, "%s glob \"%.*s*%.*s%s\"", field, SV_ARG(made_word(&s->made)),
                   SV_ARG(made_word(&s->made)), made_chance(&s->made, 50) ? "*" : "");
        return;
    default:
        break;
    }
    const char *op = ops[made_pick(&s->made, ARRAY_LEN(ops))];
    struct sv text = made_chance(&s->made, 50) ? made_word(&s->made) : some_path(s);
    buf_printf(out, "%s %s %.*s", field, op, SV_ARG(text));
}

static void put_address(struct suite *s, struct buf *out)
{
    static const char *const fields[] = {"fd.sip", "fd.cip", "fd.ip", "fd.rip", "fd.lip"};
    static const char *const nets[] = {"fd.snet", "fd.net", "fd.rnet", "fd.cnet"};

    if (made_chance(&s->made, 50))
        buf_printf(out, "%s %s %s", fields[made_pick(&s->made, ARRAY_LEN(fields))],
                   made_chance(&s->made, 50) ? "=" : "!=", made_address(&s->made));
    else
        buf_printf(out, "%s in (%s, %s)", nets[made_pick(&s->made, ARRAY_LEN(nets))],
                   made_network(&s->made), made_network(&s->made));
}

static void put_plain(struct suite *s, struct buf *out)
{
    static const char *const texts[] = {
        "evt.is_open_read = true",
        "evt.is_open_write = true",
        "evt.is_open_write = false",
        "evt.is_open_create = true",
        "evt.is_open_exec = true",
        "evt.failed = true",
        "evt.failed = false",
        "evt.failed != true",
        "evt.res = SUCCESS",
        "evt.res startswith E",
        "evt.res in (ENOENT, EACCES)",
        "evt.res != ENOENT",
        "fd.typechar = f",
        "fd.typechar in (4, 6)",
        "fd.typechar != d",
        "fd.type in (file, directory)",
        "fd.type = ipv4",
        "fd.sockfamily = ip",
        "fd.sockfamily = unix",
        "fd.l4proto = tcp",
        "fd.l4proto in (udp, icmp)",
        "fd.l4proto != udp",
        "fd.connected = true",
        "fd.name_changed = false",
        "evt.arg.flags contains O_TRUNC",
        "evt.arg.flags contains O_CREAT",
        "evt.arg.flags contains SYNC",
        "evt.arg.flags contains LAYER",
        "evt.arg.mode contains S_ISUID",
        "evt.arg.mode contains S_I",
        "fd.name exists",
        "fd.nameraw contains ../",
        "evt.type in (open, openat)",
        "evt.type != connect",
        "fd.dev > 3",
        "fd.ino = 7",
    };

    buf_str(out, texts[made_pick(&s->made, ARRAY_LEN(texts))]);
}

static void put_process(struct suite *s, struct buf *out)
{
    static const char *const fields[] = {"proc.name", "proc.pname", "container.id", "user.name",
                                         "proc.exe"};

    buf_printf(out, "%s %s %.*s", fields[made_pick(&s->made, ARRAY_LEN(fields))],
               made_chance(&s->made, 50) ? "=" : "!=", SV_ARG(made_word(&s->made)));
}

static void put_leaf(struct suite *s, struct buf *out)
{
    static const char *const numbers[] = {"evt.rawres", "fd.num",   "fd.sport", "fd.cport",
                                          "fd.port",    "fd.rport", "fd.lport"};
    static const char *const paths[] = {"fd.name",         "fd.name",          "fd.directory",
                                        "fd.filename",     "fd.nameraw",       "evt.arg.name",
                                        "evt.arg.path",    "evt.arg.oldpath",  "evt.arg.newpath",
                                        "evt.rawarg.name", "evt.arg.filename", "fs.path.name"};
    unsigned kind = made_pick(&s->made, 100);

    if (kind < 40)
        put_path(s, out, paths[made_pick(&s->made, ARRAY_LEN(paths))]);
    else if (kind < 55)
        put_number(s, out, numbers[made_pick(&s->made, ARRAY_LEN(numbers))]);
    else if (kind < 62)
        put_address(s, out);
    else if (kind < 80)
        put_plain(s, out);
    else
        put_process(s, out);
}

static void put_tree(struct suite *s, struct buf *out, unsigned depth)
{
    bool all = made_chance(&s->made, 60);
    uint32_t parts = 2 + made_pick(&s->made, 3);

    if (made_chance(&s->made, 25))
        buf_str(out, "not ");
    if (depth == 0 || made_chance(&s->made, 25)) {
        put_leaf(s, out);
        return;
    }
    buf_char(out, '(');
    for (uint32_t i = 0; i < parts; i++) {
        if (i > 0)
            buf_str(out, all ? " and " : " or ");
        put_tree(s, out, depth - 1);
    }
    buf_char(out, ')');
}

/* A condition that compiles; some of any fields at all. */
static void make_rule(struct suite *s, uint32_t index)
{
    for (;;) {
        scoped(buf_done) struct buf text = {0};
        scoped(buf_done) struct buf plain = {0};
        struct parse_problem problem;
        struct ast_node *node = NULL;

        if (made_chance(&s->made, 15))
            made_condition(&s->made, &text, &plain);
        else
            put_tree(s, &plain, 3);
        s->text[index] = arena_sv(s->arena, buf_view(&plain)).ptr;
        if (parse_condition(sv(s->text[index]), s->arena, &node, &problem) == 0 &&
            condition_compile(node, SOURCE_SYSCALL, s->arena, &s->condition[index], &problem) == 0)
            return;
        if (getenv("TIERCEL_DIFFERENTIAL_REFUSED") != NULL)
            (void)printf("refused: %s: %s\n", problem.message, s->text[index]);
    }
}

static void make_filters(struct suite *s)
{
    uint32_t root[RULES];

    for (uint32_t i = 0; i < RULES; i++) {
        make_rule(s, i);
        root[i] = plan_add(s->plan, s->condition[i]);
    }
    for (uint32_t call = 0; call < ARRAY_LEN(calls); call++) {
        enum event_type type = wire_call_type(calls[call]);

        s->all[call] = xcalloc(1, sizeof(struct kernel_filter));
        for (uint32_t i = 0; i < RULES; i++) {
            s->root[call][i] = plan_fold(s->plan, root[i], type);
            s->one[call][i] = xcalloc(1, sizeof(struct kernel_filter));
            kernel_filter_make(s->plan, type, &s->root[call][i], 1, s->one[call][i]);
        }
        kernel_filter_make(s->plan, type, s->root[call], RULES, s->all[call]);
    }
    s->run = plan_run_new(s->plan);
}

static void drop_filters(struct suite *s)
{
    plan_run_free(s->run);
    plan_free(s->plan);
    for (uint32_t call = 0; call < ARRAY_LEN(calls); call++) {
        free(s->all[call]);
        for (uint32_t i = 0; i < RULES; i++)
            free(s->one[call][i]);
    }
    for (uint32_t i = 0; i < RULES; i++)
        condition_free(s->condition[i]);
}

/* ------------------------------------------------------------------------------------- records */

union record {
    struct wire_header hdr;
    struct wire_open open;
    struct wire_call_record call;
    char bytes[WIRE_RECORD_MAX];
};

static int64_t some_result(struct suite *s)
{
    static const int64_t results[] = {0, 1, 3, 7, -1, -2, -13, -115};

    return results[made_pick(&s->made, ARRAY_LEN(results))];
}

/* Append a text; returns its length. */
static uint16_t put_text(struct suite *s, union record *record, size_t *at, bool absolute)
{
    struct sv text = made_chance(&s->made, 15) ? made_text(&s->made) : some_path(s);

    if (made_chance(&s->made, 10))
        text = (struct sv){NULL, 0};
    text.len = text.len > WIRE_PATH_MAX ? WIRE_PATH_MAX : text.len;
    if (absolute && text.len > 0 && text.ptr[0] != '/')
        text.len = 0;
    size_t from = *at;
    for (size_t i = 0; i < text.len; i++) {
        if (absolute && text.ptr[i] == '/' && i > 0 && text.ptr[i - 1] == '/')
            continue; /* the kernel's own paths have no empty names */
        record->bytes[(*at)++] = text.ptr[i];
    }
    if (absolute && *at - from > 1 && record->bytes[*at - 1] == '/')
        (*at)--;
    return (uint16_t)(*at - from);
}

static size_t make_open(struct suite *s, struct wire_open *open)
{
    static const uint32_t flags[] = {O_CREAT, O_TRUNC, O_APPEND,  O_EXCL,   O_DIRECTORY,
                                     O_SYNC,  O_DSYNC, O_TMPFILE, O_CLOEXEC};
    static const uint32_t modes[] = {S_IFREG | 0644, S_IFDIR | 0755, S_IFCHR | 0600, 0};
    union record *record = (union record *)open;
    size_t at = offsetof(struct wire_open, data);

    open->hdr.kind = WIRE_OPEN;
    open->result = some_result(s);
    open->flags = made_pick(&s->made, 4);
    while (made_chance(&s->made, 40))
        open->flags |= flags[made_pick(&s->made, ARRAY_LEN(flags))];
    open->mode = made_pick(&s->made, 07777);
    open->dirfd = AT_FDCWD;
    if (open->result >= 0 && made_chance(&s->made, 95)) {
        open->file_mode = modes[made_pick(&s->made, ARRAY_LEN(modes))];
        open->path_len = put_text(s, record, &at, made_chance(&s->made, 95));
        if ((open->flags & O_CREAT) != 0 && made_chance(&s->made, 50))
            open->hdr.flags |= WIRE_FILE_CREATED;
    }
    open->raw_len = put_text(s, record, &at, false);
    if (open->path_len == 0)
        open->base_len = put_text(s, record, &at, true);
    return at;
}

/* Append a text as a part of the call. */
static void put_part(struct suite *s, union record *record, size_t *at, enum wire_part part,
                     bool absolute)
{
    record->call.len[part] = put_text(s, record, at, absolute);
    record->call.parts |= (uint16_t)(1u << part);
}

static size_t make_path(struct suite *s, union record *record)
{
    struct wire_call_record *call = &record->call;
    bool renames = call->call == WIRE_CALL_RENAME || call->call == WIRE_CALL_RENAMEAT2;
    size_t at = sizeof(*call);

    for (size_t i = 0; i < ARRAY_LEN(call->arg); i++)
        call->arg[i] = made_pick(&s->made, 07777);
    if (call->call == WIRE_CALL_FCHMOD) {
        call->fd = (struct wire_fd){.has = 1, .num = (int32_t)call->arg[0], .mode = S_IFREG};
        put_part(s, record, &at, WIRE_PART_FD, true);
        return at;
    }
    put_part(s, record, &at, WIRE_PART_NAME, false);
    if (renames)
        put_part(s, record, &at, WIRE_PART_NEW_NAME, false);
    put_part(s, record, &at, WIRE_PART_BASE, true);
    if (renames)
        put_part(s, record, &at, WIRE_PART_NEW_BASE, true);
    return at;
}

static void some_ip(struct suite *s, const struct wire_socket *socket, uint8_t *out)
{
    struct value_ip ip = made_value(&s->made, VALUE_IPADDR).ip;

    if (made_chance(&s->made, 15))
        return;
    if (socket->family == AF_INET6 && ip.family == 4 && made_chance(&s->made, 50)) {
        out[10] = out[11] = 0xff;
        memcpy(out + 12, ip.byte, 4);
    } else {
        memcpy(out, ip.byte, socket->family == AF_INET ? 4 : 16);
    }
}

static size_t make_connect(struct suite *s, union record *record)
{
    static const uint16_t families[] = {AF_INET, AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
    static const uint16_t ports[] = {0, 22, 80, 443, 50000};
    struct wire_call_record *call = &record->call;
    struct wire_socket *socket = (struct wire_socket *)call->data;
    size_t at = sizeof(*call) + sizeof(*socket);

    call->fd = (struct wire_fd){.has = 1, .num = (int32_t)made_pick(&s->made, 5)};
    call->len[WIRE_PART_SOCKET] = sizeof(*socket);
    call->parts |= 1u << WIRE_PART_SOCKET;
    socket->family = families[made_pick(&s->made, ARRAY_LEN(families))];
    socket->type = (uint16_t)(1 + made_pick(&s->made, 3));
    socket->protocol =
        made_chance(&s->made, 50) ? 0 : (uint16_t)(made_chance(&s->made, 50) ? 6 : 17);
    socket->local_port = ports[made_pick(&s->made, ARRAY_LEN(ports))];
    socket->remote_port = ports[made_pick(&s->made, ARRAY_LEN(ports))];
    if (socket->family == AF_INET || socket->family == AF_INET6) {
        some_ip(s, socket, socket->local);
        some_ip(s, socket, socket->remote);
    } else if (socket->family == AF_UNIX) {
        size_t from = at;
        put_part(s, record, &at, WIRE_PART_UNIX, false);
        call->len[WIRE_PART_UNIX] %= WIRE_UNIX_PATH_MAX;
        at = from + call->len[WIRE_PART_UNIX];
    }
    return at;
}

static void make_record(struct suite *s, enum wire_call call, union record *record)
{
    size_t size = sizeof(record->call);

    memset(record, 0, sizeof(*record));
    record->hdr.time_ns = 5000;
    if (call <= WIRE_CALL_CREAT) {
        record->open.call = (uint16_t)call;
        size = make_open(s, &record->open);
    } else {
        record->hdr.kind = WIRE_CALL;
        record->call.call = (uint16_t)call;
        record->call.result = some_result(s);
        if (call == WIRE_CALL_CONNECT)
            size = make_connect(s, record);
        else if (call <= WIRE_CALL_FCHMODAT2)
            size = make_path(s, record);
    }
    record->hdr.size = (uint32_t)((size + 7) / 8 * 8);
}

/* -------------------------------------------------------------------------------------- events */

static void report(struct suite *s, const char *which, uint32_t call, uint32_t rule,
                   const struct event *event)
{
    if (s->totals.differences++ >= REPORTS_MAX)
        return;
    (void)printf(
        "DIFFERENCE: %s drops what matches; --seed %llu --rounds 1, event %llu (%s, result "
        "%lld, fd.name '%.*s', raw '%.*s')\n  rule: %s\n",
        which, (unsigned long long)s->seed, (unsigned long long)event->num,
        event_type_info(wire_call_type(calls[call]))->name, (long long)event->result,
        SV_ARG(event->fd.name), SV_ARG(event->path_raw), s->text[rule]);
}

static bool passes(struct suite *s, const struct kernel_filter *filter,
                   const struct filter_facts *facts, bool knows_process)
{
    uint64_t cases = knows_process ? kernel_filter_cases(filter, s->run) : UINT64_MAX;

    return kernel_filter_passes(&filter->program, facts, s->texts, cases);
}

static void compare(struct suite *s, uint32_t call, const struct event *event,
                    const struct filter_facts *facts)
{
    struct filter_facts less = *facts;

    less.known &= (uint32_t)random_next(&s->random);
    plan_run_start(s->run, event);
    for (uint32_t i = 0; i < RULES; i++) {
        bool holds = condition_eval(s->condition[i], event);
        bool passed = passes(s, s->one[call][i], facts, true);

        s->totals.compared++;
        s->totals.matches += holds;
        s->totals.dropped += !passed;
        if (!holds)
            continue;
        if (!passed)
            report(s, "the rule's own filter", call, i, event);
        if (!passes(s, s->one[call][i], facts, false))
            report(s, "the rule's own filter, process unknown,", call, i, event);
        if (!passes(s, s->one[call][i], &less, true))
            report(s, "the rule's own filter with facts withheld", call, i, event);
        if (!passes(s, s->all[call], facts, true))
            report(s, "the filter of all rules", call, i, event);
    }
}

static void run_round(struct suite *s, uint64_t seed)
{
    static union record record;
    struct filter_facts facts;
    struct change change;
    struct event event;

    s->seed = seed;
    s->random = (struct random){seed};
    scoped(arena_free) struct arena *arena = arena_new(1 << 16);
    s->arena = arena;
    s->plan = plan_new(SOURCE_SYSCALL);
    made_init(&s->made, &s->random, arena);
    make_filters(s);
    for (int i = 0; i < EVENTS; i++) {
        uint32_t call = made_pick(&s->made, ARRAY_LEN(calls));

        if (i % PROCESS_LIFE == 0)
            made_processes(&s->made);
        make_record(s, calls[call], &record);
        if (wire_decode(&s->decoder, &record.hdr, s->scratch, &event, &change) != WIRE_EVENT ||
            !filter_facts_of(&record.hdr, &facts, s->texts))
            abort();
        if (made_chance(&s->made, 90))
            event.process = &s->made.process[made_pick(&s->made, s->made.process_count)];
        s->totals.events++;
        compare(s, call, &event, &facts);
        arena_reset(s->scratch);
    }
    drop_filters(s);
}

/* ----------------------------------------------------------------------------------- recording */

static void on_match(void *ctx, const struct rule *rule, const struct event *event)
{
    (void)ctx;
    (void)rule;
    (void)event;
}

struct share {
    uint64_t events, filtered, sent, sent_unknown;
};

static void replay_record(struct suite *s, struct engine *engine, struct tables *tables,
                          const struct wire_header *record, struct share *share)
{
    struct filter_facts facts;
    struct change change;
    struct event event;

    enum wire_outcome outcome = wire_decode(&s->decoder, record, s->scratch, &event, &change);
    if (change.kind != CHANGE_NONE)
        tables_apply(tables, &change);
    if (outcome == WIRE_EVENT) {
        event.process = tables_find(tables, record->pid, record->start_ns);
        share->events++;
        uint32_t matches = engine_run(engine, &event, on_match, NULL);
        uint32_t index = engine_filter_of(engine, event.type);
        s->totals.matches += matches;
        if (index != ENGINE_NO_FILTER && filter_facts_of(record, &facts, s->texts)) {
            const struct filter_program *program = &engine_filter(engine, index)->program;
            uint64_t cases[ENGINE_FILTERS_MAX];
            engine_process_cases(engine, event.process, cases);
            bool sent = kernel_filter_passes(program, &facts, s->texts, cases[index]);
            share->filtered++;
            share->sent += sent;
            share->sent_unknown += kernel_filter_passes(program, &facts, s->texts, UINT64_MAX);
            s->totals.differences += !sent && matches > 0;
        }
    }
    tables_settle(tables);
    arena_reset(s->scratch);
}

static int replay(struct suite *s, const char *path, char **rules, int count)
{
    static union record record;
    const struct engine_options options = {.source = SOURCE_SYSCALL,
                                           .matching = MATCH_ALL,
                                           .priority_max = PRIORITY_DEBUG,
                                           .kernel_filters = true};
    const struct tables_options no_files = {.proc_root = NULL, .host_root = ""};
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    struct share share = {0};
    FILE *file = fopen(path, "re");

    for (int i = 0; i < count; i++) {
        if (ruleset_load_path(set, rules[i], NULL) < 0)
            return 1;
    }
    if (file == NULL || fseek(file, RECORD_HEAD, SEEK_SET) != 0 || ruleset_compile(set) < 0)
        return 1;
    scoped(engine_free) struct engine *engine = engine_new(set, &options);
    scoped(tables_free) struct tables *tables = tables_new(&no_files);
    while (fread(&record, sizeof(record.hdr), 1, file) == 1) {
        if (fread(record.bytes + sizeof(record.hdr), record.hdr.size - sizeof(record.hdr), 1,
                  file) != 1)
            break;
        replay_record(s, engine, tables, &record.hdr, &share);
    }
    (void)fclose(file);
    (void)printf("%llu events, %llu of types that are filtered; sent %.3f %% of these (%.3f %% "
                 "without what is known of the process); %llu matches, %llu wrongly dropped\n",
                 (unsigned long long)share.events, (unsigned long long)share.filtered,
                 100.0 * (double)share.sent / (double)share.filtered,
                 100.0 * (double)share.sent_unknown / (double)share.filtered,
                 (unsigned long long)s->totals.matches, (unsigned long long)s->totals.differences);
    return s->totals.differences == 0 ? 0 : 1;
}

static bool number_option(int argc, char **argv, const char *name, uint64_t *out)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return sv_to_u64(sv(argv[i + 1]), out);
    }
    return true;
}

int main(int argc, char **argv)
{
    const char *more = getenv("TIERCEL_DIFFERENTIAL_ROUNDS");
    static struct suite suite; /* large */
    struct suite *s = &suite;
    uint64_t seed = SEED;
    uint64_t rounds = ROUNDS;

    s->scratch = arena_new(SCRATCH);
    s->texts = xcalloc(1, FILTER_TEXTS_BYTES);
    if (argc > 3 && strcmp(argv[1], "--recording") == 0)
        return replay(s, argv[2], argv + 3, argc - 3);
    if ((more != NULL && !sv_to_u64(sv(more), &rounds)) ||
        !number_option(argc, argv, "--seed", &seed) ||
        !number_option(argc, argv, "--rounds", &rounds) || argc % 2 == 0) {
        (void)fprintf(stderr, "usage: filtered [--seed N] [--rounds N]\n"
                              "       filtered --recording FILE RULES...\n");
        return 2;
    }
    for (uint64_t round = 0; round < rounds; round++)
        run_round(s, seed + round);
    (void)printf("%llu events, %llu comparisons, %llu matches, %llu dropped (%.1f %% of what does "
                 "not match), %llu differences\n",
                 (unsigned long long)s->totals.events, (unsigned long long)s->totals.compared,
                 (unsigned long long)s->totals.matches, (unsigned long long)s->totals.dropped,
                 100.0 * (double)s->totals.dropped /
                     (double)(s->totals.compared - s->totals.matches),
                 (unsigned long long)s->totals.differences);
    arena_free(s->scratch);
    free(s->texts);
    return s->totals.differences == 0 && s->totals.dropped > 0 && s->totals.matches > 0 ? 0 : 1;
}
