/* lang/diag.h - what is wrong in a rule file or a condition, where, and how to mend it.
 *
 * A list of diagnostics lives in an arena. Codes are Falco's where it has one. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct arena;
struct buf;
struct json_writer;

#define DIAG_MAX 1000          /* per load; more are counted, not kept */
#define DIAG_SNIPPET_WIDTH 120 /* characters of a line that a snippet shows */
#define DIAG_TEXT_MAX 1024     /* bytes of a message, mend, file or item name; the rest is cut */

enum diag_level {
    DIAG_ERROR,
    DIAG_WARNING,
    DIAG_GUARDRAIL, /* ours: loads, but should not be used as it is */
};

/* Named as diag_code_name() gives them: LOAD_ERR_FILE_READ ... TIERCEL_RULE_ALL_EVENTS. */
enum diag_code {
    DIAG_ERR_FILE_READ,
    DIAG_ERR_YAML_PARSE,
    DIAG_ERR_YAML_VALIDATE,
    DIAG_ERR_COMPILE_CONDITION,
    DIAG_ERR_COMPILE_OUTPUT,
    DIAG_ERR_VALIDATE,
    DIAG_UNKNOWN_SOURCE, /* the first warning */
    DIAG_UNSAFE_NA_CHECK,
    DIAG_NO_EVTTYPE,
    DIAG_UNKNOWN_FILTER,
    DIAG_UNUSED_MACRO,
    DIAG_UNUSED_LIST,
    DIAG_UNKNOWN_ITEM,
    DIAG_UNKNOWN_KEY,
    DIAG_DEPRECATED_ITEM,
    DIAG_APPEND_NO_VALUES,
    DIAG_EXCEPTION_NAME_NOT_UNIQUE,
    DIAG_INVALID_MACRO_NAME,
    DIAG_INVALID_LIST_NAME,
    DIAG_COMPILE_CONDITION,
    DIAG_FALCO_REFUSES,      /* taken here, not by Falco */
    DIAG_RULE_WITHOUT_OWNER, /* the first guardrail */
    DIAG_RULE_WITHOUT_PLAYBOOK,
    DIAG_RULE_ALL_EVENTS, /* runs on every event type, or nearly */
    DIAG_CODE_COUNT,
};

/* A place: line and column (in characters) count from 1, offset (in bytes) from 0. line 0: none. */
struct diag_place {
    const char *file; /* NULL or "": no file */
    uint32_t line, column, offset;
    const char *item_type; /* "rule", "macro", "list", "exception", "rule condition" ... or "" */
    const char *item_name;
};

struct diag {
    enum diag_level level;
    enum diag_code code;
    struct diag_place place;
    struct diag_place within; /* the item that the place is a part of; line 0 when it is one */
    const char *message;      /* what is wrong and what was expected */
    const char *mend;    /* what to do, "did you mean 'proc.name'?"; NULL when we have no idea */
    const char *snippet; /* the line and a caret below the column, two lines; or NULL */
};

struct diags {
    struct arena *arena;
    struct diag *item;
    uint32_t count, room;
    uint32_t errors, warnings, guardrails; /* of all, kept or not */
};

void diags_init(struct diags *diags, struct arena *arena);

/* Keep a copy of `diag` (texts included). `text` is the whole file or condition that place.offset
 * points into, for the snippet; empty for none. Returns the kept one, NULL past DIAG_MAX. */
struct diag *diags_add(struct diags *diags, const struct diag *diag, struct sv text);

const char *diag_code_name(enum diag_code code); /* "LOAD_UNKNOWN_KEY" */
const char *diag_code_meaning(enum diag_code code);
enum diag_level diag_code_level(enum diag_code code);
const char *diag_level_name(enum diag_level level); /* "error" */

/* For people: "file:line:column: error: message [CODE]", snippet, mend; terminal-safe. */
void diag_print(struct buf *out, const struct diag *diag, bool colour);

/* One object: Falco's members for an error or a warning (lines and columns from 0), and ours. */
void diag_json(struct json_writer *w, const struct diag *diag);
