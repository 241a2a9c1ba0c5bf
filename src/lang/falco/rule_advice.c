#include "lang/falco/rule_advice.h"

#include "event/field.h"
#include "lang/ast.h"
#include "lang/condition.h"
#include "lang/output.h"
#include "lang/vm/regex_syntax.h"

static const struct {
    const char *field, *mend;
} deprecated[] = {
    {"evt.dir", "drop the comparison: events are seen when the call ends, so 'evt.dir = <' always "
                "holds and 'evt.dir = >' never does"},
    {"evt.latency", "drop it: the time a call took is not kept"},
    {"evt.latency.s", "drop it: the time a call took is not kept"},
    {"evt.latency.ns", "drop it: the time a call took is not kept"},
    {"evt.latency.human", "drop it: the time a call took is not kept"},
    {"evt.wait_latency", "drop it: the time a call took is not kept"},
};

/* Fields that Falco lets stand in no transformer, and in no val(). */
static const char *const plain_only[] = {
    "evt.rawarg",  "fd.ip",         "fd.port",     "fd.proto",  "fd.net",
    "fd.cnet",     "fd.snet",       "fd.lnet",     "fd.rnet",   "fd.cip.name",
    "fd.sip.name", "fd.lip.name",   "fd.rip.name", "proc.aexe", "proc.aexepath",
    "proc.aname",  "proc.acmdline", "proc.aenv",   "proc.apid",
};
static const char *const left_only[] = {"fd.types"};

enum { ADVICE_MAX = 10 }; /* of a kind, for one rule */

/* Walks an expanded condition; each deprecated field is told once a rule. */
struct advice {
    struct items *items;
    const struct composed *text;
    enum event_source source;
    uint32_t told; /* bit of `deprecated` */
    uint32_t last_offset;
    uint32_t count, refused;
};

static struct sv before_bracket(struct sv name)
{
    return sv_split(&name, '[');
}

static bool is_field(struct sv name, enum event_source source)
{
    const struct field *field = field_find(before_bracket(name));

    return field != NULL && (field->sources & (1u << source)) != 0;
}

/* Each place is told once for one reason: a list gives all its values the same place. */
static void advise(struct advice *advice, uint32_t offset, struct sv value, const char *words,
                   const char *mend)
{
    if (advice->count == ADVICE_MAX || (advice->count > 0 && advice->last_offset == offset))
        return;
    struct spot spot = composed_spot(advice->text, offset);
    advice->count++;
    advice->last_offset = offset;
    (void)items_report(advice->items, DIAG_COMPILE_CONDITION, &spot, mend, "'%.*s' %s",
                       (int)(value.len > 200 ? 200 : value.len), value.ptr, words);
}

static void advise_deprecated(struct advice *advice, const struct ast_node *check)
{
    if (check->left->kind != OPERAND_FIELD)
        return;
    for (uint32_t i = 0; i < ARRAY_LEN(deprecated); i++) {
        if ((advice->told & (1u << i)) != 0 || !sv_eq(check->left->name, sv(deprecated[i].field)))
            continue;
        struct spot spot = composed_spot(advice->text, check->offset);
        advice->told |= 1u << i;
        (void)items_report(advice->items, DIAG_DEPRECATED_ITEM, &spot, deprecated[i].mend,
                           "The field '%s' is deprecated", deprecated[i].field);
    }
}

/* tolower(proc.name) as a value, in quotes or out of a list. */
static bool looks_like_transform(struct sv value)
{
    size_t paren = sv_find(value, SV("("), 0);

    if (paren == SIZE_MAX || value.ptr[value.len - 1] != ')')
        return false;
    for (int i = 0; i < TRANSFORM_COUNT; i++) {
        if (sv_eq(sv_sub(value, 0, paren), sv(ast_transform_name((enum ast_transform)i))))
            return true;
    }
    return false;
}

static bool is_plain_regex(struct sv value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '\0' || strchr(".^$*+?()[]{}|\\/-", value.ptr[i]) != NULL)
            return false;
    }
    return value.len > 0;
}

static void advise_values(struct advice *advice, const struct ast_node *check)
{
    for (uint32_t i = 0; i < check->value_count; i++) {
        const struct ast_value *value = &check->value[i];
        struct sv text = sv_trim(value->text);
        uint32_t offset = check->borrowed ? check->offset : value->offset;

        if (sv_find(text, SV("."), 0) != SIZE_MAX && is_field(text, advice->source))
            advise(advice, offset, value->text,
                   "may be a valid field misused as a const string value",
                   "write val(...) around it to compare with the field");
        else if (looks_like_transform(text))
            advise(advice, offset, value->text,
                   "may be a valid field transformer misused as a const string value", NULL);
        else if (check->op == OP_REGEX && is_plain_regex(text))
            advise(advice, offset, value->text,
                   "is a regex with nothing special in it: a simpler operator is faster",
                   "use startswith, endswith, contains or =");
    }
}

static void tell_refused(struct advice *advice, uint32_t offset, struct sv what, const char *words,
                         const char *mend)
{
    struct spot spot = composed_spot(advice->text, offset);

    if (advice->refused++ < ADVICE_MAX)
        (void)items_report(advice->items, DIAG_FALCO_REFUSES, &spot, mend, "'%.*s' %s",
                           (int)(what.len > 200 ? 200 : what.len), what.ptr, words);
}

static bool is_named(struct sv name, const char *const *names, size_t count)
{
    struct sv bare = before_bracket(name);

    for (size_t i = 0; i < count; i++) {
        if (sv_eq(bare, sv(names[i])))
            return true;
    }
    return false;
}

/* `inside`: of a transformer or of val(). */
static void advise_operand(struct advice *advice, const struct ast_node *check,
                           const struct ast_operand *operand, bool inside, bool right)
{
    if (operand->kind == OPERAND_FIELD &&
        ((inside && is_named(operand->name, plain_only, ARRAY_LEN(plain_only))) ||
         (right && is_named(operand->name, left_only, ARRAY_LEN(left_only)))))
        tell_refused(advice, check->offset, operand->name,
                     right ? "may not stand in val() for Falco"
                           : "may not stand in a transformer for Falco",
                     NULL);
    for (uint32_t i = 0; i < operand->operand_count; i++)
        advise_operand(advice, check, operand->operand[i], true, right);
}

static void advise_portable(struct advice *advice, const struct ast_node *check)
{
    advise_operand(advice, check, check->left, false, false);
    if (check->right != NULL)
        advise_operand(advice, check, check->right, true, true);
    for (uint32_t i = 0; i < check->value_count && check->op == OP_REGEX; i++) {
        struct regex_syntax syntax = regex_syntax_of(check->value[i].text);
        if (!syntax.falcos)
            tell_refused(advice, check->borrowed ? check->offset : check->value[i].offset,
                         syntax.stranger, "in a regex is not known to Falco",
                         "it knows POSIX expressions: [0-9] and [[:space:]], no (?...)");
    }
}

static void advise_node(struct advice *advice, const struct ast_node *node)
{
    for (uint32_t i = 0; i < node->count; i++)
        advise_node(advice, node->child[i]);
    if (node->kind != AST_CHECK)
        return;
    advise_deprecated(advice, node);
    advise_portable(advice, node);
    if (node->op != OP_EXISTS && node->right == NULL)
        advise_values(advice, node);
}

void advise_condition(struct items *items, const struct composed *text, const struct ast_node *node,
                      enum event_source source)
{
    struct advice advice = {.items = items, .text = text, .source = source};

    advise_node(&advice, node);
}

void advise_unsafe_na(struct items *items, const struct rule_info *info,
                      const struct composed *text, const struct condition *condition)
{
    struct spot spot = composed_spot(text, 0);

    if (condition_unsafe_na(condition))
        (void)items_report(items, DIAG_UNSAFE_NA_CHECK, &spot,
                           "use the operator 'exists' to ask whether there is a value",
                           "The condition of '%s' compares a field with <NA>", info->name.ptr);
}

void advise_output(struct items *items, const struct rule_info *info, const struct composed *text,
                   const struct output *output)
{
    for (uint32_t i = 0; i < output_field_count(output); i++) {
        for (uint32_t k = 0; k < ARRAY_LEN(deprecated); k++) {
            struct spot spot = composed_spot(text, 0);
            if (sv_eq(output_field_name(output, i), sv(deprecated[k].field)))
                (void)items_report(items, DIAG_DEPRECATED_ITEM, &spot, "drop it",
                                   "The output of '%s' has the deprecated field '%s'",
                                   info->name.ptr, deprecated[k].field);
        }
    }
}

static uint32_t count_types(const struct event_set *types)
{
    uint32_t count = 0;

    for (size_t i = 0; i < ARRAY_LEN(types->bit); i++)
        count += (uint32_t)__builtin_popcountll(types->bit[i]);
    return count;
}

void advise_rule(struct items *items, const struct rule_info *info, const struct rule *rule)
{
    bool wide = rule->source == SOURCE_SYSCALL &&
                (rule->all_types || count_types(&rule->types) > NARROW_TYPES_MAX);

    if (wide && info->warn_evttypes)
        (void)items_report(items, DIAG_NO_EVTTYPE, &info->spot, "add 'evt.type in (...) and ...'",
                           "Rule matches too many evt.type values. This has a significant "
                           "performance penalty.");
    if (!rule->enabled)
        return;
    if (wide)
        (void)items_report(items, DIAG_RULE_ALL_EVENTS, &info->spot,
                           "add 'evt.type in (...) and ...'",
                           "The rule is run for nearly every event");
    if (rule->owner == NULL)
        (void)items_report(items, DIAG_RULE_WITHOUT_OWNER, &info->spot,
                           "add tiercel: {owner: ...}: who answers its findings?",
                           "The rule has no owner");
    if (rule->playbook == NULL)
        (void)items_report(items, DIAG_RULE_WITHOUT_PLAYBOOK, &info->spot,
                           "add tiercel: {playbook: ...}: what is to be done?",
                           "The rule has no playbook");
}

/* A file of macros and lists alone, beside files with rules, is a library: what is unused there is
 * no slip. */
static bool is_library(const struct items *items, const struct rule_file *file)
{
    return !file->has_rules && items->table[ITEM_RULE].count > 0;
}

void advise_unused(struct items *items)
{
    for (uint32_t i = 0; i < items->table[ITEM_MACRO].count; i++) {
        if (!items_macro(items, i)->used && !is_library(items, items_macro(items, i)->spot.file))
            (void)items_report(items, DIAG_UNUSED_MACRO, &items_macro(items, i)->spot, NULL,
                               "Macro not referred to by any other rule/macro");
    }
    for (uint32_t i = 0; i < items->table[ITEM_LIST].count; i++) {
        if (!items_list(items, i)->used && !is_library(items, items_list(items, i)->spot.file))
            (void)items_report(items, DIAG_UNUSED_LIST, &items_list(items, i)->spot, NULL,
                               "List not referred to by any other rule/macro");
    }
}

static bool operand_unknown(const struct ast_operand *operand, enum event_source source)
{
    if (operand->kind == OPERAND_FIELD)
        return !is_field(operand->name, source);
    for (uint32_t i = 0; i < operand->operand_count; i++) {
        if (operand_unknown(operand->operand[i], source))
            return true;
    }
    return false;
}

static bool type_unknown(const struct ast_node *check)
{
    if (check->left->kind != OPERAND_FIELD || !sv_eq(check->left->name, SV("evt.type")))
        return false;
    for (uint32_t i = 0; i < check->value_count; i++) {
        if (event_type_from(check->value[i].text) == EVENT_NONE)
            return true;
    }
    return false;
}

bool advise_names_unknown(const struct ast_node *node, enum event_source source)
{
    for (uint32_t i = 0; i < node->count; i++) {
        if (advise_names_unknown(node->child[i], source))
            return true;
    }
    if (node->kind != AST_CHECK)
        return false;
    return operand_unknown(node->left, source) ||
           (node->right != NULL && operand_unknown(node->right, source)) || type_unknown(node);
}
