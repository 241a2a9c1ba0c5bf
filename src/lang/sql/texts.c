/* Only a field whose value stands in the record as it is counts: one that has a path (see
 * event/json_field.h) and no code of its own, or json.value. What its value equals is then a text
 * of the record. A text with a backslash is left out: JSON within a value would have it doubled. */
#include "lang/sql/texts.h"

#include "event/field.h"
#include "event/json_field.h"

static bool stands_in_record(const struct ast_operand *operand)
{
    const struct field *field = operand->kind == OPERAND_FIELD ? field_find(operand->name) : NULL;

    if (field == NULL)
        return false;
    return field->extract == field_json_path || sv_eq(operand->name, SV("json.value")) ||
           sv_eq(operand->name, SV("jevt.value"));
}

static void add_check(const struct ast_node *check, struct texts *out)
{
    bool one = (check->op == OP_EQ || check->op == OP_IN || check->op == OP_INTERSECTS) &&
               check->right == NULL && check->value_count == 1;

    if (!one || check->modifier != MODIFIER_NONE || !stands_in_record(check->left) ||
        out->count == TEXTS_MAX || sv_count(check->value[0].text, '\\') > 0)
        return;
    out->text[out->count++] = check->value[0].text;
}

void texts_of(const struct ast_node *node, struct texts *out)
{
    if (node->kind == AST_CHECK)
        add_check(node, out);
    if (node->kind != AST_AND)
        return;
    for (uint32_t i = 0; i < node->count; i++)
        texts_of(node->child[i], out);
}
