#include "tests/unit/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "lang/parse.h"
#include "lang/vm/operand.h"
#include "tests/unit/lang/given.h"

static const char values[] =
    "proc.name=t:CaT;proc.exe=t:/usr/bin/cat;proc.cmdline=t:cat -n x;evt.buffer=t:aGVsbG8=;"
    "fd.name=t:/a/b/;fd.filename=t:;fd.num=i:3;proc.cwd=t:ab:c;proc.pname;"
    "fd.types=t:-a;fd.types=t:-bcvalue;fd.types=t:-d;fd.types=t:next;fd.types=t:--long;"
    "fd.types=t:-z;fd.types=t:word;fd.types=t:-e";

/* What an operand gives, values joined by '|'; "absent" without any, "empty" for an empty list. */
static void transforms(void **state)
{
    static const struct {
        const char *text, *result;
    } rows[] = {
        {"proc.name", "CaT"},
        {"proc.pname", "absent"},
        {"tolower(proc.name)", "cat"},
        {"toupper(proc.exe)", "/USR/BIN/CAT"},
        {"tolower(proc.pname)", "absent"},
        {"toupper(fd.types)", "-A|-BCVALUE|-D|NEXT|--LONG|-Z|WORD|-E"},
        {"b64(evt.buffer)", "hello"},
        {"b64(proc.name)", "absent"},
        {"b64('aGVsbG8')", "hello"},
        {"b64('aGVsbA==')", "hell"},
        {"b64('aGVsbA')", "hell"},
        {"b64('aGVs')", "hel"},
        {"b64('')", ""},
        {"b64('====')", "absent"},
        {"b64('aGVsb')", "absent"},
        {"b64('aGVsbB==')", "absent"}, /* bits left over */
        {"b64('aG Vs')", "absent"},
        {"b64('+/+/')", "\xfb\xff\xbf"},
        {"b64('-_-_')", "absent"},
        {"basename(proc.exe)", "cat"},
        {"basename(proc.name)", "CaT"},
        {"basename(fd.name)", ""},
        {"basename(fd.filename)", ""},
        {"len(proc.name)", "3"},
        {"len(fd.filename)", "0"},
        {"len(evt.buffer)", "8"},
        {"len(proc.pname)", "absent"},
        {"len(fd.types)", "8"},
        {"len(getopt(fd.types, ''))", "9"},
        {"len(getopt(('x'), 'a'))", "0"},
        {"len(basename(proc.exe))", "3"},
        {"toupper(basename(proc.exe))", "CAT"},
        {"join(',', fd.types)", "-a,-bcvalue,-d,next,--long,-z,word,-e"},
        {"join('', (proc.name, '-', proc.exe))", "CaT-/usr/bin/cat"},
        {"join(', ', ('x'))", "x"},
        {"join(',', ())", ""},
        {"join(proc.name, ('a', 'b'))", "aCaTb"},
        {"join(',', (proc.name, proc.pname))", "absent"},
        {"join(proc.pname, ('a', 'b'))", "absent"},
        {"concat(proc.name, '=', proc.exe)", "CaT=/usr/bin/cat"},
        {"concat(proc.name, 12)", "CaT12"},
        {"concat(proc.name, proc.pname)", "absent"},
        {"tolower(concat(proc.name, '!'))", "cat!"},
        {"getopt(fd.types, 'ab:c:d:z')", "a|b|cvalue|d|next|z"},
        {"getopt(fd.types, 'abc')", "a|b|c|?|a|?|?|?|?"},
        {"getopt(fd.types, 'ab:c:d:z')[b]", "cvalue"},
        {"getopt(fd.types, 'ab:c:d:z')[d]", "next"},
        {"getopt(fd.types, 'ab:c:d:z')[a]", "a"},
        {"getopt(fd.types, 'ab:c:d:z')[e]", "absent"},
        {"getopt(('-a', '-b', '1', '-b', '2'), 'ab:')[b]", "2"},
        {"getopt(('-b'), 'b:')", ""},
        {"getopt(('-b'), 'b:')[b]", ""},
        {"getopt(('--', '-a'), 'a')", "empty"},
        {"getopt(('-', '-a'), 'a')", "empty"},
        {"getopt((), 'a')", "empty"},
        {"getopt(('-a:'), 'a:')[a]", ":"},
        {"getopt(('-a', 'x'), proc.cwd)", "a"},
        {"getopt(('-b', 'x'), proc.cwd)", "b|x"},
        {"getopt(('-b', 'x'), proc.pname)", "absent"},
        {"getopt(('-b', proc.pname), 'b')", "absent"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf said = {0};
        struct event event = given_event(arena, SOURCE_SYSCALL, values);
        struct value value[FIELD_VALUES_MAX];
        struct parse_problem problem = {0};
        struct ast_operand *ast = NULL;
        struct operand *operand = NULL;
        size_t used = 0;

        test_row(rows[i].text);
        if (parse_operand(sv(rows[i].text), arena, &ast, &used, &problem) < 0 ||
            operand_compile(ast, SOURCE_SYSCALL, NULL, arena, &operand, &problem) < 0)
            TEST_FAIL("refused: %s", problem.message);
        int count = operand_values(operand, &event, value);
        if (count <= 0)
            buf_str(&said, count == 0 ? "empty" : "absent");
        for (int v = 0; v < count; v++) {
            buf_str(&said, v == 0 ? "" : "|");
            value_print(&said, operand->type, &value[v]);
        }
        CHECK_SV(buf_view(&said), sv(rows[i].result));
    }
}

static void reads_literals_of_transformers(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct parse_problem problem = {0};
    struct ast_operand *ast = NULL;
    struct operand *operand = NULL;
    size_t used = 0;

    CHECK_INT(parse_operand(SV("concat('a', proc.name)"), arena, &ast, &used, &problem), 0);
    CHECK_INT(operand_compile(ast, SOURCE_SYSCALL, NULL, arena, &operand, &problem), 0);
    test_row("the first field is the one it reads");
    CHECK_STR(operand_field(operand)->field->name, "proc.name");
    test_row("no field at all");
    CHECK(operand_field(operand->part[0]) == NULL);
}

static void is_absent_without_memory(void **state)
{
    static const char *const rows[] = {"tolower(proc.exe)", "b64(evt.buffer)",
                                       "concat(proc.name, proc.exe)", "join('', fd.types)",
                                       "getopt(fd.types, 'a')"};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(arena_free) struct arena *full = arena_new(64);
        struct event event = given_event(arena, SOURCE_SYSCALL, values);
        struct value value[FIELD_VALUES_MAX];
        struct ast_operand *ast = NULL;
        struct operand *operand = NULL;
        size_t used = 0;

        test_row(rows[i]);
        CHECK_INT(parse_operand(sv(rows[i]), arena, &ast, &used, NULL), 0);
        CHECK_INT(operand_compile(ast, SOURCE_SYSCALL, NULL, arena, &operand, NULL), 0);
        arena_limit(full, 0);
        event.scratch = full;
        CHECK_INT(operand_values(operand, &event, value), OPERAND_ABSENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transforms),
        cmocka_unit_test(reads_literals_of_transformers),
        cmocka_unit_test(is_absent_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
