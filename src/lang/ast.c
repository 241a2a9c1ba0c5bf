#include "lang/ast.h"

#include "base/attr.h"
#include "base/buf.h"

static const char *const op_names[OP_COUNT] = {
    [OP_EXISTS] = "exists",
    [OP_EQ] = "=",
    [OP_NE] = "!=",
    [OP_LT] = "<",
    [OP_LE] = "<=",
    [OP_GT] = ">",
    [OP_GE] = ">=",
    [OP_CONTAINS] = "contains",
    [OP_ICONTAINS] = "icontains",
    [OP_BCONTAINS] = "bcontains",
    [OP_STARTSWITH] = "startswith",
    [OP_BSTARTSWITH] = "bstartswith",
    [OP_ENDSWITH] = "endswith",
    [OP_GLOB] = "glob",
    [OP_IGLOB] = "iglob",
    [OP_REGEX] = "regex",
    [OP_IN] = "in",
    [OP_INTERSECTS] = "intersects",
    [OP_PMATCH] = "pmatch",
};

static const char *const modifier_names[MODIFIER_COUNT] = {
    [MODIFIER_NONE] = "",
    [MODIFIER_ONEOF] = "oneof",
    [MODIFIER_ANYOF] = "anyof",
    [MODIFIER_ALLOF] = "allof",
};

static const char *const transform_names[TRANSFORM_COUNT] = {
    [TRANSFORM_TOLOWER] = "tolower",   [TRANSFORM_TOUPPER] = "toupper", [TRANSFORM_B64] = "b64",
    [TRANSFORM_BASENAME] = "basename", [TRANSFORM_LEN] = "len",         [TRANSFORM_JOIN] = "join",
    [TRANSFORM_CONCAT] = "concat",     [TRANSFORM_GETOPT] = "getopt",   [TRANSFORM_VAL] = "val",
};

const char *ast_op_name(enum ast_op op)
{
    return op_names[op];
}

int ast_op_from(struct sv name)
{
    if (sv_eq(name, SV("==")))
        return OP_EQ;
    for (int op = 0; op < OP_COUNT; op++) {
        if (sv_eq(name, sv(op_names[op])))
            return op;
    }
    return -1;
}

const char *ast_modifier_name(enum ast_modifier modifier)
{
    return modifier_names[modifier];
}

const char *ast_transform_name(enum ast_transform transform)
{
    return transform_names[transform];
}

/* Falco quotes a value only for blanks, quotes, backslashes and `=`; parentheses, commas, the empty
 * value and odd controls need it as well to be read back. */
static bool needs_quotes(struct sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || strchr("()\"'=,\\", c) != NULL)
            return true;
    }
    return text.len == 0;
}

static char short_escape(char c)
{
    static const char pairs[] = "\bb\ff\nn\rr\tt\\\\\"\"";

    for (size_t i = 0; i + 1 < sizeof(pairs); i += 2) {
        if (c == pairs[i])
            return pairs[i + 1];
    }
    return '\0';
}

static void print_quoted(struct buf *out, struct sv text)
{
    buf_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        char escape = c == '\0' ? '\0' : short_escape(c);
        bool last = i + 1 == text.len;

        if (c == '\\' && last) {
            buf_str(out, "\\x5c"); /* a quote after a backslash would not end the text */
        } else if (escape != '\0') {
            buf_char(out, '\\');
            buf_char(out, escape);
        } else if ((unsigned char)c < ' ') {
            buf_printf(out, "\\x%02x", (unsigned)(unsigned char)c);
        } else {
            buf_char(out, c);
        }
    }
    buf_char(out, '"');
}

static void print_value(struct buf *out, struct sv text)
{
    if (needs_quotes(text))
        print_quoted(out, text);
    else
        buf_sv(out, text);
}

static void print_arg(struct buf *out, const struct ast_operand *operand)
{
    if (!operand->has_arg)
        return;
    buf_char(out, '[');
    if (operand->arg.len > 0 && memchr(operand->arg.ptr, ']', operand->arg.len) == NULL &&
        memchr(operand->arg.ptr, '[', operand->arg.len) == NULL)
        print_value(out, operand->arg);
    else
        print_quoted(out, operand->arg);
    buf_char(out, ']');
}

void ast_print_operand(struct buf *out, const struct ast_operand *operand)
{
    switch (operand->kind) {
    case OPERAND_FIELD:
        buf_sv(out, operand->name);
        break;
    case OPERAND_LITERAL:
        if (operand->quoted)
            print_quoted(out, operand->name);
        else
            buf_sv(out, operand->name);
        return;
    case OPERAND_TRANSFORM:
        buf_str(out, transform_names[operand->transform]);
        __attribute__((fallthrough));
    case OPERAND_LIST:
        buf_char(out, '(');
        for (uint32_t i = 0; i < operand->operand_count; i++) {
            if (i > 0)
                buf_char(out, ',');
            ast_print_operand(out, operand->operand[i]);
        }
        buf_char(out, ')');
        break;
    }
    print_arg(out, operand);
}

static void print_values(struct buf *out, const struct ast_node *node)
{
    if (!node->value_is_list) {
        print_value(out, node->value[0].text);
        return;
    }
    buf_char(out, '(');
    for (uint32_t i = 0; i < node->value_count; i++) {
        if (i > 0)
            buf_str(out, ", ");
        print_value(out, node->value[i].text);
    }
    buf_char(out, ')');
}

static void print_check(struct buf *out, const struct ast_node *node)
{
    ast_print_operand(out, node->left);
    buf_char(out, ' ');
    buf_str(out, op_names[node->op]);
    if (node->modifier != MODIFIER_NONE) {
        buf_char(out, ' ');
        buf_str(out, modifier_names[node->modifier]);
    }
    if (node->op == OP_EXISTS)
        return;
    buf_char(out, ' ');
    if (node->right != NULL)
        ast_print_operand(out, node->right);
    else
        print_values(out, node);
}

void ast_print(struct buf *out, const struct ast_node *node)
{
    switch (node->kind) {
    case AST_AND:
    case AST_OR:
        buf_char(out, '(');
        for (uint32_t i = 0; i < node->count; i++) {
            if (i > 0)
                buf_str(out, node->kind == AST_AND ? " and " : " or ");
            ast_print(out, node->child[i]);
        }
        buf_char(out, ')');
        break;
    case AST_NOT:
        buf_str(out, "not ");
        ast_print(out, node->child[0]);
        break;
    case AST_MACRO:
        buf_sv(out, node->name);
        break;
    case AST_CHECK:
        print_check(out, node);
        break;
    }
}
