/* lang/ast.h - a condition as it was written.
 *
 * Nodes live in one arena and are never changed after parsing: expanding macros and lists makes new
 * nodes (lang/resolve.h). Offsets point into the text that was parsed. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"

struct buf;

#define AST_DEPTH_MAX 200  /* nesting of parentheses, `not` and transformers in one text */
#define AST_LEVELS_MAX 800 /* levels of nodes in one tree, macros expanded */

enum ast_kind {
    AST_AND,   /* child[0..count) */
    AST_OR,    /* child[0..count) */
    AST_NOT,   /* child[0] */
    AST_MACRO, /* name: a macro used as a condition */
    AST_CHECK, /* left op right */
};

enum ast_op {
    OP_EXISTS,
    OP_EQ, /* = and == */
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_CONTAINS,
    OP_ICONTAINS,
    OP_BCONTAINS,
    OP_STARTSWITH,
    OP_BSTARTSWITH,
    OP_ENDSWITH,
    OP_GLOB,
    OP_IGLOB,
    OP_REGEX,
    OP_IN,
    OP_INTERSECTS,
    OP_PMATCH,
    OP_COUNT,
};

enum ast_modifier { /* between operator and a value list: `contains anyof (a, b)` */
                    MODIFIER_NONE,
                    MODIFIER_ONEOF,
                    MODIFIER_ANYOF,
                    MODIFIER_ALLOF,
                    MODIFIER_COUNT,
};

enum ast_transform {
    TRANSFORM_TOLOWER,
    TRANSFORM_TOUPPER,
    TRANSFORM_B64,
    TRANSFORM_BASENAME,
    TRANSFORM_LEN,
    TRANSFORM_JOIN,
    TRANSFORM_CONCAT,
    TRANSFORM_GETOPT,
    TRANSFORM_VAL, /* val(field): the right side is a field */
    TRANSFORM_COUNT,
};

enum ast_operand_kind {
    OPERAND_FIELD,     /* name, and arg with has_arg */
    OPERAND_TRANSFORM, /* transform over operand[], and arg with has_arg: getopt(...)[t] */
    OPERAND_LITERAL,   /* a constant as argument of a transformer, in `name`; `quoted` */
    OPERAND_LIST,      /* (a, b) as argument of a transformer: operand[] */
};

struct ast_operand {
    enum ast_operand_kind kind;
    enum ast_transform transform;
    struct ast_operand **operand;
    uint32_t operand_count;
    struct sv name; /* field name as written: "proc.aname" */
    struct sv arg;  /* text between the brackets, unquoted */
    bool has_arg;
    bool quoted; /* a literal was; a number is not */
    uint32_t offset;
};

struct ast_value {
    struct sv text;
    bool quoted;
    bool from_list; /* came out of a list when lists were expanded */
    uint32_t offset;
};

struct ast_node {
    enum ast_kind kind;
    uint32_t offset, length; /* in the text parsed; of the outermost macro use when expanded */
    struct ast_node **child;
    uint32_t count;
    struct sv name; /* AST_MACRO */
    /* AST_CHECK */
    struct ast_operand *left;
    enum ast_op op;
    enum ast_modifier modifier;
    struct ast_operand *right; /* val(field) or a transformer; NULL when `value` is used */
    const struct ast_value *value;
    uint32_t value_count;
    bool value_is_list; /* written in parentheses */
    bool borrowed;      /* from a macro or a list: no offset but the node's own is in the text */
};

const char *ast_op_name(enum ast_op op); /* "startswith" */
int ast_op_from(struct sv name);         /* -1 when there is none; takes == for = */
const char *ast_modifier_name(enum ast_modifier modifier); /* "" for none */
const char *ast_transform_name(enum ast_transform transform);

/* The text by which Falco describes a condition: fully parenthesised, one blank between words,
 * values quoted only where they must be. Reads back as the same tree. */
void ast_print(struct buf *out, const struct ast_node *node);
void ast_print_operand(struct buf *out, const struct ast_operand *operand);
