#include "tests/unit/test.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lang/parse.h"

static struct ast_node *parse(struct arena *arena, struct sv text, struct parse_problem *problem)
{
    struct ast_node *node = NULL;

    return parse_condition(text, arena, &node, problem) == 0 ? node : NULL;
}

/* text, and how it is written canonically; "" as the canonical form means the text itself */
static void reads_what_falco_reads(void **state)
{
    static const struct {
        const char *row, *text, *canonical;
    } rows[] = {
        {"comparison", "proc.name = cat", ""},
        {"no blanks", "proc.name=cat", "proc.name = cat"},
        {"two equal signs", "proc.name == cat", "proc.name = cat"},
        {"unequal", "proc.name!=cat", "proc.name != cat"},
        {"less", "fd.num<3", "fd.num < 3"},
        {"less or equal", "fd.num <=3", "fd.num <= 3"},
        {"greater", "fd.num > 3", ""},
        {"greater or equal", "fd.num>=0", "fd.num >= 0"},
        {"hex", "fd.num > 0xFf", ""},
        {"negative", "fd.num >= -1", ""},
        {"plus, part, exponent", "thread.cpu > +1.5e-3", ""},
        {"exponent without a sign is no number's", "proc.name = 1e5", ""},
        {"exists", "proc.name exists", ""},
        {"exists at a parenthesis", "(proc.name exists)", "proc.name exists"},
        {"contains", "proc.name contains a", ""},
        {"icontains", "proc.name icontains a", ""},
        {"bcontains", "evt.buffer bcontains cafe", ""},
        {"startswith", "fd.name startswith /etc", ""},
        {"bstartswith", "evt.buffer bstartswith 00", ""},
        {"endswith", "fd.name endswith .sh", ""},
        {"glob", "fd.name glob /home/*/.ssh/*", ""},
        {"iglob", "fd.name iglob *.EXE", ""},
        {"regex", "fd.name regex a.*", ""},
        {"regex quoted", "fd.name regex '(a|b) c'", "fd.name regex \"(a|b) c\""},
        {"operator before a line end", "proc.name contains\na", "proc.name contains a"},
        {"in", "proc.name in (a, b)", ""},
        {"in without blanks", "proc.name in(a,b)", "proc.name in (a, b)"},
        {"in over lines", "proc.name in (\n a,\n\tb\n)", "proc.name in (a, b)"},
        {"in nothing", "proc.name in ()", ""},
        {"in nothing with blanks", "proc.name in ( )", "proc.name in ()"},
        {"in a name", "proc.name in shells", ""},
        {"pmatch", "fd.name pmatch (/etc, /usr/lib)", ""},
        {"intersects", "ka.user.groups intersects (a, b)", ""},
        {"intersects a name", "ka.user.groups intersects groups", ""},
        {"and", "a.b = 1 and c.d = 2", "(a.b = 1 and c.d = 2)"},
        {"or", "a.b=1 or c.d=2 or e.f=3", "(a.b = 1 or c.d = 2 or e.f = 3)"},
        {"and binds tighter", "a.b=1 or c.d=2 and e.f=3", "(a.b = 1 or (c.d = 2 and e.f = 3))"},
        {"parentheses stay where they matter", "(a.b=1 or c.d=2) and e.f=3",
         "((a.b = 1 or c.d = 2) and e.f = 3)"},
        {"nested and is kept", "(a.b=1 and c.d=2) and e.f=3",
         "((a.b = 1 and c.d = 2) and e.f = 3)"},
        {"parentheses around one", "((a.b = 1))", "a.b = 1"},
        {"not", "not a.b = 1", ""},
        {"not not", "not not a.b = 1", ""},
        {"not before parentheses", "not(a.b=1)", "not a.b = 1"},
        {"not and blanks before parentheses", "not  ( a.b=1 or c.d=2 )",
         "not (a.b = 1 or c.d = 2)"},
        {"and before parentheses", "a.b=1 and(c.d=2 or e.f=3)",
         "(a.b = 1 and (c.d = 2 or e.f = 3))"},
        {"or before parentheses keeps precedence", "a.b=1 or(c.d=2)and e.f=3",
         "(a.b = 1 or (c.d = 2 and e.f = 3))"},
        {"macro", "spawned_process", ""},
        {"macros", "a1 and not b_2", "(a1 and not b_2)"},
        {"a macro that begins like a word", "nothing or android", "(nothing or android)"},
        {"blanks all around", " \t\n\r\b a.b = 1 \n", "a.b = 1"},
        {"single quotes", "a.b = 'x y'", "a.b = \"x y\""},
        {"quotes that are not needed", "a.b = \"xy\"", "a.b = xy"},
        {"empty text", "a.b = ''", "a.b = \"\""},
        {"quote in the other quotes", "a.b = \"it's\"", ""},
        {"escapes", "a.b = \"\\b\\f\\n\\r\\t\\\\\\\"\"", ""},
        {"slash escape", "a.b = \"\\/etc\"", "a.b = /etc"},
        {"blank escape is a backslash", "a.b = \"x\\ y\"", "a.b = \"x\\\\y\""},
        {"hex escape", "a.b = \"\\x41\\x7e\"", "a.b = A~"},
        {"hex escape of a control", "a.b = \"\\x01\\x0b\"", ""},
        {"a backslash at the end", "a.b = \"x\\x5c\"", ""},
        {"bare backslash", "a.b = a\\b", "a.b = \"a\\\\b\""},
        {"parentheses in a value", "a.b = '(systemd)'", "a.b = \"(systemd)\""},
        {"comma in a value", "a.b in ('x,y', z)", "a.b in (\"x,y\", z)"},
        {"equal sign in a value", "a.b = 'x=y'", "a.b = \"x=y\""},
        {"angle brackets are bare", "a.b in (<NA>, N/A)", ""},
        {"UTF-8",
         "a.b = stra\xc3\x9f"
         "e",
         ""},
        {"bytes that are not UTF-8", "a.b = \xff\xfe", ""},
        {"index", "proc.aname[2] = sh", ""},
        {"quoted argument", "proc.env[\"A B\"] = 1", ""},
        {"quoted argument without need", "proc.env['HOME'] = /", "proc.env[HOME] = /"},
        {"bracket in an argument", "json.value['/a[0]'] = 1", "json.value[\"/a[0]\"] = 1"},
        {"JSON pointer", "json.value[/a/b] = 1", ""},
        {"empty argument", "a.b[''] = 1", "a.b[\"\"] = 1"},
        {"transformer", "tolower(proc.name) = cat", ""},
        {"blanks in a transformer", "tolower( proc.name ) = cat", "tolower(proc.name) = cat"},
        {"nested", "toupper(b64(evt.buffer)) = X", ""},
        {"basename, len", "len(basename(proc.exe)) > 3", ""},
        {"join", "join(\",\", (proc.name, proc.exe)) = x", "join(\",\",(proc.name,proc.exe)) = x"},
        {"join with a number in the list", "join('', (1, 'a')) = x", "join(\"\",(1,\"a\")) = x"},
        {"empty operand list", "len(()) = 0", ""},
        {"concat", "concat(proc.name, \"-\", proc.exe) = x",
         "concat(proc.name,\"-\",proc.exe) = x"},
        {"getopt of one", "getopt(ka.user.groups, 'ab:')[b] = x",
         "getopt(ka.user.groups,\"ab:\")[b] = x"},
        {"transformer exists", "len(proc.name) exists", ""},
        {"right field", "proc.name = val(proc.pname)", ""},
        {"right field with an argument", "proc.name != val( proc.aname[2] )",
         "proc.name != val(proc.aname[2])"},
        {"right transformer", "fd.num > len(proc.name)", ""},
        {"right field of a list operator", "proc.name in val(proc.pname)", ""},
        {"anyof", "proc.name contains anyof (a, b)", ""},
        {"oneof of a name", "proc.name = oneof shells", ""},
        {"allof without blank before the list", "proc.name != allof(a,b)",
         "proc.name != allof (a, b)"},
        {"a modifier's name as a value", "proc.name = anyof", ""},
        {"and before another check", "proc.name = anyof and a.b = 1",
         "(proc.name = anyof and a.b = 1)"},
        {"and in a list", "proc.name in (anyof, oneof)", ""},
        {"field with many parts", "a.b1.c_2.d3 = 1", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf first = {0};
        scoped(buf_done) struct buf second = {0};
        const char *canonical = rows[i].canonical[0] == '\0' ? rows[i].text : rows[i].canonical;
        struct parse_problem problem;

        test_row(rows[i].row);
        struct ast_node *node = parse(arena, sv(rows[i].text), &problem);
        if (node == NULL)
            TEST_FAIL("refused at %u: %s", problem.offset, problem.message);
        ast_print(&first, node);
        CHECK_SV(buf_view(&first), sv(canonical));
        node = parse(arena, buf_view(&first), &problem);
        if (node == NULL)
            TEST_FAIL("its own print is refused at %u: %s", problem.offset, problem.message);
        ast_print(&second, node);
        CHECK_SV(buf_view(&second), buf_view(&first));
    }
}

static void says_what_is_wrong_and_where(void **state)
{
    static const struct {
        const char *row, *text;
        uint32_t offset;
        const char *message, *mend;
    } rows[] = {
        {"nothing", "", 0, "filter input string is empty", ""},
        {"blanks only", "  ", 2, "expected a '(' token, a field check, or an identifier", ""},
        {"word behind a value", "evt.type=open bar", 14,
         "unexpected token after 'open', expecting 'or', 'and'", ""},
        {"word behind a macro", "foo bar", 4, "unexpected token after 'foo', expecting 'or', 'and'",
         ""},
        {"word behind exists", "a.b exists x", 11,
         "unexpected token after 'exists', expecting 'or', 'and'", ""},
        {"word behind a list", "a.b in (x) y", 11,
         "unexpected token after ')', expecting 'or', 'and'", ""},
        {"C's and", "a.b=1 && c.d=2", 6, "unexpected token after '1', expecting 'or', 'and'",
         "did you mean 'and'?"},
        {"C's or", "a.b=1 || c.d=2", 6, "unexpected token after '1', expecting 'or', 'and'",
         "did you mean 'or'?"},
        {"a parenthesis too many", "(a.b=1))", 7,
         "unexpected token after ')', expecting 'or', 'and'", "this ')' has no '('"},
        {"a parenthesis too few", "(a.b=1 and c.d=2", 16, "expected a ')' token", ""},
        {"list not closed", "a.b in (x, y", 12, "expected a ')' token", ""},
        {"list with an empty place", "a.b in (x, , y)", 11, "expected a string value", ""},
        {"list ends in a comma", "a.b in (x, )", 11, "expected a string value", ""},
        {"list begins with a comma", "a.b in (, x)", 8, "expected a ')' token", ""},
        {"list not there", "a.b in", 6,
         "expected a list, an identifier, or a field with a valid "
         "transformer: 'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', "
         "'getopt'",
         ""},
        {"no operator", "a.b", 3,
         "expected a valid check operator: one of 'exists', '<=', '<', '>=', "
         "'>', '==', '=', '!=', 'glob', 'iglob', 'contains', 'icontains', 'bcontains', "
         "'startswith', 'bstartswith', 'endswith', 'regex', 'intersects', 'in', 'pmatch'",
         "the condition ends after a field; did you mean 'exists'?"},
        {"operator misspelt", "fd.name startwith /etc", 8, "expected a valid check operator",
         "did you mean 'startswith'?"},
        {"operator runs into its value", "fd.name containsx", 8, "expected a valid check operator",
         "a blank must follow 'contains'"},
        {"word operator without a blank", "fd.name contains'x'", 8,
         "expected a valid check operator", "a blank must follow 'contains'"},
        {"no value", "a.b = ", 6,
         "expected a string value or a field with a valid transformer: "
         "'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'",
         ""},
        {"quote not closed", "a.b = 'x", 6, "expected a string value", "the quote is not closed"},
        {"quote not closed in a list", "a.b in ('x)", 8, "expected a string value",
         "the quote is not closed"},
        {"quote closed only by an escaped one", "a.b = \"x\\\"", 6, "expected a string value",
         "the quote is not closed"},
        {"text where a number is wanted", "fd.num > abc", 9,
         "expected a number value or a field with "
         "a valid transformer",
         ""},
        {"bad escape", "a.b = \"x\\q\"", 8, "unsupported string escape sequence: \\q", ""},
        {"bad hex escape", "a.b = \"\\xzz\"", 7, "invalid hex char escape sequence: zz", ""},
        {"hex escape cut", "a.b = \"\\x4\"", 7, "truncated hex char escape sequence", ""},
        {"escape of the other quote", "a.b = \"\\'\"", 7, "invalid \\' escape in \"-quoted string",
         ""},
        {"and without a blank", "a.b=1 andc.d=2", 9, "expected blank or '(' after 'and'", ""},
        {"or without a blank", "a.b=1 orange", 8, "expected blank or '(' after 'or'", ""},
        {"or at the end", "a.b=1 or ", 9, "expected a '(' token, a field check, or an identifier",
         ""},
        {"not at the end", "not ", 4, "expected a '(' token, a field check, or an identifier", ""},
        {"number as a check", "42", 0, "expected a '(' token, a field check, or an identifier", ""},
        {"argument not there", "a.b[] = 1", 4,
         "expected a valid field argument: a quoted string or a bare string", ""},
        {"argument not closed", "a.b[1 = 1", 5, "expected a ']' token", ""},
        {"transformer of nothing", "tolower() = x", 8,
         "expected field transformer argument: field, "
         "transformer, quoted string, number, or transformer list",
         ""},
        {"transformer not closed", "tolower(a.b = x", 12,
         "expected a ')' token closing the transformer", ""},
        {"bad element of an operand list", "join(',', (x)) = y", 11,
         "expected transformer list "
         "argument: field, transformer, quoted string, or number",
         ""},
        {"val of nothing", "a.b = val()", 10, "expected a field within 'val' transformer", ""},
        {"val on the left", "val(a.b) = 1", 3,
         "unexpected token after 'val', expecting 'or', 'and'", ""},
        {"NUL in a value", "a.b = x\0y", 7, "unexpected token after 'x', expecting 'or', 'and'",
         ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct parse_problem problem;
        struct sv text = sv(rows[i].text);

        test_row(rows[i].row);
        if (strcmp(rows[i].row, "NUL in a value") == 0)
            text.len += 2;
        CHECK(parse(arena, text, &problem) == NULL);
        CHECK_HAS(problem.message, rows[i].message);
        CHECK_INT(problem.offset, rows[i].offset);
        CHECK_STR(problem.mend, rows[i].mend);
    }
}

static struct sv repeat(struct buf *buf, const char *open, int times, const char *inside,
                        const char *close)
{
    for (int i = 0; i < times; i++)
        buf_str(buf, open);
    buf_str(buf, inside);
    for (int i = 0; i < times; i++)
        buf_str(buf, close);
    return buf_view(buf);
}

static void bounds_depth(void **state)
{
    static const struct {
        const char *row, *open, *inside, *close;
        int times, rc;
    } rows[] = {
        {"parentheses, deepest", "(", "a.b=1", ")", AST_DEPTH_MAX, 0},
        {"parentheses, one more", "(", "a.b=1", ")", AST_DEPTH_MAX + 1, -E2BIG},
        {"not, deepest", "not ", "a.b=1", "", AST_DEPTH_MAX, 0},
        {"not, one more", "not ", "a.b=1", "", AST_DEPTH_MAX + 1, -E2BIG},
        {"transformers, deepest", "tolower(", "a.b", ")", AST_DEPTH_MAX, -EINVAL},
        {"transformers, one more", "tolower(", "a.b", ")", AST_DEPTH_MAX + 1, -E2BIG},
        {"a million parentheses", "(", "a.b=1", ")", 1000000, -E2BIG},
        {"a million, none closed", "(", "", "", 1000000, -E2BIG},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf text = {0};
        struct ast_node *node = NULL;
        struct parse_problem problem;

        test_row(rows[i].row);
        struct sv all = repeat(&text, rows[i].open, rows[i].times, rows[i].inside, rows[i].close);
        CHECK_INT(parse_condition(all, arena, &node, &problem), rows[i].rc);
    }
}

static void bounds_size(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf text = {0};
    struct ast_node *node = NULL;
    struct parse_problem problem;

    (void)repeat(&text, "a", (int)PARSE_CONDITION_MAX + 1, "", "");
    test_row("too long");
    CHECK_INT(parse_condition(buf_view(&text), arena, &node, &problem), -E2BIG);
    CHECK_HAS(problem.message, "longer than");

    test_row("arena full");
    arena_limit(arena, 2000);
    buf_reset(&text);
    (void)repeat(&text, "a.b=1 or ", 1000, "a.b=1", "");
    CHECK_INT(parse_condition(buf_view(&text), arena, &node, &problem), -E2BIG);
    CHECK_STR(problem.message, "the condition is too big");
}

static void reads_long_lists(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(1 << 20);
    scoped(buf_done) struct buf text = {0};
    struct ast_node *node = NULL;

    buf_str(&text, "proc.name in (item_x");
    for (int i = 1; i < 100000; i++)
        buf_printf(&text, ", item_%d", i);
    buf_str(&text, ")");
    CHECK_INT(parse_condition(buf_view(&text), arena, &node, NULL), 0);
    CHECK_INT(node->value_count, 100000);
    CHECK_SV(node->value[99999].text, SV("item_99999"));
}

static void keeps_places(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct parse_problem problem;
    struct ast_node *node =
        parse(arena, SV(" a.b = 1  and not  ( mac or len(c.d) in ('x', y) ) "), &problem);

    CHECK(node != NULL);
    CHECK_INT(node->kind, AST_AND);
    CHECK_INT(node->offset, 1);
    CHECK_INT(node->child[0]->offset, 1);
    CHECK_INT(node->child[0]->length, 7);
    CHECK_INT(node->child[0]->value[0].offset, 7);
    const struct ast_node *not_node = node->child[1];
    CHECK_INT(not_node->kind, AST_NOT);
    CHECK_INT(not_node->offset, 14);
    const struct ast_node *or_node = not_node->child[0];
    CHECK_INT(or_node->child[0]->kind, AST_MACRO);
    CHECK_INT(or_node->child[0]->offset, 21);
    CHECK_INT(or_node->child[0]->length, 3);
    const struct ast_node *check = or_node->child[1];
    CHECK_INT(check->left->offset, 28);
    CHECK_INT(check->left->operand[0]->offset, 32);
    CHECK(check->value[0].quoted);
    CHECK(!check->value[1].quoted);
    CHECK_INT(check->value[1].offset, 46);
}

static void reads_operands(void **state)
{
    static const struct {
        const char *row, *text;
        int rc;
        size_t used;
    } rows[] = {
        {"field", "proc.name is", 0, 9},
        {"field and punctuation", "proc.name.", 0, 9},
        {"argument", "proc.aname[2]x", 0, 13},
        {"transformer", "tolower(proc.name))", 0, 18},
        {"no field", "proc name", -EINVAL, 0},
        {"nothing", "", -EINVAL, 0},
        {"argument not closed", "proc.aname[2", -EINVAL, 0},
        {"val is none", "val(proc.name)", -EINVAL, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct ast_operand *operand = NULL;
        struct parse_problem problem;
        size_t used = 0;

        test_row(rows[i].row);
        CHECK_INT(parse_operand(sv(rows[i].text), arena, &operand, &used, &problem), rows[i].rc);
        CHECK_INT(used, rows[i].used);
        CHECK_INT(operand != NULL, rows[i].rc == 0);
    }
}

static void reads_items(void **state)
{
    static const struct {
        const char *row, *text;
        int rc;
        const char *value;
        bool quoted;
    } rows[] = {
        {"bare", "bash", 0, "bash", false},
        {"double quotes", "\"(systemd)\"", 0, "(systemd)", true},
        {"single quotes", "'a b'", 0, "a b", true},
        {"escape", "\"a\\tb\"", 0, "a\tb", true},
        {"quotes inside only", "a\"b\"", 0, "a\"b\"", false},
        {"quoted and more", "\"a\" b", 0, "\"a\" b", false},
        {"quote not closed", "\"a", 0, "\"a", false},
        {"blanks are part of it", "a b", 0, "a b", false},
        {"empty", "", 0, "", false},
        {"bad escape", "\"\\q\"", -EINVAL, "", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct ast_value value = {0};
        struct parse_problem problem;

        test_row(rows[i].row);
        CHECK_INT(parse_item(sv(rows[i].text), arena, &value, &problem), rows[i].rc);
        CHECK_SV(value.text, sv(rows[i].value));
        CHECK_INT(value.quoted, rows[i].quoted);
    }
}

static void names_operators(void **state)
{
    CHECK_INT(ast_op_from(SV("==")), OP_EQ);
    CHECK_INT(ast_op_from(SV("like")), -1);
    CHECK_INT(ast_op_from(SV("")), -1);
    for (int op = 0; op < OP_COUNT; op++)
        CHECK_INT(ast_op_from(sv(ast_op_name((enum ast_op)op))), op);
    CHECK_STR(ast_modifier_name(MODIFIER_ALLOF), "allof");
    CHECK_STR(ast_transform_name(TRANSFORM_VAL), "val");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_falco_reads), cmocka_unit_test(says_what_is_wrong_and_where),
        cmocka_unit_test(bounds_depth),           cmocka_unit_test(bounds_size),
        cmocka_unit_test(reads_long_lists),       cmocka_unit_test(keeps_places),
        cmocka_unit_test(reads_operands),         cmocka_unit_test(reads_items),
        cmocka_unit_test(names_operators),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
