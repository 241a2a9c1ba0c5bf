/* What the loader says of faulty and doubtful rule files, and where. */
#include "tests/unit/lang/ruleset_texts.h"

#define HEAD "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n"
#define RULE(name, condition)                                                                      \
    "- rule: " name "\n  desc: d\n  output: o\n  priority: INFO\n  condition: " condition "\n"
#define OPEN RULE("r", "evt.type = open")

/* Codes with line and column of all errors and warnings, in order; words of the first. */
static const struct {
    const char *row, *text, *codes, *words, *mend;
} rows[] = {
    /* YAML and its shape */
    {"not YAML", "a: b: c\n", "LOAD_ERR_YAML_PARSE:1:5", NULL, NULL},
    {"not UTF-8", "- list: \"a\xff\"\n", "LOAD_ERR_YAML_PARSE:1:11", NULL, NULL},
    {"key twice", "- list: a\n  items: []\n  list: b\n", "LOAD_ERR_YAML_PARSE:3:3",
     "'list' stands in this mapping already", NULL},
    {"text", "hello\n", "LOAD_ERR_YAML_VALIDATE:1:1", "Rules content is text", NULL},
    {"mapping", "list: a\nitems: []\n", "LOAD_ERR_YAML_VALIDATE:1:1", "Rules content is a mapping",
     "begin each item with '- '"},
    {"item that is text", "- a\n", "LOAD_ERR_YAML_VALIDATE:1:3", "Unexpected element type", NULL},
    {"unknown item", "- rulr: x\n  desc: d\n", "LOAD_UNKNOWN_ITEM:1:3", "Unknown top level item",
     "did you mean 'rule'?"},
    {"unknown item without a key", "- {}\n", "LOAD_UNKNOWN_ITEM:1:3", NULL, NULL},

    /* Keys */
    {"name is empty", "- rule:\n  desc: d\n", "LOAD_ERR_YAML_VALIDATE:1:8",
     "Mapping for key 'rule' is empty", NULL},
    {"name is a list", "- macro: [a]\n  condition: b\n", "LOAD_ERR_YAML_VALIDATE:1:10",
     "must be text", NULL},
    {"name is no text at all", "- list: ''\n  items: []\n", "LOAD_ERR_YAML_VALIDATE:1:9",
     "must not be empty", NULL},
    {"no condition", "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n",
     "LOAD_ERR_YAML_VALIDATE:1:3", "Item has no mapping for key 'condition'", NULL},
    {"no output", "- rule: r\n  desc: d\n  condition: evt.type = open\n  priority: INFO\n",
     "LOAD_ERR_YAML_VALIDATE:1:3", "Item has no mapping for key 'output'", NULL},
    {"no desc", "- rule: r\n  output: o\n  condition: evt.type = open\n  priority: INFO\n",
     "LOAD_ERR_YAML_VALIDATE:1:3", "Item has no mapping for key 'desc'", NULL},
    {"no priority", "- rule: r\n  desc: d\n  output: o\n  condition: evt.type = open\n",
     "LOAD_ERR_YAML_VALIDATE:1:3", "Item has no mapping for key 'priority'", NULL},
    {"nothing but tags", "- rule: r\n  tags: [a]\n", "LOAD_ERR_YAML_VALIDATE:1:3",
     "Item has no mapping for key 'enabled'", "a rule has condition, output, desc and priority"},
    {"wrong priority",
     "- rule: r\n  desc: d\n  output: o\n  condition: evt.type = open\n  priority: WARNIN\n",
     "LOAD_ERR_YAML_VALIDATE:5:13", "Invalid priority 'WARNIN'", "did you mean 'WARNING'?"},
    {"enabled is no truth value", OPEN "  enabled: maybe\n", "LOAD_ERR_YAML_VALIDATE:6:12",
     "neither true nor false", "write true or false"},
    {"warn_evttypes is a list", OPEN "  warn_evttypes: [true]\n", "LOAD_ERR_YAML_VALIDATE:6:18",
     NULL, NULL},
    {"tags are text", OPEN "  tags: a\n", "LOAD_ERR_YAML_VALIDATE:6:9", "is not a sequence", NULL},
    {"a tag is a list", OPEN "  tags: [a, [b]]\n", "LOAD_ERR_YAML_VALIDATE:6:13",
     "Value 2 of 'tags' is not text", NULL},
    {"capture_duration is text", OPEN "  capture_duration: 5s\n", "LOAD_ERR_YAML_VALIDATE:6:21",
     "not a number of milliseconds", NULL},
    {"unknown key of a rule", OPEN "  tag: [a]\n", "LOAD_UNKNOWN_KEY:6:3",
     "Unknown key 'tag' in a rule", "did you mean 'tags'?"},
    {"unknown key of a macro", "- macro: m\n  condition: evt.type = open\n  items: []\n",
     "LOAD_UNKNOWN_KEY:3:3 LOAD_UNUSED_MACRO:1:3", NULL, NULL},
    {"items of a list are text", "- list: l\n  items: a\n", "LOAD_ERR_YAML_VALIDATE:2:10", NULL,
     NULL},
    {"an item of a list is null", "- list: l\n  items: [a, ~]\n", "LOAD_ERR_YAML_VALIDATE:2:14",
     NULL, NULL},
    {"no items", "- list: l\n", "LOAD_ERR_YAML_VALIDATE:1:3", NULL, NULL},
    {"name of a list", "- list: a b\n  items: []\n" OPEN,
     "LOAD_INVALID_LIST_NAME:1:3 "
     "LOAD_UNUSED_LIST:1:3",
     NULL, NULL},
    {"name of a macro", "- macro: 1a\n  condition: evt.type = open\n" OPEN,
     "LOAD_INVALID_MACRO_NAME:1:3 LOAD_UNUSED_MACRO:1:3", NULL, NULL},
    {"tiercel is text", OPEN "  tiercel: me\n", "LOAD_ERR_YAML_VALIDATE:6:12",
     "'tiercel' must be a mapping", NULL},
    {"unknown key of tiercel", OPEN "  tiercel: {ownr: a}\n", "LOAD_UNKNOWN_KEY:6:13", NULL,
     "did you mean 'owner'?"},
    {"confidence", OPEN "  tiercel: {confidence: sure}\n", "LOAD_ERR_YAML_VALIDATE:6:25", NULL,
     "confidence is low, medium or high"},

    /* Versions */
    {"engine version met", "- required_engine_version: 62\n" OPEN, "", NULL, NULL},
    {"engine version met, three numbers", "- required_engine_version: 0.62.0\n" OPEN, "", NULL,
     NULL},
    {"engine version too high", "- required_engine_version: 63\n", "LOAD_ERR_VALIDATE:1:3",
     "require engine version 0.63.0", NULL},
    {"engine version too high at the end", "- required_engine_version: 0.62.1\n",
     "LOAD_ERR_VALIDATE:1:3", NULL, NULL},
    {"engine version of another language", "- required_engine_version: 1.0.0\n",
     "LOAD_ERR_VALIDATE:1:3", NULL, NULL},
    {"engine version is no version", "- required_engine_version: 0.62\n",
     "LOAD_ERR_YAML_VALIDATE:1:3", "Unable to parse engine version '0.62'", NULL},
    {"plugin versions",
     "- required_plugin_versions:\n  - name: container\n    version: 0.4.0\n"
     "    alternatives:\n    - {name: other, version: 1.2.3-rc1}\n" OPEN,
     "", NULL, NULL},
    {"plugin versions are a mapping", "- required_plugin_versions: {name: a}\n",
     "LOAD_ERR_YAML_VALIDATE:1:3", NULL, NULL},
    {"plugin without a version", "- required_plugin_versions:\n  - name: a\n",
     "LOAD_ERR_YAML_VALIDATE:2:5", "no mapping for key 'version'", NULL},
    {"plugin version is no version", "- required_plugin_versions:\n  - {name: a, version: new}\n",
     "LOAD_ERR_VALIDATE:2:5", "Invalid required version 'new' for plugin 'a'", NULL},
    {"plugin twice",
     "- required_plugin_versions:\n  - name: a\n    version: 1.0.0\n"
     "    alternatives:\n    - {name: a, version: 1.2.3}\n",
     "LOAD_ERR_VALIDATE:5:5", "multiple alternative version", NULL},

    /* Changes */
    {"append to no rule", "- rule: r\n  condition: and fd.num = 3\n  append: true\n",
     "LOAD_DEPRECATED_ITEM:1:3 LOAD_ERR_VALIDATE:1:3", NULL, NULL},
    {"append to no macro", "- macro: m\n  condition: and a\n  override: {condition: append}\n",
     "LOAD_ERR_VALIDATE:1:3", "no macro by that name", NULL},
    {"append to no list", "- list: l\n  items: [a]\n  override: {items: append}\n",
     "LOAD_ERR_VALIDATE:1:3", "no list by that name", NULL},
    {"replace in no rule", "- rule: r\n  desc: d\n  override: {desc: replace}\n",
     "LOAD_ERR_VALIDATE:1:3", "no rule by that name", "files are read in the order given"},
    {"enable no rule", "- rule: r\n  enabled: true\n",
     "LOAD_DEPRECATED_ITEM:1:3 LOAD_ERR_VALIDATE:1:3", NULL, NULL},
    {"own no rule", "- rule: r\n  tiercel: {owner: a}\n", "LOAD_ERR_VALIDATE:1:3",
     "only the key 'tiercel'", NULL},
    {"append nothing", OPEN "- rule: r\n  append: true\n",
     "LOAD_DEPRECATED_ITEM:6:3 LOAD_ERR_VALIDATE:6:3", NULL, NULL},
    {"append and override",
     OPEN "- rule: r\n  desc: x\n  append: true\n  override: {desc: append}\n",
     "LOAD_DEPRECATED_ITEM:6:3 LOAD_ERR_YAML_VALIDATE:6:3", NULL, NULL},
    {"key without an override",
     OPEN "- rule: r\n  desc: x\n  output: y\n"
          "  override: {desc: append}\n",
     "LOAD_ERR_YAML_VALIDATE:8:11", "Unexpected key 'output': no corresponding entry", NULL},
    {"override without a key", OPEN "- rule: r\n  desc: x\n  override: {output: append}\n",
     "LOAD_ERR_YAML_VALIDATE:6:3", "An append override for 'output' was specified", NULL},
    {"key that cannot be appended to",
     OPEN "- rule: r\n  priority: INFO\n  override: {priority: append}\n",
     "LOAD_ERR_YAML_VALIDATE:8:14", "cannot be appended to, use 'replace' instead", NULL},
    {"key that cannot be replaced", OPEN "- rule: r\n  source: x\n  override: {source: replace}\n",
     "LOAD_ERR_YAML_VALIDATE:8:14", "cannot be replaced", NULL},
    {"override of another kind", OPEN "- rule: r\n  desc: x\n  override: {desc: prepend}\n",
     "LOAD_ERR_YAML_VALIDATE:8:14", "Allowed values are: append replace", NULL},
    {"override is text", OPEN "- rule: r\n  desc: x\n  override: append\n",
     "LOAD_ERR_YAML_VALIDATE:8:13", NULL, NULL},
    {"key that append: true leaves out",
     OPEN "- rule: r\n  condition: and fd.num = 3\n  output: x\n  append: true\n",
     "LOAD_DEPRECATED_ITEM:6:3 LOAD_UNKNOWN_KEY:8:11", NULL, NULL},
    {"another source", OPEN OPEN "  source: k8s_audit\n", "LOAD_ERR_VALIDATE:6:3",
     "re-defined with a different source", NULL},
    {"what follows from a fault is not told",
     "- rule: r\n  desc: d\n  condition: [x]\n"
     "- rule: r\n  desc: e\n  override: {desc: replace}\n",
     "LOAD_ERR_YAML_VALIDATE:3:14", NULL, NULL},
    {"all faults are told", "- list: a\n- list: b\n- macro: c\n",
     "LOAD_ERR_YAML_VALIDATE:1:3 LOAD_ERR_YAML_VALIDATE:2:3 LOAD_ERR_YAML_VALIDATE:3:3", NULL,
     NULL},

    /* Exceptions */
    {"exceptions are a mapping", OPEN "  exceptions: {name: e}\n", "LOAD_ERR_YAML_VALIDATE:6:15",
     NULL, NULL},
    {"exception is text", OPEN "  exceptions: [e]\n", "LOAD_ERR_YAML_VALIDATE:6:16", NULL, NULL},
    {"exception without a name", OPEN "  exceptions: [{fields: proc.name}]\n",
     "LOAD_ERR_YAML_VALIDATE:6:16", "no mapping for key 'name'", NULL},
    {"exception without fields", OPEN "  exceptions: [{name: e}]\n", "LOAD_ERR_YAML_VALIDATE:6:16",
     "no mapping for key 'fields'", NULL},
    {"unknown field", OPEN "  exceptions: [{name: e, fields: proc.nmae}]\n",
     "LOAD_ERR_VALIDATE:6:16", "'proc.nmae' is not a supported filter field",
     "did you mean 'proc.name'?"},
    {"field of another source", OPEN "  exceptions: [{name: e, fields: ka.verb}]\n",
     "LOAD_ERR_VALIDATE:6:16", NULL, "events of 'syscall' do not have it"},
    {"unknown comparison", OPEN "  exceptions: [{name: e, fields: [proc.name], comps: [is]}]\n",
     "LOAD_ERR_VALIDATE:6:16", "'is' is not a supported comparison operator", NULL},
    {"comps too short",
     OPEN "  exceptions: [{name: e, fields: [proc.name, fd.name], comps: [=]}]\n",
     "LOAD_ERR_VALIDATE:6:16", "Fields and comps lists must have equal length", NULL},
    {"one field, many comps", OPEN "  exceptions: [{name: e, fields: proc.name, comps: [in]}]\n",
     "LOAD_ERR_VALIDATE:6:16", "must both be strings", NULL},
    {"one field, wrong comp", OPEN "  exceptions: [{name: e, fields: proc.name, comps: =}]\n",
     "LOAD_ERR_VALIDATE:6:16", "one of (in, pmatch, intersects)", NULL},
    {"values too short",
     OPEN "  exceptions: [{name: e, fields: [proc.name, fd.name], values: [[a]]}]\n",
     "LOAD_ERR_VALIDATE:6:16", "Fields and values lists must have equal length", NULL},
    {"values are no lists",
     OPEN "  exceptions: [{name: e, fields: [proc.name, fd.name], values: [a, b]}]\n",
     "LOAD_ERR_VALIDATE:6:16", "Fields and values lists must have equal length", NULL},
    {"value of one field is a list",
     OPEN "  exceptions: [{name: e, fields: proc.name, values: [[a]]}]\n", "LOAD_ERR_VALIDATE:6:16",
     "Expected values array to contain a list of strings", NULL},
    {"values are text", OPEN "  exceptions: [{name: e, fields: proc.name, values: a}]\n",
     "LOAD_ERR_YAML_VALIDATE:6:53", "must be a sequence", NULL},
    {"a value is null", OPEN "  exceptions: [{name: e, fields: proc.name, values: [~]}]\n",
     "LOAD_ERR_YAML_VALIDATE:6:54", NULL, NULL},
    {"name twice",
     OPEN "  exceptions: [{name: e, fields: proc.name}, {name: e, fields: fd.name}]\n",
     "LOAD_EXCEPTION_NAME_NOT_UNIQUE:6:46", NULL, NULL},
    {"append no values",
     OPEN "  exceptions: [{name: e, fields: proc.name, values: [a]}]\n"
          "- rule: r\n  exceptions: [{name: e}]\n  override: {exceptions: append}\n",
     "LOAD_APPEND_NO_VALUES:8:16", NULL, NULL},
    {"append fields",
     OPEN "  exceptions: [{name: e, fields: proc.name, values: [a]}]\n"
          "- rule: r\n  exceptions: [{name: e, fields: fd.name, values: [b]}]\n"
          "  override: {exceptions: append}\n",
     "LOAD_ERR_VALIDATE:8:16", "Can not append exception fields", NULL},
    {"append comps",
     OPEN "  exceptions: [{name: e, fields: proc.name, values: [a]}]\n"
          "- rule: r\n  exceptions: [{name: e, comps: in, values: [b]}]\n"
          "  override: {exceptions: append}\n",
     "LOAD_ERR_VALIDATE:8:16", "Can not append exception comps", NULL},
    {"append a new one without fields",
     OPEN "- rule: r\n  exceptions: [{name: e, values: [b]}]\n  override: {exceptions: append}\n",
     "LOAD_ERR_VALIDATE:7:16", "must have fields property", NULL},
    {"append a new one without values",
     OPEN "- rule: r\n  exceptions: [{name: e, fields: fd.name}]\n"
          "  override: {exceptions: append}\n",
     "LOAD_APPEND_NO_VALUES:7:16 LOAD_ERR_VALIDATE:7:16", NULL, NULL},
    {"replace by one without fields",
     OPEN "- rule: r\n  exceptions: [{name: e, values: [b]}]\n  override: {exceptions: replace}\n",
     "LOAD_ERR_VALIDATE:7:16", "must have fields property", NULL},
    {"unknown key of an exception",
     OPEN "  exceptions: [{name: e, fields: proc.name, value: [a]}]\n", "LOAD_UNKNOWN_KEY:6:45",
     NULL, "did you mean 'values'?"},
    {"value that does not fit the field",
     OPEN "  exceptions: [{name: e, fields: [fd.num], values: [[many]]}]\n",
     "LOAD_ERR_COMPILE_CONDITION:6:16", NULL, NULL},

    /* Conditions: the place of the word in the file */
    {"grammar", HEAD "  condition: evt.type = open and fd.num ==\n",
     "LOAD_ERR_COMPILE_CONDITION:5:43", NULL, NULL},
    {"grammar, folded", HEAD "  condition: >\n    evt.type = open\n    fd.num = 3\n",
     "LOAD_ERR_COMPILE_CONDITION:7:5", "unexpected token after 'open'", NULL},
    {"unknown field", RULE("r", "evt.type = open and proc.nmae = a"),
     "LOAD_ERR_COMPILE_CONDITION:5:34", "nonexistent field proc.nmae", "did you mean 'proc.name'?"},
    {"unknown field, literal block",
     HEAD "  condition: |\n    evt.type = open and\n      (fd.num = 3 or proc.nmae = a)\n",
     "LOAD_ERR_COMPILE_CONDITION:7:22", NULL, NULL},
    {"unknown field, quoted", HEAD "  condition: \"evt.type = open and proc.nmae = \\\"a b\\\"\"\n",
     "LOAD_ERR_COMPILE_CONDITION:5:35", NULL, NULL},
    {"unknown field in an appended part",
     OPEN "- rule: r\n  condition: and proc.nmae = a\n  override: {condition: append}\n",
     "LOAD_ERR_COMPILE_CONDITION:7:18", NULL, NULL},
    {"unknown field behind exceptions",
     RULE("r", "evt.type = open and proc.nmae = a") "  exceptions: [{name: e, fields: proc.name, "
                                                    "values: [a]}]\n",
     "LOAD_ERR_COMPILE_CONDITION:5:34", NULL, NULL},
    {"unknown event type", RULE("r", "evt.type in (open, opne)"), "LOAD_ERR_COMPILE_CONDITION:5:33",
     "unknown event type", NULL},
    {"unknown macro",
     RULE("r", "evt.type = open and is_ct") "- macro: is_cat\n  condition: proc.name = cat\n",
     "LOAD_ERR_VALIDATE:5:34", "Undefined macro 'is_ct'", "did you mean 'is_cat'?"},
    {"list used as a macro", RULE("r", "evt.type = open and names") "- list: names\n  items: [a]\n",
     "LOAD_ERR_VALIDATE:5:34", NULL, "there is a list of that name"},
    {"macro defined later",
     "- macro: a\n  condition: b\n- macro: b\n  condition: evt.type = open\n",
     "LOAD_ERR_VALIDATE:2:14", "Undefined macro 'b'", "it is defined only later, at a.yaml:3"},
    {"field in a macro",
     "- macro: m\n  condition: proc.nmae = a\n- macro: n\n  condition: (m)\n" RULE(
         "r", "evt.type = open and n") RULE("s", "evt.type = creat and m"),
     "LOAD_ERR_COMPILE_CONDITION:2:14", NULL, NULL},
    {"grammar of a macro", "- macro: m\n  condition: proc.name =\n" RULE("r", "m"),
     "LOAD_ERR_COMPILE_CONDITION:2:25", NULL, NULL},
    {"loop of macros",
     "- macro: a\n  condition: evt.type = open\n- macro: b\n  condition: a\n"
     "- macro: a\n  condition: b\n" RULE("r", "a"),
     "LOAD_ERR_VALIDATE:6:14", "reference loop in macro 'b'", NULL},
    {"loop of lists",
     "- list: a\n  items: [x]\n- list: b\n  items: [a]\n- list: a\n  items: [b]\n" RULE(
         "r", "evt.type = open and proc.name in (a)")
         RULE("s", "evt.type = open and fd.name in (b)"),
     "LOAD_ERR_COMPILE_CONDITION:5:3", "List 'a' contains itself", NULL},
    {"item of a list with a bad escape",
     "- list: a\n  items: ['\"\\q\"']\n" RULE("r", "evt.type = open and proc.name in (a)"),
     "LOAD_ERR_COMPILE_CONDITION:1:3", "of list 'a'", NULL},
    {"several rules", RULE("r", "a.b = 1") RULE("s", "c.d = 1") RULE("t", "evt.type = open"),
     "LOAD_ERR_COMPILE_CONDITION:5:14 LOAD_ERR_COMPILE_CONDITION:10:14", NULL, NULL},

    /* Outputs */
    {"unknown field in an output",
     "- rule: r\n  desc: d\n  priority: INFO\n  condition: evt.type = open\n"
     "  output: >\n    a %proc.name\n    b %proc.nmae c\n",
     "LOAD_ERR_COMPILE_OUTPUT:7:7", "proc.nmae", "did you mean 'proc.name'?"},
    {"output and condition are both told",
     "- rule: r\n  desc: d\n  priority: INFO\n  condition: a.b = 1\n  output: \"%c.d\"\n",
     "LOAD_ERR_COMPILE_OUTPUT:5:12 LOAD_ERR_COMPILE_CONDITION:4:14", NULL, NULL},

    /* Warnings */
    {"unknown source", RULE("r", "a.b = 1") "  source: sysccall\n", "LOAD_UNKNOWN_SOURCE:1:3",
     "Unknown source sysccall, skipping", "did you mean 'syscall'?"},
    {"unknown field, and the rule asks to be skipped",
     RULE("r", "evt.type = open and proc.nmae = a") "  skip-if-unknown-filter: true\n",
     "LOAD_UNKNOWN_FILTER:5:34", "the rule is skipped", "did you mean 'proc.name'?"},
    {"unknown event type, and the rule asks to be skipped",
     RULE("r", "evt.type = opne") "  skip-if-unknown-filter: true\n", "LOAD_UNKNOWN_FILTER:5:25",
     NULL, NULL},
    {"unknown field in the output, and the rule asks to be skipped",
     "- rule: r\n  desc: d\n  priority: INFO\n  condition: evt.type = open\n  output: \"%c.d\"\n"
     "  skip-if-unknown-filter: true\n",
     "LOAD_UNKNOWN_FILTER:5:12", NULL, NULL},
    {"another fault is not skipped",
     RULE("r", "evt.type = open and fd.num = many") "  skip-if-unknown-filter: true\n",
     "LOAD_ERR_COMPILE_CONDITION:5:43", NULL, NULL},
    {"no event type", RULE("r", "proc.name = a"), "LOAD_NO_EVTTYPE:1:3", NULL, NULL},
    {"all but one event type", RULE("r", "evt.type != open"), "LOAD_NO_EVTTYPE:1:3", NULL, NULL},
    {"no event type, and that is meant", RULE("r", "proc.name = a") "  warn_evttypes: false\n", "",
     NULL, NULL},
    {"no event type in another source", RULE("r", "ka.verb = get") "  source: k8s_audit\n", "",
     NULL, NULL},
    {"comparison with <NA>", RULE("r", "ka.verb != \"<NA>\"") "  source: k8s_audit\n",
     "LOAD_UNSAFE_NA_CHECK:5:14", NULL, "use the operator 'exists'"},
    {"deprecated field", RULE("r", "evt.type = open and evt.dir = < and evt.dir = <"),
     "LOAD_DEPRECATED_ITEM:5:34", "'evt.dir' is deprecated", "drop the comparison"},
    {"deprecated field in the output",
     "- rule: r\n  desc: d\n  priority: INFO\n  condition: evt.type = open\n"
     "  output: \"%evt.dir\"\n",
     "LOAD_DEPRECATED_ITEM:5:12", NULL, NULL},
    {"field as a value", RULE("r", "evt.type = open and proc.name = proc.pname"),
     "LOAD_COMPILE_CONDITION:5:46", "may be a valid field misused", "val(...)"},
    {"regex that is none", RULE("r", "evt.type = open and proc.name regex abc"),
     "LOAD_COMPILE_CONDITION:5:50", "simpler operator", NULL},
    {"unused",
     "- list: l\n  items: [a]\n- list: k\n  items: [l]\n- macro: m\n"
     "  condition: evt.type = open\n" OPEN,
     "LOAD_UNUSED_MACRO:5:3 LOAD_UNUSED_LIST:3:3", NULL, NULL},
    {"used by an unused macro",
     "- list: l\n  items: [a]\n- macro: m\n"
     "  condition: proc.name in (l)\n" OPEN,
     "LOAD_UNUSED_MACRO:3:3", NULL, NULL},
};

static void told(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(ruleset_free) struct ruleset *set = ruleset_new();
        const struct diags *diags = ruleset_diags(set);

        test_row(rows[i].row);
        int rc = ruleset_of(set, rows[i].text, NULL);
        CHECK_SV(ruleset_codes(arena, set, DIAG_WARNING), sv(rows[i].codes));
        CHECK_INT(rc<0, diags->errors> 0);
        if (rows[i].words != NULL)
            CHECK_HAS(diags->item[0].message, rows[i].words);
        if (rows[i].mend != NULL)
            CHECK_HAS(diags->item[0].mend, rows[i].mend);
    }
}

/* What we take and Falco does not load is told, and no error. */
static void falco_refuses(void **state)
{
    static const struct {
        const char *row, *condition, *codes;
    } cases[] = {
        {"nothing", "evt.type = open and fd.name regex '[0-9]+?' and tolower(proc.name) = a", ""},
        {"a regex of Perl's", "evt.type = open and fd.name regex '\\\\d+'",
         "TIERCEL_FALCO_REFUSES:5:48"},
        {"two of them, each told",
         "evt.type = open and fd.name regex anyof ('a+', '(?:b)', '(?i)c')",
         "TIERCEL_FALCO_REFUSES:5:61 TIERCEL_FALCO_REFUSES:5:70"},
        {"a transformer of ancestors", "evt.type = open and tolower(proc.aname) = a",
         "TIERCEL_FALCO_REFUSES:5:34"},
        {"of one ancestor", "evt.type = open and len(proc.aname[2]) > 3",
         "TIERCEL_FALCO_REFUSES:5:34"},
        {"of a transformer", "evt.type = open and toupper(tolower(proc.aname[2])) = A",
         "TIERCEL_FALCO_REFUSES:5:34"},
        {"an ancestor on the right", "evt.type = open and proc.name = val(proc.aname[1])",
         "TIERCEL_FALCO_REFUSES:5:34"},
        {"a parent on the right", "evt.type = open and proc.name = val(proc.pname)", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(ruleset_free) struct ruleset *set = ruleset_new();
        scoped(buf_done) struct buf text = {0};

        test_row(cases[i].row);
        buf_printf(&text, RULE("r", "%s"), cases[i].condition);
        ruleset_must(set, buf_cstr(&text), NULL);
        CHECK_SV(ruleset_codes(arena, set, DIAG_WARNING), sv(cases[i].codes));
    }
}

static void guardrails(void **state)
{
    static const struct {
        const char *row, *text, *codes;
    } cases[] = {
        {"nothing said", OPEN, "TIERCEL_RULE_WITHOUT_OWNER:1:3 TIERCEL_RULE_WITHOUT_PLAYBOOK:1:3"},
        {"owner", OPEN "  tiercel: {owner: a}\n", "TIERCEL_RULE_WITHOUT_PLAYBOOK:1:3"},
        {"both", OPEN "  tiercel: {owner: a, playbook: b}\n", ""},
        {"given later", OPEN "- rule: r\n  tiercel: {owner: a, playbook: b}\n", ""},
        {"disabled", OPEN "  enabled: false\n", ""},
        {"every event",
         RULE("r", "fd.num = 3") "  warn_evttypes: false\n"
                                 "  tiercel: {owner: a, playbook: b}\n",
         "TIERCEL_RULE_ALL_EVENTS:1:3"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(ruleset_free) struct ruleset *set = ruleset_new();

        test_row(cases[i].row);
        ruleset_must(set, cases[i].text, NULL);
        CHECK_SV(ruleset_codes(arena, set, DIAG_GUARDRAIL), sv(cases[i].codes));
    }
}

static void a_library_may_hold_what_nobody_uses(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    scoped(ruleset_free) struct ruleset *alone = ruleset_new();
    static const char library[] = "- macro: m\n  condition: evt.type = open\n"
                                  "- list: l\n  items: [a]\n";

    ruleset_must(set, library, OPEN);
    CHECK_SV(ruleset_codes(arena, set, DIAG_WARNING), SV(""));
    ruleset_must(alone, library, NULL);
    CHECK_SV(ruleset_codes(arena, alone, DIAG_WARNING),
             SV("LOAD_UNUSED_MACRO:1:3 LOAD_UNUSED_LIST:3:3"));
}

static void the_file_and_the_item_are_named(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();

    CHECK(ruleset_of(set, OPEN,
                     "- rule: Second\n  desc: d\n  priority: INFO\n  output: o\n"
                     "  condition: a.b = 1\n") < 0);
    const struct diag *diag = &ruleset_diags(set)->item[2];
    CHECK_STR(diag->place.file, "b.yaml");
    CHECK_STR(diag->place.item_type, "rule condition");
    CHECK_STR(diag->within.item_type, "rule");
    CHECK_STR(diag->within.item_name, "Second");
    CHECK_INT(diag->within.line, 1);
    CHECK_STR(diag->snippet, "  condition: a.b = 1\n             ^\n");
}

/* "- macro: mN\n  condition: mM and mM\n", each twice as big as the one before. */
static void macros_that_explode_are_refused(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    scoped(buf_done) struct buf text = {0};

    buf_str(&text, "- macro: m0\n  condition: (evt.type = open)\n");
    for (int i = 1; i < 60; i++)
        buf_printf(&text, "- macro: m%d\n  condition: (m%d and m%d)\n", i, i - 1, i - 1);
    buf_str(&text, RULE("r", "m59"));
    CHECK(ruleset_of(set, buf_cstr(&text), NULL) < 0);
    CHECK_INT(ruleset_diags(set)->errors, 1);
    CHECK_HAS(ruleset_diags(set)->item[0].message, "expands to more than");
}

static void lists_that_explode_are_refused(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    scoped(buf_done) struct buf text = {0};

    buf_str(&text, "- list: l0\n  items: [a, b]\n");
    for (int i = 1; i < 40; i++)
        buf_printf(&text, "- list: l%d\n  items: [l%d, l%d]\n", i, i - 1, i - 1);
    buf_str(&text, RULE("r", "evt.type = open and proc.name in (l39)"));
    CHECK(ruleset_of(set, buf_cstr(&text), NULL) < 0);
    CHECK_HAS(ruleset_diags(set)->item[0].message, "holds more than 1000000 values");
}

static void deep_lists_are_refused(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    scoped(buf_done) struct buf text = {0};

    buf_str(&text, "- list: l0\n  items: [a]\n");
    for (int i = 1; i < 100; i++)
        buf_printf(&text, "- list: l%d\n  items: [l%d]\n", i, i - 1);
    buf_str(&text, RULE("r", "evt.type = open and proc.name in (l99)"));
    CHECK(ruleset_of(set, buf_cstr(&text), NULL) < 0);
    CHECK_HAS(ruleset_diags(set)->item[0].message, "go deeper than 64");
}

static void deep_nesting_is_refused(void **state)
{
    static const struct {
        const char *row, *open, *inside, *close;
    } cases[] = {
        {"YAML", "- [", "[", "]"},
        {"parentheses", RULE("r", "evt.type = open and "), "(", ")"},
        {"not", RULE("r", "evt.type = open and "), "not ", ""},
        {"exception", OPEN "  exceptions: [{name: e, fields: proc.name, values: ", "[", "]"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        scoped(ruleset_free) struct ruleset *set = ruleset_new();
        scoped(buf_done) struct buf text = {0};

        test_row(cases[i].row);
        buf_str(&text, cases[i].open);
        text.len -= text.ptr[text.len - 1] == '\n';
        for (int k = 0; k < 5000; k++)
            buf_str(&text, cases[i].inside);
        buf_str(&text, "fd.num = 3");
        for (int k = 0; k < 5000; k++)
            buf_str(&text, cases[i].close);
        CHECK(ruleset_of(set, buf_cstr(&text), NULL) < 0);
        CHECK(ruleset_diags(set)->errors > 0);
    }
}

static void a_list_of_100000_items(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    scoped(buf_done) struct buf text = {0};

    buf_str(&text, "- list: l\n  items:\n");
    for (int i = 0; i < 100000; i++)
        buf_printf(&text, "    - item%d\n", i);
    buf_str(&text, RULE("r", "evt.type = open and proc.name in (l)"));
    ruleset_must(set, buf_cstr(&text), NULL);
    CHECK_INT(ruleset_count(set), 1);
}

static void ten_megabytes(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    scoped(buf_done) struct buf text = {0};

    for (int i = 0; text.len < (size_t)10 << 20; i++)
        buf_printf(&text, "- macro: m%d\n  condition: (evt.type = open and fd.num = %d)\n", i, i);
    /* More items than a set may have: refused by name, and soon. */
    CHECK(ruleset_of(set, buf_cstr(&text), NULL) < 0 || ruleset_totals(set).macros > 100000);
}

static void too_much_text_is_refused(void **state)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    scoped(buf_done) struct buf text = {0};

    for (size_t i = 0; i < (RULE_FILE_MAX >> 4) + 1; i++)
        buf_str(&text, "# 3456789012345\n");
    CHECK(ruleset_load_text(set, "big.yaml", buf_view(&text)) < 0);
    CHECK_HAS(ruleset_diags(set)->item[0].message, "larger than 32 MB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(told),
        cmocka_unit_test(falco_refuses),
        cmocka_unit_test(guardrails),
        cmocka_unit_test(a_library_may_hold_what_nobody_uses),
        cmocka_unit_test(the_file_and_the_item_are_named),
        cmocka_unit_test(macros_that_explode_are_refused),
        cmocka_unit_test(lists_that_explode_are_refused),
        cmocka_unit_test(deep_lists_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(a_list_of_100000_items),
        cmocka_unit_test(ten_megabytes),
        cmocka_unit_test(too_much_text_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
