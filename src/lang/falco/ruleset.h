/* lang/falco/ruleset.h - rule files in Falco's format, loaded and compiled.
 *
 * Load any number of files in order, then compile: later items replace or change earlier ones of
 * the same name, also across files. Everything lives as long as the set. Loading is one thread's; a
 * compiled set is immutable and may be shared. */
#pragma once

#include "base/attr.h"
#include "base/sv.h"
#include "event/event.h"
#include "lang/condition.h"
#include "lang/diag.h"
#include "lang/output.h"

struct err;
struct output_append;
struct ruleset;

#define RULE_FILE_MAX ((size_t)32 << 20)   /* bytes of one file */
#define RULE_TEXTS_MAX ((size_t)256 << 20) /* bytes of all files of a set */
#define RULE_FILES_MAX 10000u
/* The level of the rule language, as required_engine_version means it. */
#define RULE_ENGINE_VERSION "0.62.0"

enum rule_priority {
    PRIORITY_EMERGENCY,
    PRIORITY_ALERT,
    PRIORITY_CRITICAL,
    PRIORITY_ERROR,
    PRIORITY_WARNING,
    PRIORITY_NOTICE,
    PRIORITY_INFORMATIONAL,
    PRIORITY_DEBUG,
};

enum rule_confidence {
    CONFIDENCE_NONE, /* the rule does not say */
    CONFIDENCE_LOW,
    CONFIDENCE_MEDIUM,
    CONFIDENCE_HIGH,
};

/* A rule as it stands after appends, overrides and exceptions. Texts end in NUL. */
struct rule {
    uint32_t index; /* place in load order */
    const char *name, *description;
    const char *file;
    uint32_t line;
    const char *condition_text; /* as written, appended parts joined */
    const char *output_text;
    enum rule_priority priority;
    enum event_source source;
    bool enabled;
    bool capture;
    uint32_t capture_duration_ms; /* 0: the rule does not say */
    const char *const *tag;       /* sorted, no duplicates */
    uint32_t tag_count;
    /* Under the key `tiercel:` of a rule, ours: owner, playbook, confidence. NULL when absent. */
    const char *owner, *playbook;
    enum rule_confidence confidence;
    const struct condition *condition;
    const struct output *output;
    struct event_set types;
    bool all_types; /* runs on every event type */
};

struct ruleset *ruleset_new(void);
void ruleset_free(struct ruleset *set);
DEFINE_SCOPED(struct ruleset *, ruleset_free)

/* Read one file, or text under a name. Problems go to ruleset_diags(); a negative return means that
 * an error was among them (or the file could not be read) and the set must not be compiled. */
must_check int ruleset_load_file(struct ruleset *set, const char *path);
must_check int ruleset_load_text(struct ruleset *set, const char *name, struct sv text);
/* Files of a directory (*.yaml, *.yml, sorted), or a single file. */
must_check int ruleset_load_path(struct ruleset *set, const char *path, struct err *err);

/* Add to the outputs of rules (lang/falco/output_append.h). Before ruleset_compile(), until which
 * the entry and what it points to must stay. -E2BIG: too many. */
must_check int ruleset_append_output(struct ruleset *set, const struct output_append *append);

/* Expand, check and compile everything loaded; reports unused macros and lists. */
must_check int ruleset_compile(struct ruleset *set);

/* What was loaded: items by name, whether they compile or not. Files in the order of loading; a
 * diagnostic's place.file is one of their names. */
struct ruleset_totals {
    uint32_t files, rules, macros, lists;
};
struct ruleset_totals ruleset_totals(const struct ruleset *set);
const char *ruleset_file(const struct ruleset *set, uint32_t index);

const struct diags *ruleset_diags(const struct ruleset *set);
uint32_t ruleset_count(const struct ruleset *set); /* rules after compiling, disabled ones too */
const struct rule *ruleset_rule(const struct ruleset *set, uint32_t index);

/* Switch rules of a compiled set on or off: by name or by tag, with a shell pattern (* and ?), as
 * Falco's `rules:` setting does. Selections are applied in the order of the calls, each over what
 * the earlier ones left. Returns how many rules the pattern named: 0 is worth a warning. Before an
 * engine is made of the set. */
struct rule_selection {
    bool enable; /* else disable */
    bool by_tag; /* else by name */
    struct sv pattern;
};
uint32_t ruleset_select(struct ruleset *set, const struct rule_selection *selection);

const char *rule_priority_name(enum rule_priority priority); /* "Warning" */
int rule_priority_from(struct sv name);                      /* any case, INFO too; -1 */
const char *rule_confidence_name(enum rule_confidence confidence);
