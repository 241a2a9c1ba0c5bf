#include "app/rules.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/settings.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "lang/falco/ruleset.h"
#include "match/engine.h"

#define RULES_DIR_OWN "/etc/tiercel/rules.d"

/* The rules that came with this program: beside the build directory that it was built in, which
 * tells itself by src/app at its end; else where they are installed. */
static const char *shipped_rules(struct arena *arena)
{
    enum { UP = 4 }; /* from build/src/app/tiercel */
    char exe[4096];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    struct sv dir = {exe, len < 0 ? 0 : (size_t)len};

    if (sv_ends(dir, SV("/src/app/tiercel"))) {
        for (int up = 0; up < UP && dir.len > 0; up++) {
            size_t slash = sv_rfind_char(dir, '/');
            dir.len = slash == SIZE_MAX ? 0 : slash;
        }
        struct sv rules = arena_printf(arena, "%.*s/rules", SV_ARG(dir));
        if (access(arena_printf(arena, "%s/base.yaml", rules.ptr).ptr, R_OK) == 0)
            return rules.ptr;
    }
    return TIERCEL_RULES_DIR;
}

/* The paths to read, ended by NULL. */
static const char *const *paths_of(const struct settings *settings, struct arena *arena)
{
    if (settings->rules[0] != NULL)
        return settings->rules;
    const char **usual = arena_array(arena, const char *, 2);
    usual[0] = access(RULES_DIR_OWN, R_OK) == 0 ? RULES_DIR_OWN : shipped_rules(arena);
    return usual;
}

static void log_diags(const struct log *log, const struct diags *diags)
{
    scoped(buf_done) struct buf place = {0};

    for (uint32_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->item[i];
        enum log_level level = diag->level == DIAG_ERROR     ? LOG_ERROR
                               : diag->level == DIAG_WARNING ? LOG_WARN
                                                             : LOG_DEBUG;
        buf_reset(&place);
        buf_printf(&place, "%s:%u:%u", diag->place.file, diag->place.line, diag->place.column);
        log_at(log, level, diag->message, log_str("at", buf_cstr(&place)),
               log_str("item", diag->place.item_name == NULL ? "" : diag->place.item_name),
               log_str("code", diag_code_name(diag->code)),
               log_str("help", diag->mend == NULL ? "" : diag->mend));
    }
}

/* ------------------------------------------------------------------------------------- selection
 */

static void select_list(struct ruleset *set, const struct log *log, const char *const *pattern,
                        bool enable, bool by_tag)
{
    for (; *pattern != NULL; pattern++) {
        struct rule_selection selection = {enable, by_tag, sv(*pattern)};
        if (ruleset_select(set, &selection) == 0)
            log_warn(log, "a selection names no rule", log_str("pattern", *pattern),
                     log_str("by", by_tag ? "tag" : "name"));
    }
}

static void select_rules(struct ruleset *set, const struct settings *settings,
                         const struct log *log)
{
    select_list(set, log, settings->disable_rules, false, false);
    select_list(set, log, settings->disable_tags, false, true);
    select_list(set, log, settings->enable_rules, true, false);
    select_list(set, log, settings->enable_tags, true, true);
}

/* --------------------------------------------------------------------------------- open and close
 */

static int load(struct rules *rules, const struct settings *settings, const struct log *log,
                struct err *err)
{
    const char *const *path = paths_of(settings, rules->arena);
    scoped(buf_done) struct buf names = {0};
    int rc = 0;

    rules->set = ruleset_new();
    for (size_t i = 0; path[i] != NULL && rc == 0; i++) {
        rc = ruleset_load_path(rules->set, path[i], err);
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", path[i]);
    }
    rules->where = arena_sv(rules->arena, buf_view(&names));
    for (uint32_t i = 0; i < settings->append_output_count && rc == 0; i++)
        rc = ruleset_append_output(rules->set, &settings->append_output[i]);
    if (rc == 0)
        rc = ruleset_compile(rules->set);
    const struct diags *diags = ruleset_diags(rules->set);
    log_diags(log, diags);
    if (rc < 0 && diags->errors > 0)
        return err_set(err, -EINVAL, "%u error%s in the rules; 'tiercel check' shows the place",
                       diags->errors, diags->errors == 1 ? "" : "s");
    return rc;
}

static void tell(const struct ruleset *set, struct buf *told)
{
    const struct diags *diags = ruleset_diags(set);
    struct json_writer w = json_writer_on(told);

    json_array_begin(&w);
    for (uint32_t i = 0; i < diags->count; i++) {
        if (diags->item[i].level == DIAG_ERROR)
            diag_json(&w, &diags->item[i]);
    }
    json_array_end(&w);
}

int rules_open(const struct settings *settings, const struct log *log, struct rules **out,
               struct err *err)
{
    return rules_open_telling(settings, log, NULL, out, err);
}

static bool any_is_on(const struct ruleset *set)
{
    for (uint32_t i = 0; i < ruleset_count(set); i++) {
        if (ruleset_rule(set, i)->enabled)
            return true;
    }
    return false;
}

int rules_open_telling(const struct settings *settings, const struct log *log, struct buf *told,
                       struct rules **out, struct err *err)
{
    scoped(rules_close) struct rules *rules = xcalloc(1, sizeof(*rules));
    struct engine_options options = {
        .source = SOURCE_SYSCALL,
        .matching = settings->matching,
        .priority_max = settings->priority,
        .profile = true,
        .kernel_filters = true,
    };

    rules->arena = arena_new(4096);
    rules->stamp = rules_stamp(settings);
    int rc = load(rules, settings, log, err);
    if (rc < 0 && told != NULL)
        tell(rules->set, told);
    if (rc < 0)
        return rc;
    select_rules(rules->set, settings, log);
    rules->workers = (uint32_t)settings->workers;
    for (uint32_t i = 0; i < rules->workers; i++)
        rules->engine[i] = engine_new(rules->set, &options);
    if (!any_is_on(rules->set))
        log_warn(log, "no rule is on: nothing will be found", log_sv("from", rules->where));
    *out = take(rules);
    return 0;
}

bool rules_capture(const struct rules *rules)
{
    for (uint32_t i = 0; i < engine_rule_count(rules->engine[0]); i++) {
        if (engine_rule(rules->engine[0], i)->capture)
            return true;
    }
    return false;
}

void rules_close(struct rules *rules)
{
    if (rules == NULL)
        return;
    for (uint32_t i = 0; i < rules->workers; i++)
        engine_free(rules->engine[i]);
    ruleset_free(rules->set);
    arena_free(rules->arena);
    free(rules);
}

/* ----------------------------------------------------------------------------------------- stamp
 */

static uint64_t stamp_file(const char *path, uint64_t seed)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return hash_seed(sv(path), seed ^ (uint64_t)errno);
    const uint64_t about[] = {(uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec,
                              (uint64_t)st.st_size, st.st_ino};
    seed = hash_seed((struct sv){(const char *)about, sizeof(about)}, seed);
    return hash_seed(sv(path), seed);
}

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

const char *const *rules_directories(const struct settings *settings, struct arena *arena)
{
    const char *const *path = paths_of(settings, arena);
    size_t count = 0;

    while (path[count] != NULL)
        count++;
    const char **dir = arena_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        size_t slash = sv_rfind_char(sv(path[i]), '/');
        if (is_directory(path[i]))
            dir[i] = path[i];
        else
            dir[i] =
                slash == SIZE_MAX ? "." : arena_sv(arena, sv_sub(sv(path[i]), 0, slash + 1)).ptr;
    }
    return dir;
}

uint64_t rules_stamp(const struct settings *settings)
{
    static const char *const suffixes[] = {".yaml", ".yml", NULL};
    scoped(arena_free) struct arena *arena = arena_new(4096);
    const char *const *path = paths_of(settings, arena);
    uint64_t stamp = 0;

    for (; *path != NULL; path++) {
        struct file_list files = {0};
        if (!is_directory(*path)) {
            stamp = stamp_file(*path, stamp);
            continue;
        }
        if (file_list(*path, suffixes, arena, &files, NULL) < 0)
            stamp = hash_seed(sv(*path), stamp); /* unreadable is a state as well */
        for (size_t i = 0; i < files.count; i++)
            stamp = stamp_file(files.path[i].ptr, stamp);
    }
    return stamp;
}
