#include "app/rules.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "app/settings.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"

#define RULES_DIR_OWN "/etc/tiercel/rules.d"

/* Where the rules of this very program are: beside it in a build tree, else where it installs. */
static const char *shipped_rules(struct arena *arena)
{
    char exe[4096];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

    if (len > 0) {
        struct sv dir = {exe, (size_t)len};
        for (int up = 0; up < 2 && dir.len > 0; up++) {
            size_t slash = sv_rfind_char(dir, '/');
            dir.len = slash == SIZE_MAX ? 0 : slash;
        }
        struct sv path = arena_printf(arena, "%.*s/rules/base.yaml", SV_ARG(dir));
        if (access(path.ptr, R_OK) == 0)
            return arena_printf(arena, "%.*s/rules", SV_ARG(dir)).ptr;
    }
    return TIERCEL_RULES_DIR;
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

int rules_load(const struct settings *settings, const struct log *log, struct arena *arena,
               struct ruleset **out, struct sv *where, struct err *err)
{
    const char *usual[2] = {RULES_DIR_OWN, NULL};
    const char *const *path = settings->rules;
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    struct buf names = {0};
    int rc = 0;

    if (path[0] == NULL) {
        if (access(usual[0], R_OK) != 0)
            usual[0] = shipped_rules(arena);
        path = usual;
    }
    for (size_t i = 0; path[i] != NULL && rc == 0; i++) {
        rc = ruleset_load_path(set, path[i], err);
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", path[i]);
    }
    *where = arena_sv(arena, buf_view(&names));
    buf_done(&names);
    if (rc == 0)
        rc = ruleset_compile(set);
    log_diags(log, ruleset_diags(set));
    if (rc < 0 && ruleset_diags(set)->errors > 0)
        return err_set(err, -EINVAL, "%u errors in the rules; 'tiercel check' shows them in place",
                       ruleset_diags(set)->errors);
    if (rc < 0)
        return rc;
    *out = take(set);
    return 0;
}
