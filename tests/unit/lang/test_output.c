#include "tests/unit/test.h"

#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "lang/output.h"
#include "tests/unit/lang/given.h"

static const char values[] =
    "proc.name=t:cat;proc.cmdline=t:cat /etc/passwd;fd.num=i:-1;proc.pid=i:42;"
    "evt.failed=b:true;fd.sip=a:1.2.3.4;proc.pname;proc.aname[2]=t:sh;"
    "proc.aname=t:bash;proc.aname=t:init;fd.types=t:file;fd.types=t:pipe;"
    "fd.name=t:/a\n\"b;evt.arg.flags=t:O_RDONLY;user.uid=u:0";

static void renders(void **state)
{
    static const struct {
        const char *row, *text, *result;
    } rows[] = {
        {"text only", "nothing here", "nothing here"},
        {"a field", "%proc.name", "cat"},
        {"fields and text", "p=%proc.name (%proc.cmdline) n=%fd.num.",
         "p=cat (cat /etc/passwd) n=-1."},
        {"fields without anything between", "%proc.name%fd.num", "cat-1"},
        {"absent", "[%proc.pname]", "[<NA>]"},
        {"no value given", "[%proc.cwd]", "[<NA>]"},
        {"argument", "%proc.aname[2]", "sh"},
        {"quoted argument", "%proc.aname['2']", "sh"},
        {"argument behind a dot", "%evt.arg.flags", "O_RDONLY"},
        {"argument in brackets of one given with a dot", "%evt.arg[flags]", "O_RDONLY"},
        {"ancestors", "%proc.aname", "bash init"},
        {"list", "%fd.types", "(file,pipe)"},
        {"address, truth, number", "%fd.sip %evt.failed %user.uid", "1.2.3.4 true 0"},
        {"percent sign", "100%% of %proc.name%%", "100% of cat%"},
        {"three percent signs", "%%%proc.name", "%cat"},
        {"star in front", "*%proc.name %proc.pname", "cat <NA>"},
        {"star elsewhere", "a*%proc.name", "a*cat"},
        {"star alone", "*", ""},
        {"width", "[%6proc.name]", "[cat   ]"},
        {"width too small never cuts", "[%2proc.name]", "[cat]"},
        {"width of nothing", "[%6proc.pname]", "[<NA>  ]"},
        {"width zero", "[%0proc.name]", "[cat]"},
        {"longest field, then text", "%proc.names", "cats"},
        {"longest field, then dots", "%proc.name.nowhere", "cat.nowhere"},
        {"transformer", "%toupper(proc.name)!", "CAT!"},
        {"transformer of an absent one", "%toupper(proc.pname)", "<NA>"},
        {"transformer of a list", "%toupper(fd.types)", "(FILE,PIPE)"},
        {"number of a transformer", "%len(proc.name)", "3"},
        {"join", "%join(\", \", (proc.name, 'x'))", "cat, x"},
        {"width of a transformer", "[%5toupper(proc.name)]", "[CAT  ]"},
        {"values as they are", "%fd.name", "/a\n\"b"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf said = {0};
        struct event event = given_event(arena, SOURCE_SYSCALL, values);
        struct parse_problem problem;
        struct output *output = NULL;

        test_row(rows[i].row);
        if (output_compile(sv(rows[i].text), SOURCE_SYSCALL, arena, &output, &problem) < 0)
            TEST_FAIL("refused at %u: %s", problem.offset, problem.message);
        output_render(output, &event, &said);
        CHECK_SV(buf_view(&said), sv(rows[i].result));
    }
}

static void refuses(void **state)
{
    static const struct {
        const char *row, *text;
        uint32_t offset;
        const char *message, *mend;
    } rows[] = {
        {"nothing", "", 0, "empty formatting token", ""},
        {"percent sign at the end", "n=%", 2,
         "invalid formatting syntax: formatting cannot end with a %", ""},
        {"number at the end", "n=%20", 2,
         "invalid formatting syntax: formatting cannot end with a number", ""},
        {"too wide", "n=%1001proc.name", 2, "invalid formatting syntax: a width over 1000", ""},
        {"no field at all", "An open was seen %not_a_real_field", 17,
         "unknown filter: unexpected token after '", "write '%%' for a percent sign"},
        {"blank behind", "100% sure", 3, "unknown filter: unexpected token after '",
         "write '%%' for a percent sign"},
        {"misspelt", "p=%proc.nmae", 2,
         "unknown filter: filter_check called with nonexistent field proc.nmae",
         "did you mean 'proc.name'?"},
        {"without the dot", "p=%procname x", 2, "unknown filter: unexpected token after '",
         "did you mean '%proc.name'?"},
        {"of another source", "v=%ka.verb", 2,
         "unknown filter: filter_check called with nonexistent field ka.verb",
         "events of source 'syscall' do not have it"},
        {"argument missing", "%evt.arg", 0, "unknown filter: field evt.arg requires an argument",
         ""},
        {"bracket open", "x %proc.aname[2", 15, "unknown filter: expected a ']' token", ""},
        {"transformer open", "x %tolower(proc.name", 20,
         "unknown filter: expected a ')' token closing the transformer", ""},
        {"misspelt in a transformer", "x %tolower(proc.nmae)", 2,
         "unknown filter: filter_check called with nonexistent field proc.nmae",
         "did you mean 'proc.name'?"},
        {"transformer of a number", "x %tolower(fd.num)", 2,
         "unknown filter: can't add field transformer: type 'INT64'", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct parse_problem problem;
        struct output *output = NULL;

        test_row(rows[i].row);
        CHECK_INT(output_compile(sv(rows[i].text), SOURCE_SYSCALL, arena, &output, &problem),
                  -EINVAL);
        CHECK(output == NULL);
        CHECK_HAS(problem.message, rows[i].message);
        CHECK_INT(problem.offset, rows[i].offset);
        CHECK_STR(problem.mend, rows[i].mend);
    }
}

static void names_its_fields(void **state)
{
    static const struct {
        const char *row, *text, *names;
    } rows[] = {
        {"none", "nothing", ""},
        {"in order, once", "%proc.name %fd.num %proc.name", "proc.name fd.num "},
        {"with arguments", "%proc.aname[2] %proc.aname[3] %evt.arg.flags",
         "proc.aname[2] proc.aname[3] evt.arg.flags "},
        {"inside transformers", "%toupper(proc.name) %concat(proc.exe, 'x', fd.num)", ""},
        {"inside more than one", "%len(tolower(proc.exe)) %join(' ', (proc.pname, proc.exe))",
         "proc.exe proc.pname "},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf said = {0};
        struct output *output = NULL;

        test_row(rows[i].row);
        int rc = output_compile(sv(rows[i].text), SOURCE_SYSCALL, arena, &output, NULL);
        if (strcmp(rows[i].row, "inside transformers") == 0) {
            CHECK_INT(rc, -EINVAL); /* concat takes no number */
            continue;
        }
        CHECK_INT(rc, 0);
        for (uint32_t f = 0; f < output_field_count(output); f++) {
            buf_sv(&said, output_field_name(output, f));
            buf_char(&said, ' ');
            CHECK(output_field_ref(output, f) != NULL);
        }
        CHECK_SV(buf_view(&said), sv(rows[i].names));
    }
}

static void writes_typed_json(void **state)
{
    static const struct {
        const char *field, *json;
    } rows[] = {
        {"%proc.name", "\"cat\""},
        {"%fd.num", "-1"},
        {"%user.uid", "0"},
        {"%evt.failed", "true"},
        {"%fd.sip", "\"1.2.3.4\""},
        {"%proc.pname", "null"},
        {"%proc.aname[2]", "\"sh\""},
        {"%proc.aname", "\"bash init\""},
        {"%fd.name", "\"/a\\n\\\"b\""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(buf_done) struct buf said = {0};
        struct event event = given_event(arena, SOURCE_SYSCALL, values);
        struct json_writer w = json_writer_on(&said);
        struct output *output = NULL;

        test_row(rows[i].field);
        CHECK_INT(output_compile(sv(rows[i].field), SOURCE_SYSCALL, arena, &output, NULL), 0);
        CHECK_INT(output_field_count(output), 1);
        output_field_json(output, 0, &event, &w);
        CHECK_SV(buf_view(&said), sv(rows[i].json));
    }
}

static void writes_times_as_numbers(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf said = {0};
    struct event event = {.source = SOURCE_SYSCALL,
                          .type = EVENT_OPENAT,
                          .scratch = arena,
                          .time_ns = 1795525754818753738};
    struct json_writer w = json_writer_on(&said);
    struct output *output = NULL;

    CHECK_INT(
        output_compile(SV("%evt.time.iso8601 %evt.time"), SOURCE_SYSCALL, arena, &output, NULL), 0);
    json_array_begin(&w);
    output_field_json(output, 0, &event, &w);
    output_field_json(output, 1, &event, &w);
    json_array_end(&w);
    CHECK_STR(buf_cstr(&said), "[1795525754818753738,1795525754818753738]");
    buf_reset(&said);
    output_render(output, &event, &said);
    CHECK(sv_starts(buf_view(&said), SV("2026-11-24T13:09:14.818753738")));
}

static void is_bounded(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf text = {0};
    struct event event = given_event(arena, SOURCE_SYSCALL, values);
    struct parse_problem problem;
    struct output *output = NULL;

    for (size_t i = 0; i < OUTPUT_TEXT_MAX / 11; i++)
        buf_str(&text, "%proc.name ");
    test_row("as long as may be");
    CHECK_INT(output_compile(buf_view(&text), SOURCE_SYSCALL, arena, &output, &problem), 0);
    CHECK_INT(output_field_count(output), 1);
    for (size_t i = 0; i < 100; i++)
        buf_str(&text, "0123456789");
    test_row("longer");
    CHECK_INT(output_compile(buf_view(&text), SOURCE_SYSCALL, arena, &output, &problem), -E2BIG);

    test_row("a full buffer ends the padding");
    scoped(buf_done) struct buf small;
    buf_init(&small, 8);
    CHECK_INT(output_compile(SV("%900proc.name"), SOURCE_SYSCALL, arena, &output, &problem), 0);
    output_render(output, &event, &small);
    CHECK_INT(small.error, -E2BIG);
}

static void survives_every_full_arena(void **state)
{
    size_t limit = 0;
    int rc = -E2BIG;

    for (; rc == -E2BIG && limit < (1 << 20); limit += 16) {
        scoped(arena_free) struct arena *arena = arena_new(256);
        struct output *output = NULL;

        arena_limit(arena, limit);
        rc = output_compile(SV("%proc.name %5fd.num %join(',', (proc.exe, 'x')) %evt.arg.flags %%"),
                            SOURCE_SYSCALL, arena, &output, NULL);
        CHECK(rc == 0 || rc == -E2BIG);
    }
    CHECK_INT(rc, 0);
    CHECK(limit > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renders),
        cmocka_unit_test(refuses),
        cmocka_unit_test(names_its_fields),
        cmocka_unit_test(writes_typed_json),
        cmocka_unit_test(writes_times_as_numbers),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(survives_every_full_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
