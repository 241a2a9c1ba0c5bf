#include "app/settings.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/crew.h"
#include "app/settings_append.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/yaml.h"

enum kind {
    KIND_TEXT,
    KIND_NUMBER,
    KIND_TRUTH,
    KIND_LIST,
    KIND_CHOICE,
    KIND_APPEND, /* entries of append_output */
};

struct choice {
    const char *name;
    int value;
};

static const struct choice matchings[] = {{"first", MATCH_FIRST}, {"all", MATCH_ALL}, {NULL, 0}};
static const struct choice formats[] = {
    {"auto", FORMAT_AUTO}, {"text", FORMAT_TEXT}, {"json", FORMAT_JSON}, {NULL, 0}};
static const struct choice levels[] = {
    {"debug", LOG_DEBUG}, {"info", LOG_INFO}, {"warn", LOG_WARN}, {"error", LOG_ERROR}, {NULL, 0}};
static const struct choice priorities[] = {{"emergency", PRIORITY_EMERGENCY},
                                           {"alert", PRIORITY_ALERT},
                                           {"critical", PRIORITY_CRITICAL},
                                           {"error", PRIORITY_ERROR},
                                           {"warning", PRIORITY_WARNING},
                                           {"notice", PRIORITY_NOTICE},
                                           {"informational", PRIORITY_INFORMATIONAL},
                                           {"debug", PRIORITY_DEBUG},
                                           {NULL, 0}};

struct setting {
    const char *key;    /* in the file; dots are nesting */
    const char *option; /* long option, NULL: none */
    char letter;        /* short option, 0: none */
    enum kind kind;
    size_t offset; /* of the member of struct settings */
    const char *fallback;
    const struct choice *choice;
    uint64_t min, max;
    const char *meaning;
};

#define SPOOL_MIB_MAX 4096 /* a segment is 8 MiB and an open file, of which there may be 1024 */
#define AT(member) offsetof(struct settings, member)

static const struct setting table[] = {
    {"node", "node", 0, KIND_TEXT, AT(node), "the host name", NULL, 0, 0,
     "name of this node in findings"},
    {"cluster", "cluster", 0, KIND_TEXT, AT(cluster), "", NULL, 0, 0,
     "name of the cluster in findings"},
    {"link", NULL, 0, KIND_TEXT, AT(link), "", NULL, 0, 0,
     "address of the hub's pages, for links in findings"},
    {"rules", "rules", 'r', KIND_LIST, AT(rules), "/etc/tiercel/rules.d, else the shipped rules",
     NULL, 0, 0, "rule files or directories, loaded in order"},
    {"select.disable_rules", "disable-rule", 0, KIND_LIST, AT(disable_rules), "", NULL, 0, 0,
     "rules to switch off, by name; * and ? are patterns"},
    {"select.disable_tags", "disable-tag", 0, KIND_LIST, AT(disable_tags), "", NULL, 0, 0,
     "rules to switch off, by tag"},
    {"select.enable_rules", "enable-rule", 0, KIND_LIST, AT(enable_rules), "", NULL, 0, 0,
     "rules to switch on, after those that were switched off"},
    {"select.enable_tags", "enable-tag", 0, KIND_LIST, AT(enable_tags), "", NULL, 0, 0,
     "rules to switch on, by tag"},
    {"append_output", NULL, 0, KIND_APPEND, AT(append_output), "", NULL, 0, 0,
     "what is added to the outputs of rules, as in falco.yaml: see rule-files.md"},
    {"matching", "rule-matching", 0, KIND_CHOICE, AT(matching), "first", matchings, 0, 0,
     "stop at the first rule that matches an event, or report all"},
    {"priority", "priority", 0, KIND_CHOICE, AT(priority), "debug", priorities, 0, 0,
     "leave out rules less urgent than this"},
    {"state", "state", 0, KIND_TEXT, AT(state), "/var/lib/tiercel", NULL, 0, 0,
     "directory of the store and the spool"},
    {"socket", "socket", 0, KIND_TEXT, AT(socket), "/run/tiercel/hub.sock", NULL, 0, 0,
     "UNIX socket where sensor and hub meet"},
    {"engine.workers", "workers", 0, KIND_NUMBER, AT(workers), "1", NULL, 1, CREW_WORKERS_MAX,
     "threads that match events, each those of its share of the processes"},
    {"sensor.cgroup", "cgroup", 0, KIND_TEXT, AT(cgroup), "the whole machine", NULL, 0, 0,
     "watch only this cgroup v2 directory and those below it"},
    {"sensor.control", "control", 0, KIND_TEXT, AT(control), "sensor.sock beside `socket`", NULL, 0,
     0, "UNIX socket where root and the sensor's own user ask it (tiercel stats, reload); `none`"},
    {"sensor.ring_mib", "ring-mib", 0, KIND_NUMBER, AT(ring_mib), "8", NULL, 1, 512,
     "MiB of the ring between kernel and sensor"},
    {"sensor.spool_mib", NULL, 0, KIND_NUMBER, AT(spool_mib), "256", NULL, 1, SPOOL_MIB_MAX,
     "MiB of findings kept on disk while the hub is away"},
    {"sensor.environment", NULL, 0, KIND_TRUTH, AT(environment), "true", NULL, 0, 0,
     "collect the environment of started programs (proc.env)"},
    {"sensor.host_root", NULL, 0, KIND_TEXT, AT(host_root), "", NULL, 0, 0,
     "where the host's root is mounted, when the sensor runs in a container"},
    {"kubernetes.server", NULL, 0, KIND_TEXT, AT(kube_server), "", NULL, 0, 0,
     "address of the API server to watch this node's pods at; empty: that of the cluster whose pod "
     "this is; none: not watched"},
    {"kubernetes.token_file", NULL, 0, KIND_TEXT, AT(kube_token_file),
     "/var/run/secrets/kubernetes.io/serviceaccount/token", NULL, 0, 0,
     "file with the token for it, read anew for each request; hub.user must be able to read it"},
    {"kubernetes.ca_file", NULL, 0, KIND_TEXT, AT(kube_ca_file),
     "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt", NULL, 0, 0,
     "file with the certificates that its own is checked against; without it, the system's"},
    {"containers.cri_socket", NULL, 0, KIND_LIST, AT(cri_sockets),
     "those of containerd, CRI-O, k3s, cri-dockerd, microk8s that are there", NULL, 0, 0,
     "CRI sockets of container runtimes to ask for digests and labels, or none"},
    {"capture.directory", NULL, 0, KIND_TEXT, AT(captures), "", NULL, 0, 0,
     "where captures around findings are written; none: sensor/captures below `state`"},
    {"capture.ring_mib", NULL, 0, KIND_NUMBER, AT(capture_ring_mib), "8", NULL, 1, 4096,
     "MiB of events that are kept in memory for captures, while a rule has `capture: true`"},
    {"capture.duration_ms", NULL, 0, KIND_NUMBER, AT(capture_duration_ms), "5000", NULL, 1, 3600000,
     "how long after a finding its capture ends, where the rule has no `capture_duration`"},
    {"capture.files_max", NULL, 0, KIND_NUMBER, AT(capture_files), "1000", NULL, 1, 1000000,
     "captures in the directory beyond which no more are written"},
    {"hub.user", "user", 0, KIND_TEXT, AT(hub_user), "tiercel", NULL, 0, 0,
     "user that the hub becomes when started as root; nobody when it does not exist"},
    {"hub.listen", "listen", 0, KIND_TEXT, AT(listen), LISTEN_DEFAULT ", where that is free", NULL,
     0, 0, "ADDRESS:PORT where audit logs and cloud trails are posted to the hub; `none`"},
    {"hub.token_file", NULL, 0, KIND_TEXT, AT(token_file), "", NULL, 0, 0,
     "file with the bearer token that posts must carry"},
    {"hub.tls.certificate", NULL, 0, KIND_TEXT, AT(tls_certificate), "", NULL, 0, 0,
     "file with the listener's certificate and its chain, PEM: posts come over TLS"},
    {"hub.tls.key", NULL, 0, KIND_TEXT, AT(tls_key), "", NULL, 0, 0,
     "file with the certificate's key, PEM"},
    {"hub.tls.client_ca", NULL, 0, KIND_TEXT, AT(tls_client_ca), "", NULL, 0, 0,
     "file with authorities, PEM: who posts must show a certificate of one of them"},
    {"hub.evidence_days", NULL, 0, KIND_NUMBER, AT(evidence_days), "90", NULL, 0, 36500,
     "days that audit records and cloud trails are kept, by their own time; 0: for ever"},
    {"compat.falco_quirks", NULL, 0, KIND_TRUTH, AT(falco_quirks), "false", NULL, 0, 0,
     "fields of audit logs and cloud trails mean what Falco's plugins make of them, also where "
     "those err: see signals.md"},
    {"format", "format", 0, KIND_CHOICE, AT(format), "auto", formats, 0, 0,
     "how findings are shown: lines, JSON, or by whether a terminal reads"},
    {"log.level", "log-level", 0, KIND_CHOICE, AT(log_level), "info", levels, 0, 0,
     "what is logged on standard error"},
};

/* ------------------------------------------------------------------------------------- setting */

static int set_choice(const struct setting *row, void *member, struct sv text, struct err *err)
{
    char names[256] = "";
    size_t used = 0;

    for (const struct choice *choice = row->choice; choice->name != NULL; choice++) {
        if (sv_eq_nocase(text, sv(choice->name))) {
            *(unsigned *)member = (unsigned)choice->value;
            return 0;
        }
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used > 0 ? ", " : "",
                                 choice->name);
    }
    return err_set(err, -EINVAL, "'%s' must be one of %s, not '%.*s'", row->key, names,
                   SV_ARG(text));
}

static int set_number(const struct setting *row, void *member, struct sv text, struct err *err)
{
    uint64_t number = 0;

    if (!sv_to_u64(text, &number) || number < row->min || number > row->max)
        return err_set(err, -EINVAL, "'%s' must be a number from %llu to %llu, not '%.*s'",
                       row->key, (unsigned long long)row->min, (unsigned long long)row->max,
                       SV_ARG(text));
    *(uint64_t *)member = number;
    return 0;
}

static int add_item(const struct setting *row, const char **items, struct sv text,
                    struct arena *arena, struct err *err)
{
    size_t count = 0;

    while (items[count] != NULL)
        count++;
    if (count == SETTINGS_LIST_MAX)
        return err_set(err, -E2BIG, "'%s' has more than %d items", row->key, SETTINGS_LIST_MAX);
    items[count] = arena_sv(arena, text).ptr;
    return 0;
}

static int set_text(struct settings *settings, const struct setting *row, struct sv text,
                    struct arena *arena, struct err *err)
{
    void *member = (char *)settings + row->offset;

    switch (row->kind) {
    case KIND_TEXT:
        *(const char **)member = arena_sv(arena, text).ptr;
        return 0;
    case KIND_NUMBER:
        return set_number(row, member, text, err);
    case KIND_TRUTH:
        *(bool *)member = sv_eq(text, SV("true"));
        return 0;
    case KIND_LIST:
        return add_item(row, member, text, arena, err);
    case KIND_CHOICE:
        return set_choice(row, member, text, err);
    case KIND_APPEND:
        break; /* read by settings_append_read(), which has no text form */
    }
    return 0;
}

/* ------------------------------------------------------------------------------------- defaults */

void settings_default(struct settings *settings, struct arena *arena)
{
    char host[256] = "localhost";

    (void)gethostname(host, sizeof(host) - 1);
    *settings = (struct settings){0};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (table[i].kind == KIND_LIST || table[i].kind == KIND_APPEND ||
            table[i].offset == AT(cgroup) || table[i].offset == AT(control) ||
            table[i].offset == AT(listen))
            continue;
        int rc = set_text(settings, &table[i], sv(table[i].fallback), arena, NULL);
        if (rc < 0)
            abort(); /* a default of the table that the table itself refuses */
    }
    settings->node = arena_sv(arena, sv(host)).ptr;
    settings->control = "";
}

/* ------------------------------------------------------------------------------------- the file */

static const struct setting *find_row(struct sv key)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (sv_eq(key, sv(table[i].key)))
            return &table[i];
    }
    return NULL;
}

static bool is_group(struct sv key)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct sv whole = sv(table[i].key);
        if (whole.len > key.len && sv_starts(whole, key) && whole.ptr[key.len] == '.')
            return true;
    }
    return false;
}

static int unknown_key(struct sv key, const struct yaml_node *node, struct err *err)
{
    struct sv names[ARRAY_LEN(table)];

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        names[i] = sv(table[i].key);
    long near = sv_nearest(key, (struct sv_list){names, ARRAY_LEN(table)});
    return err_set(err, -EINVAL, "line %u, column %u: no setting '%.*s'%s%s%s", node->at.line,
                   node->at.column, SV_ARG(key), near < 0 ? "" : "; did you mean '",
                   near < 0 ? "" : table[near].key, near < 0 ? "" : "'?");
}

static int read_value(struct settings *settings, const struct setting *row,
                      const struct yaml_node *node, struct arena *arena, struct err *err)
{
    bool truth = false;
    int rc = 0;

    if (row->kind == KIND_APPEND)
        return settings_append_read(settings, node, arena, err);
    if (row->kind == KIND_LIST && node->kind == YAML_SEQUENCE) {
        for (uint32_t i = 0; i < node->count && rc == 0; i++) {
            if (node->item[i]->kind != YAML_SCALAR)
                rc = err_set(err, -EINVAL, "'%s' must be a list", row->key);
            else
                rc = set_text(settings, row, node->item[i]->text, arena, err);
        }
    } else if (node->kind != YAML_SCALAR) {
        rc = err_set(err, -EINVAL, "'%s' must be a single value", row->key);
    } else if (row->kind == KIND_TRUTH) {
        if (!yaml_bool(node, &truth))
            rc = err_set(err, -EINVAL, "'%s' must be true or false", row->key);
        else
            rc = set_text(settings, row, truth ? SV("true") : SV("false"), arena, err);
    } else {
        rc = set_text(settings, row, node->text, arena, err);
    }
    return rc < 0 ? err_wrap(err, rc, "line %u, column %u", node->at.line, node->at.column) : 0;
}

static int read_map(struct settings *settings, struct sv prefix, const struct yaml_node *map,
                    struct arena *arena, struct err *err)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct yaml_node *name = yaml_key_at(map, i);
        const struct yaml_node *value = yaml_value_at(map, i);
        struct sv key = arena_printf(arena, "%.*s%s%.*s", SV_ARG(prefix), prefix.len > 0 ? "." : "",
                                     SV_ARG(name->text));
        const struct setting *row = find_row(key);
        int rc = 0;
        if (row != NULL)
            rc = read_value(settings, row, value, arena, err);
        else if (is_group(key) && value->kind == YAML_MAPPING)
            rc = read_map(settings, key, value, arena, err);
        else
            rc = unknown_key(key, name, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int settings_read(struct settings *settings, const char *path, struct arena *arena, struct err *err)
{
    scoped(buf_done) struct buf text = {0};
    struct yaml_file yaml;

    int rc = file_read(path, SETTINGS_FILE_MAX, &text, err);
    if (rc < 0)
        return rc;
    settings->file = path;
    rc = yaml_parse(buf_view(&text), arena, &yaml, NULL, err);
    if (rc < 0)
        return err_wrap(err, rc, "settings '%s'", path);
    for (uint32_t i = 0; i < yaml.count && rc == 0; i++) {
        const struct yaml_node *top = yaml.document[i];
        if (top == NULL || yaml_is_null(top))
            continue;
        if (top->kind != YAML_MAPPING)
            rc = err_set(err, -EINVAL, "line %u: settings must be a mapping", top->at.line);
        else
            rc = read_map(settings, (struct sv){NULL, 0}, top, arena, err);
    }
    return rc < 0 ? err_wrap(err, rc, "settings '%s'", path) : 0;
}

/* ------------------------------------------------------------------------------ the command line
 */

enum { OPTION_HELP = 1000, OPTION_JSON, OPTION_ROW };

static void help(const char *command)
{
    (void)printf("usage: tiercel %s [-c FILE] [option...]\n\n"
                 "  -c, --config FILE      settings; default %s when it is there\n"
                 "      --json             findings as JSON lines (--format json)\n",
                 command, SETTINGS_FILE);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        char letter[8] = "    ";
        if (table[i].option == NULL)
            continue;
        if (table[i].letter != 0)
            (void)snprintf(letter, sizeof(letter), "-%c, ", table[i].letter);
        (void)printf("  %s--%-16s %s\n", letter, table[i].option, table[i].meaning);
    }
    (void)printf("\nDefaults: docs/reference/settings.md.\n");
}

/* Long options: ours, then one a row of the table. */
static size_t fill_options(struct option *option)
{
    size_t count = 0;

    option[count++] = (struct option){"config", required_argument, NULL, 'c'};
    option[count++] = (struct option){"help", no_argument, NULL, OPTION_HELP};
    option[count++] = (struct option){"json", no_argument, NULL, OPTION_JSON};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (table[i].option != NULL)
            option[count++] =
                (struct option){table[i].option, required_argument, NULL,
                                table[i].letter != 0 ? table[i].letter : OPTION_ROW + (int)i};
    }
    option[count] = (struct option){0};
    return count;
}

static const struct setting *row_of(int letter)
{
    if (letter >= OPTION_ROW)
        return &table[letter - OPTION_ROW];
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (table[i].letter != 0 && table[i].letter == letter)
            return &table[i];
    }
    return NULL;
}

/* The file named by -c, or the usual one when it exists; before anything else on the line. */
static int read_file_first(struct settings *settings, int argc, char **argv,
                           const struct option *option, struct arena *arena, struct err *err)
{
    const char *named = NULL;
    int letter = 0;

    optind = 1;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, "c:r:", option, NULL)) != -1) {
        if (letter == OPTION_HELP)
            return 0; /* help does not depend on a file that may be wrong */
        if (letter == 'c')
            named = optarg;
    }
    if (named == NULL && access(SETTINGS_FILE, F_OK) != 0)
        return 0;
    return settings_read(settings, named == NULL ? SETTINGS_FILE : named, arena, err);
}

static int usage(struct err *err, const char *what, const char *argument, const char *command)
{
    (void)err_set(err, -EINVAL, "%s: '%s'; see tiercel %s --help", what, argument, command);
    return SETTINGS_USAGE;
}

int settings_from_args(struct settings *settings, const char *command, int argc, char **argv,
                       struct arena *arena, struct err *err)
{
    struct option option[ARRAY_LEN(table) + 4];
    bool rules_given = false;
    int letter = 0;

    (void)fill_options(option);
    settings_default(settings, arena);
    int rc = read_file_first(settings, argc, argv, option, arena, err);
    if (rc < 0)
        return rc;
    optind = 1;
    while ((letter = getopt_long(argc, argv, "c:r:", option, NULL)) != -1) {
        const struct setting *row = row_of(letter);
        if (letter == OPTION_HELP) {
            help(command);
            return SETTINGS_HELP;
        }
        if (letter == '?')
            return usage(err, "unknown option or missing argument", argv[optind - 1], command);
        if (letter == OPTION_JSON)
            settings->format = FORMAT_JSON;
        if (row == NULL)
            continue;
        if (row->offset == AT(rules) && !rules_given) {
            rules_given = true; /* the command line's rules stand in place of the file's */
            memset(settings->rules, 0, sizeof(settings->rules));
        }
        rc = set_text(settings, row, sv(optarg), arena, err);
        if (rc < 0) {
            (void)err_wrap(err, rc, "option --%s", row->option);
            return SETTINGS_USAGE;
        }
    }
    if (optind < argc)
        return usage(err, "unexpected argument", argv[optind], command);
    return 0;
}

/* ---------------------------------------------------------------------------------------- paths */

struct sv settings_store_path(const struct settings *settings, struct arena *arena)
{
    return arena_printf(arena, "%s/hub/tiercel.db", settings->state);
}

struct sv settings_control_path(const struct settings *settings, struct arena *arena)
{
    struct sv beside = sv(settings->socket);
    size_t slash = sv_rfind_char(beside, '/');

    if (strcmp(settings->control, "none") == 0)
        return SV("");
    if (settings->control[0] != '\0')
        return sv(settings->control);
    return arena_printf(arena, "%.*ssensor.sock",
                        SV_ARG(sv_sub(beside, 0, slash == SIZE_MAX ? 0 : slash + 1)));
}

struct sv settings_captures_path(const struct settings *settings, struct arena *arena)
{
    if (settings->captures[0] != '\0')
        return sv(settings->captures);
    return arena_printf(arena, "%s/sensor/captures", settings->state);
}

struct sv settings_spool_path(const struct settings *settings, struct arena *arena)
{
    return arena_printf(arena, "%s/sensor/spool", settings->state);
}

void settings_describe(struct buf *out)
{
    buf_str(out, "| key | option | default | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        const struct setting *row = &table[i];
        buf_printf(out, "| `%s` | ", row->key);
        if (row->option != NULL && row->letter != 0)
            buf_printf(out, "`-%c`, `--%s`", row->letter, row->option);
        else if (row->option != NULL)
            buf_printf(out, "`--%s`", row->option);
        buf_printf(out, " | %s | %s", row->fallback[0] == '\0' ? "none" : row->fallback,
                   row->meaning);
        for (const struct choice *choice = row->choice; choice != NULL && choice->name != NULL;
             choice++)
            buf_printf(out, "%s`%s`", choice == row->choice ? ": " : ", ", choice->name);
        buf_str(out, " |\n");
    }
}
