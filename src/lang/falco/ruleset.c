#include "lang/falco/ruleset.h"

#include <assert.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "lang/falco/append_outputs.h"
#include "lang/falco/items.h"
#include "lang/falco/read.h"
#include "lang/falco/rule_compile.h"
#include "lang/vm/glob.h"

static const char *const priority_names[] = {
    [PRIORITY_EMERGENCY] = "Emergency",
    [PRIORITY_ALERT] = "Alert",
    [PRIORITY_CRITICAL] = "Critical",
    [PRIORITY_ERROR] = "Error",
    [PRIORITY_WARNING] = "Warning",
    [PRIORITY_NOTICE] = "Notice",
    [PRIORITY_INFORMATIONAL] = "Informational",
    [PRIORITY_DEBUG] = "Debug",
};
static const char *const confidence_names[] = {
    [CONFIDENCE_NONE] = "none",
    [CONFIDENCE_LOW] = "low",
    [CONFIDENCE_MEDIUM] = "medium",
    [CONFIDENCE_HIGH] = "high",
};

/* The files' texts are wanted until the set is compiled, to show lines in diagnostics. What is said
 * has its own arena, so that there is room to say that the other is full. */
struct ruleset {
    struct arena *arena, *texts, *said;
    struct diags diags;
    struct items items;
    struct rule_file **file;
    uint32_t file_count, file_room;
    struct rules rules;
    bool failed, compiled;
};

struct ruleset *ruleset_new(void)
{
    struct ruleset *set = xcalloc(1, sizeof(*set));

    set->arena = arena_new((size_t)64 << 10);
    set->texts = arena_new((size_t)64 << 10);
    set->said = arena_new((size_t)16 << 10);
    arena_limit(set->texts, RULE_TEXTS_MAX);
    diags_init(&set->diags, set->said);
    set->items = (struct items){.arena = set->arena, .diags = &set->diags};
    return set;
}

void ruleset_free(struct ruleset *set)
{
    if (set == NULL)
        return;
    for (uint32_t i = 0; i < set->rules.count; i++)
        condition_free((struct condition *)set->rules.item[i].condition);
    items_done(&set->items);
    arena_free(set->texts);
    arena_free(set->said);
    arena_free(set->arena);
    free(set);
}

/* Tell that a file as a whole cannot be used. */
static int refuse(struct ruleset *set, const struct rule_file *file, const char *words)
{
    struct spot spot = {.file = file, .type = "rules content", .name = SV("")};

    set->failed = true;
    return items_report(&set->items, DIAG_ERR_FILE_READ, &spot, NULL, "%s", words);
}

static struct rule_file *add_file(struct ruleset *set, const char *name)
{
    struct rule_file *file = arena_one(set->said, struct rule_file);
    struct rule_file **grown = items_grow(&set->items, set->file, set->file_count, &set->file_room,
                                          sizeof(struct rule_file *));

    assert(!set->compiled);
    file->name = arena_sv(set->said, sv(name)).ptr;
    if (grown == NULL || set->file_count == RULE_FILES_MAX) {
        (void)refuse(set, file, "more files than one rule set may have");
        return NULL;
    }
    set->file = grown;
    set->file[set->file_count++] = file;
    return file;
}

static int load(struct ruleset *set, struct rule_file *file, struct sv text)
{
    if (text.len > RULE_FILE_MAX)
        return refuse(set, file, "the file is larger than 32 MB");
    char *copy = arena_try(set->texts, text.len + 1);
    if (copy == NULL)
        return refuse(set, file, "all files together are larger than 256 MB");
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    file->text = (struct sv){copy, text.len};
    int rc = read_file(&set->items, file);
    if (rc < 0)
        set->failed = true;
    return rc;
}

int ruleset_load_text(struct ruleset *set, const char *name, struct sv text)
{
    struct rule_file *file = add_file(set, name);

    return file == NULL ? -E2BIG : load(set, file, text);
}

int ruleset_load_file(struct ruleset *set, const char *path)
{
    struct rule_file *file = add_file(set, path);
    scoped(buf_done) struct buf text = {.limit = RULE_FILE_MAX};
    struct err err = {0};

    if (file == NULL)
        return -E2BIG;
    int rc = file_read(path, RULE_FILE_MAX, &text, &err);
    if (rc < 0)
        return refuse(set, file, err_text(&err, rc));
    return load(set, file, buf_view(&text));
}

static int load_directory(struct ruleset *set, const char *path, struct err *err)
{
    static const char *const suffixes[] = {".yaml", ".yml", NULL};
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct file_list files = {0};
    uint32_t faulty = 0;

    int rc = file_list(path, suffixes, arena, &files, err);
    if (rc < 0) {
        struct rule_file *file = add_file(set, path);
        return file == NULL ? -E2BIG : refuse(set, file, err_text(err, rc));
    }
    for (size_t i = 0; i < files.count; i++)
        faulty += ruleset_load_file(set, files.path[i].ptr) < 0;
    if (faulty > 0)
        return err_set(err, -EINVAL, "%u faulty rule files in '%s'", faulty, path);
    return 0;
}

int ruleset_load_path(struct ruleset *set, const char *path, struct err *err)
{
    struct stat info;

    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return load_directory(set, path, err);
    int rc = ruleset_load_file(set, path);
    if (rc < 0)
        return err_set(err, rc, "faulty rule file '%s'", path);
    return 0;
}

int ruleset_append_output(struct ruleset *set, const struct output_append *append)
{
    assert(!set->compiled);
    return append_outputs_add(&set->items, append);
}

int ruleset_compile(struct ruleset *set)
{
    assert(!set->compiled && !set->failed);
    set->compiled = true;
    int rc = rule_compile_all(&set->items, &set->rules);
    for (uint32_t i = 0; i < set->file_count; i++)
        set->file[i]->text = (struct sv){NULL, 0};
    arena_free(take(set->texts));
    return rc;
}

const struct diags *ruleset_diags(const struct ruleset *set)
{
    return &set->diags;
}

uint32_t ruleset_count(const struct ruleset *set)
{
    return set->rules.count;
}

const struct rule *ruleset_rule(const struct ruleset *set, uint32_t index)
{
    assert(index < set->rules.count);
    return &set->rules.item[index];
}

static bool selected(const struct rule *rule, const struct rule_selection *selection)
{
    if (!selection->by_tag)
        return glob_match(selection->pattern, sv(rule->name), false);
    for (uint32_t i = 0; i < rule->tag_count; i++) {
        if (glob_match(selection->pattern, sv(rule->tag[i]), false))
            return true;
    }
    return false;
}

uint32_t ruleset_select(struct ruleset *set, const struct rule_selection *selection)
{
    uint32_t named = 0;

    assert(set->compiled);
    for (uint32_t i = 0; i < set->rules.count; i++) {
        struct rule *rule = &set->rules.item[i];
        if (!selected(rule, selection))
            continue;
        rule->enabled = selection->enable;
        named++;
    }
    return named;
}

struct ruleset_totals ruleset_totals(const struct ruleset *set)
{
    return (struct ruleset_totals){
        .files = set->file_count,
        .rules = set->items.table[ITEM_RULE].count,
        .macros = set->items.table[ITEM_MACRO].count,
        .lists = set->items.table[ITEM_LIST].count,
    };
}

const char *ruleset_file(const struct ruleset *set, uint32_t index)
{
    assert(index < set->file_count);
    return set->file[index]->name;
}

const char *rule_priority_name(enum rule_priority priority)
{
    assert(priority < ARRAY_LEN(priority_names));
    return priority_names[priority];
}

int rule_priority_from(struct sv name)
{
    if (sv_eq_nocase(name, SV("info")))
        return PRIORITY_INFORMATIONAL;
    for (size_t i = 0; i < ARRAY_LEN(priority_names); i++) {
        if (sv_eq_nocase(name, sv(priority_names[i])))
            return (int)i;
    }
    return -1;
}

const char *rule_confidence_name(enum rule_confidence confidence)
{
    assert(confidence < ARRAY_LEN(confidence_names));
    return confidence_names[confidence];
}
