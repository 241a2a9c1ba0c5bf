#include "tests/unit/test.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lang/condition.h"
#include "lang/resolve.h"
#include "tests/unit/lang/given.h"

static struct condition *compile(struct arena *arena, enum event_source source, const char *text)
{
    struct parse_problem problem;
    struct ast_node *node = NULL;
    struct condition *condition = NULL;

    if (parse_condition(sv(text), arena, &node, &problem) < 0 ||
        condition_compile(node, source, arena, &condition, &problem) < 0)
        TEST_FAIL("\"%s\" is refused at %u: %s", text, problem.offset, problem.message);
    return condition;
}

static bool holds(enum event_source source, const char *text, const char *values)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(condition_free) struct condition *condition = compile(arena, source, text);
    struct event event = given_event(arena, source, values);

    return condition_eval(condition, &event);
}

/* Each operator with each kind of type: values that match, that do not, and none. */
static void compares(void **state)
{
    static const struct {
        const char *condition, *yes, *no; /* NULL: there is none */
        const char *absent;               /* a value that is absent: never matches */
    } rows[] = {
        {"proc.name = cat", "proc.name=t:cat", "proc.name=t:cats", "proc.name"},
        {"proc.name = ''", "proc.name=t:", "proc.name=t:x", "proc.name"},
        {"proc.name != cat", "proc.name=t:dog", "proc.name=t:cat", "proc.name"},
        {"proc.name < 5", "proc.name=t:4", "proc.name=t:5", "proc.name"},
        {"proc.name <= 5", "proc.name=t:5", "proc.name=t:6", "proc.name"},
        {"proc.name > 5", "proc.name=t:6", "proc.name=t:41", "proc.name"},
        {"proc.name >= 5", "proc.name=t:5", "proc.name=t:4", "proc.name"},
        {"proc.name exists", "proc.name=t:", NULL, "proc.name"},
        {"proc.name contains at", "proc.name=t:cats", "proc.name=t:CATS", "proc.name"},
        {"proc.name contains ''", "proc.name=t:", NULL, "proc.name"},
        {"proc.name icontains aT", "proc.name=t:CATS", "proc.name=t:cst", "proc.name"},
        {"proc.name icontains ''", "proc.name=t:", NULL, "proc.name"},
        {"proc.name startswith ca", "proc.name=t:cat", "proc.name=t:c", "proc.name"},
        {"proc.name endswith at", "proc.name=t:cat", "proc.name=t:t", "proc.name"},
        {"fd.name glob /home/*/.ssh/*", "fd.name=t:/home/a/b/.ssh/c", "fd.name=t:/home/.ssh/c",
         "fd.name"},
        {"fd.name glob *.[ch]", "fd.name=t:/a.c", "fd.name=t:/a.C", "fd.name"},
        {"fd.name iglob *.[ch]", "fd.name=t:/a.C", "fd.name=t:/a.o", "fd.name"},
        {"fd.name regex '/(etc|usr)/.*'", "fd.name=t:/usr/x", "fd.name=t:/a/usr/x", "fd.name"},
        {"fd.name regex a", "fd.name=t:a", "fd.name=t:ab", "fd.name"},
        {"fd.name regex 'a|ab'", "fd.name=t:ab", "fd.name=t:abb", "fd.name"},
        {"fd.name regex '^a$'", "fd.name=t:a", "fd.name=t:a\n", "fd.name"},
        {"fd.name regex 'a.b'",
         "fd.name=t:a\xc3\xa4"
         "b",
         "fd.name=t:a\nb", "fd.name"},
        {"fd.name regex 'a.b'",
         "fd.name=t:a\xff"
         "b",
         "fd.name=t:a\xff\xff"
         "b",
         "fd.name"},
        {"fd.name regex '[[:alpha:]]+\\\\d'", "fd.name=t:ab1", "fd.name=t:1", "fd.name"},
        {"proc.name in (cat, dog)", "proc.name=t:dog", "proc.name=t:do", "proc.name"},
        {"proc.name in (cat, '')", "proc.name=t:", "proc.name=t:dog", "proc.name"},
        {"proc.name in ()", NULL, "proc.name=t:cat", "proc.name"},
        {"proc.name in cat", "proc.name=t:cat", "proc.name=t:ca", "proc.name"},
        {"proc.name intersects (cat, dog)", "proc.name=t:cat", "proc.name=t:cow", "proc.name"},
        {"fd.name pmatch (/etc, /usr/lib/)", "fd.name=t:/usr/lib/x", "fd.name=t:/usr", "fd.name"},
        {"fd.name pmatch (/etc)", "fd.name=t:/etc", "fd.name=t:/etcetera", "fd.name"},
        {"fd.name pmatch (/etc)", "fd.name=t://etc//x", "fd.name=t:/", "fd.name"},
        {"fd.name pmatch (/home/*/.ssh)", "fd.name=t:/home/a/.ssh/b", "fd.name=t:/home/a/b/.ssh",
         "fd.name"},
        {"fd.name pmatch (/)", "fd.name=t:/x", NULL, "fd.name"},
        {"fd.name pmatch ()", NULL, "fd.name=t:/x", "fd.name"},

        {"fd.num = -1", "fd.num=i:-1", "fd.num=i:1", "fd.num"},
        {"fd.num = 0x10", "fd.num=i:16", "fd.num=i:10", "fd.num"},
        {"fd.num != 3", "fd.num=i:-3", "fd.num=i:3", "fd.num"},
        {"fd.num < 0", "fd.num=i:-1", "fd.num=i:0", "fd.num"},
        {"fd.num <= -1", "fd.num=i:-1", "fd.num=i:0", "fd.num"},
        {"fd.num > -2", "fd.num=i:-1", "fd.num=i:-2", "fd.num"},
        {"fd.num >= 0", "fd.num=i:0", "fd.num=i:-1", "fd.num"},
        {"fd.num in (1, -2, 0x3)", "fd.num=i:-2", "fd.num=i:2", "fd.num"},
        {"fd.num in (1, -2, 0x3)", "fd.num=u:3", "fd.num=u:4", "fd.num"},
        {"fd.num intersects (1, 2)", "fd.num=i:2", "fd.num=i:3", "fd.num"},
        {"fd.num exists", "fd.num=i:0", NULL, "fd.num"},
        {"user.uid = 0", "user.uid=u:0", "user.uid=u:1", "user.uid"},
        {"user.uid > 999", "user.uid=u:1000", "user.uid=u:999", "user.uid"},
        {"user.uid = -1", "user.uid=u:4294967295", "user.uid=u:1", "user.uid"},
        {"thread.cpu > 1.5", "thread.cpu=d:1.6", "thread.cpu=d:1.5", "thread.cpu"},
        {"thread.cpu in (1, 2)", "thread.cpu=d:2", "thread.cpu=d:2.5", "thread.cpu"},
        {"thread.cpu = 2", "thread.cpu=u:2", "thread.cpu=u:3", "thread.cpu"},
        {"fd.sport = 80", "fd.sport=u:80", "fd.sport=u:8080", "fd.sport"},
        {"fd.sport in (80, 443)", "fd.sport=u:443", "fd.sport=u:44", "fd.sport"},

        {"evt.failed = true", "evt.failed=b:true", "evt.failed=b:false", "evt.failed"},
        {"evt.failed != true", "evt.failed=b:false", "evt.failed=b:true", "evt.failed"},
        {"evt.failed in (true)", "evt.failed=b:true", "evt.failed=b:false", "evt.failed"},
        {"evt.failed exists", "evt.failed=b:false", NULL, "evt.failed"},

        {"fd.sip = 1.2.3.4", "fd.sip=a:1.2.3.4", "fd.sip=a:1.2.3.5", "fd.sip"},
        {"fd.sip != 1.2.3.4", "fd.sip=a:::1", "fd.sip=a:1.2.3.4", "fd.sip"},
        {"fd.sip = ::1", "fd.sip=a:::1", "fd.sip=a:::2", "fd.sip"},
        {"fd.sip in (1.2.3.4, ::1)", "fd.sip=a:::1", "fd.sip=a:1.2.3.5", "fd.sip"},
        {"fd.snet = 10.0.0.0/8", "fd.snet=a:10.255.0.1", "fd.snet=a:11.0.0.1", "fd.snet"},
        {"fd.snet != 10.0.0.0/8", "fd.snet=a:11.0.0.1", "fd.snet=a:10.0.0.1", "fd.snet"},
        {"fd.snet in (10.0.0.0/8, 172.16.0.0/12, 'fe80::/10')", "fd.snet=a:172.31.0.1",
         "fd.snet=a:172.32.0.1", "fd.snet"},
        {"fd.snet in (10.0.0.0/8, 'fe80::/10')", "fd.snet=a:fe80::1", "fd.snet=a:fec0::1",
         "fd.snet"},
        {"fd.snet in (0.0.0.0/0)", "fd.snet=a:1.1.1.1", "fd.snet=a:::1", "fd.snet"},
        {"fd.snet in (10.1.0.0/31)", "fd.snet=a:10.1.0.1", "fd.snet=a:10.1.0.2", "fd.snet"},

        {"evt.buffer = abc", "evt.buffer=t:abc", "evt.buffer=t:ab", "evt.buffer"},
        {"evt.buffer contains b", "evt.buffer=t:abc", "evt.buffer=t:ac", "evt.buffer"},
        {"evt.buffer bcontains 62", "evt.buffer=t:abc", "evt.buffer=t:ac", "evt.buffer"},
        {"evt.buffer bcontains C3A4", "evt.buffer=t:\xc3\xa4", "evt.buffer=t:C3A4", "evt.buffer"},
        {"evt.buffer bstartswith 6162", "evt.buffer=t:abc", "evt.buffer=t:bab", "evt.buffer"},
        {"evt.buffer endswith bc", "evt.buffer=t:abc", "evt.buffer=t:abd", "evt.buffer"},

        {"proc.name contains anyof (at, ow)", "proc.name=t:cow", "proc.name=t:dog", "proc.name"},
        {"proc.name contains oneof (a, o)", "proc.name=t:cow", "proc.name=t:ao", "proc.name"},
        {"proc.name contains oneof (a, o)", "proc.name=t:cat", "proc.name=t:dig", "proc.name"},
        {"proc.name contains allof (a, o)", "proc.name=t:ao", "proc.name=t:a", "proc.name"},
        {"proc.name = anyof (cat, dog)", "proc.name=t:dog", "proc.name=t:cow", "proc.name"},
        {"proc.name != allof (cat, dog)", "proc.name=t:cow", "proc.name=t:dog", "proc.name"},
        {"proc.name != anyof (cat, dog)", "proc.name=t:dog", NULL, "proc.name"},
        {"proc.name = oneof (cat, dog)", "proc.name=t:dog", "proc.name=t:cow", "proc.name"},
        {"proc.name contains anyof ()", NULL, "proc.name=t:x", "proc.name"},
        {"proc.name contains allof ()", NULL, "proc.name=t:x", "proc.name"},
        {"proc.name != allof ()", NULL, "proc.name=t:x", "proc.name"},
        {"fd.num = anyof (1, 2)", "fd.num=i:2", "fd.num=i:3", "fd.num"},
        {"fd.name glob anyof (*.c, *.h)", "fd.name=t:x.h", "fd.name=t:x.o", "fd.name"},
        {"fd.name regex anyof ('a+', 'b+')", "fd.name=t:bb", "fd.name=t:ab", "fd.name"},
        {"fd.name regex allof ('a.*', '.*b')", "fd.name=t:ab", "fd.name=t:ac", "fd.name"},
        {"fd.snet = anyof (10.0.0.0/8, 11.0.0.0/8)", "fd.snet=a:11.0.0.1", "fd.snet=a:12.0.0.1",
         "fd.snet"},

        {"proc.name = val(proc.pname)", "proc.name=t:a;proc.pname=t:a",
         "proc.name=t:a;proc.pname=t:b", "proc.name=t:a;proc.pname"},
        {"proc.name != val(proc.pname)", "proc.name=t:a;proc.pname=t:b",
         "proc.name=t:a;proc.pname=t:a", "proc.name;proc.pname=t:a"},
        {"proc.name startswith val(proc.pname)", "proc.name=t:ab;proc.pname=t:a",
         "proc.name=t:ab;proc.pname=t:b", "proc.name=t:ab;proc.pname"},
        {"proc.name in val(proc.pname)", "proc.name=t:a;proc.pname=t:a",
         "proc.name=t:a;proc.pname=t:b", "proc.name=t:a;proc.pname"},
        {"fd.num > val(proc.pid)", "fd.num=i:3;proc.pid=i:2", "fd.num=i:2;proc.pid=i:2",
         "fd.num=i:3;proc.pid"},
        {"proc.name = tolower(proc.pname)", "proc.name=t:ab;proc.pname=t:AB",
         "proc.name=t:AB;proc.pname=t:AB", "proc.name=t:ab;proc.pname"},

        {"evt.rawarg.flags = 3", "evt.rawarg.flags=u:3", "evt.rawarg.flags=u:4",
         "evt.rawarg.flags"},
        {"evt.arg.flags contains O_CREAT", "evt.arg.flags=t:O_CREAT|O_RDWR",
         "evt.arg.flags=t:O_RDWR", "evt.arg.flags"},
        {"evt.arg[flags] contains O_CREAT", "evt.arg[flags]=t:O_CREAT", "evt.arg[flags]=t:O_RDWR",
         "evt.arg[flags]"},
        {"proc.aname[2] = sh", "proc.aname[2]=t:sh", "proc.aname[2]=t:bash;proc.aname[1]=t:sh",
         "proc.aname[2]"},
        {"evt.type = openat", "evt.type=t:openat", "evt.type=t:open", "evt.type"},
        {"evt.type in (open, openat)", "evt.type=t:open", "evt.type=t:close", "evt.type"},
        {"evt.type != open", "evt.type=t:close", "evt.type=t:open", "evt.type"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf negated = {0};

        test_row(rows[i].condition);
        buf_printf(&negated, "not %s", rows[i].condition);
        if (rows[i].yes != NULL) {
            CHECK(holds(SOURCE_SYSCALL, rows[i].condition, rows[i].yes));
            CHECK(!holds(SOURCE_SYSCALL, buf_cstr(&negated), rows[i].yes));
        }
        if (rows[i].no != NULL) {
            CHECK(!holds(SOURCE_SYSCALL, rows[i].condition, rows[i].no));
            CHECK(holds(SOURCE_SYSCALL, buf_cstr(&negated), rows[i].no));
        }
        CHECK(!holds(SOURCE_SYSCALL, rows[i].condition, rows[i].absent));
        CHECK(holds(SOURCE_SYSCALL, buf_cstr(&negated), rows[i].absent));
    }
}

/* Fields with several values: lists, and those where any value may decide. */
static void compares_many(void **state)
{
    static const struct {
        const char *condition, *values;
        bool holds;
    } rows[] = {
        {"fd.types in (file, pipe)", "fd.types=t:file;fd.types=t:pipe", true},
        {"fd.types in (file, pipe)", "fd.types=t:file;fd.types=t:unix", false},
        {"fd.types intersects (file, pipe)", "fd.types=t:unix;fd.types=t:pipe", true},
        {"fd.types intersects (file, pipe)", "fd.types=t:unix", false},
        {"fd.types exists", "fd.types=t:unix", true},
        {"fd.types in ()", "fd.types=t:unix", false},
        {"fd.types intersects val(fd.types)", "fd.types=t:a;fd.types=t:b", true},
        {"proc.aname = sh", "proc.aname=t:bash;proc.aname=t:sh", true},
        {"proc.aname = sh", "proc.aname=t:bash;proc.aname=t:dash", false},
        {"proc.aname in (sh, zsh)", "proc.aname=t:bash;proc.aname=t:zsh", true},
        {"proc.aname != sh", "proc.aname=t:bash;proc.aname=t:sh", true},
        {"not proc.aname = sh", "proc.aname=t:bash;proc.aname=t:sh", false},
        {"proc.aname contains as", "proc.aname=t:x;proc.aname=t:bash", true},
        {"fd.ip = 1.2.3.4", "fd.ip=a:9.9.9.9;fd.ip=a:1.2.3.4", true},
        {"fd.ip != 1.2.3.4", "fd.ip=a:9.9.9.9;fd.ip=a:1.2.3.4", false},
        {"fd.ip != 1.2.3.4", "fd.ip=a:9.9.9.9;fd.ip=a:8.8.8.8", true},
        {"fd.net in (10.0.0.0/8, 11.0.0.0/8)", "fd.net=a:9.9.9.9;fd.net=a:11.0.0.1", true},
        {"fd.port = 80", "fd.port=u:4000;fd.port=u:80", true},
        {"fd.port != 80", "fd.port=u:4000;fd.port=u:80", false},
        {"fd.port < 1024", "fd.port=u:4000;fd.port=u:80", true},
        {"fd.port in (80)", "fd.port=u:4000;fd.port=u:81", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].condition);
        CHECK_INT(holds(SOURCE_SYSCALL, rows[i].condition, rows[i].values), rows[i].holds);
    }
}

static void joins_logic(void **state)
{
    static const char values[] = "proc.name=t:cat;fd.num=i:3;user.uid=u:0;proc.pname";
    static const struct {
        const char *condition;
        bool holds;
    } rows[] = {
        {"proc.name = cat and fd.num = 3", true},
        {"proc.name = cat and fd.num = 4", false},
        {"proc.name = dog or fd.num = 3", true},
        {"proc.name = dog or fd.num = 4", false},
        {"not (proc.name = dog or fd.num = 4)", true},
        {"not (proc.name = cat and fd.num = 3)", false},
        {"not not proc.name = cat", true},
        {"not not not proc.name = cat", false},
        {"proc.name = cat and not (fd.num = 4 or not user.uid = 0)", true},
        {"(proc.name = dog or fd.num = 3) and (user.uid = 1 or proc.name = cat)", true},
        {"(proc.name = dog and fd.num = 3) or (user.uid = 1 and proc.name = cat)", false},
        {"not (not proc.name = cat or not (fd.num = 3 and user.uid = 0))", true},
        {"proc.pname = cat or not proc.pname exists", true},
        {"not proc.pname != cat", true},
        {"not proc.pname = cat and not proc.pname = dog", true},
        {"proc.name = cat and (proc.name = dog or proc.name = cat) and not proc.name = dog", true},
        {"proc.name = cat and proc.name = cat and proc.name = cat", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].condition);
        CHECK_INT(holds(SOURCE_SYSCALL, rows[i].condition, values), rows[i].holds);
    }
}

/* Every way to put three comparisons under and, or, not agrees with the truth table. */
static void logic_agrees_with_truth_table(void **state)
{
    static const char *const forms[] = {
        "A and B and C",
        "A or B or C",
        "A and B or C",
        "A or B and C",
        "(A or B) and C",
        "A and (B or C)",
        "not A and B or C",
        "not (A and B) or C",
        "not (A or B) and C",
        "not (A or not (B and C))",
        "not (not A and not (B or C))",
        "(A or B) and (B or C)",
        "(A and B) or (B and C)",
        "not A or not B or not C",
    };

    for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
        for (unsigned bits = 0; bits < 8; bits++) {
            scoped(buf_done) struct buf text = {0};
            scoped(buf_done) struct buf values = {0};
            bool a = bits & 1;
            bool b = bits & 2;
            bool c = bits & 4;
            const bool expected[] = {
                a && b && c,          a || b || c,       (a && b) || c,      a || (b && c),
                (a || b) && c,        a && (b || c),     (!a && b) || c,     !(a && b) || c,
                !(a || b) && c,       !(a || !(b && c)), !(!a && !(b || c)), (a || b) && (b || c),
                (a && b) || (b && c), !a || !b || !c,
            };

            test_row(forms[f]);
            for (const char *p = forms[f]; *p != '\0'; p++) {
                if (*p >= 'A' && *p <= 'C')
                    buf_printf(&text, "proc.aname[%d] = yes", *p - 'A' + 1);
                else
                    buf_char(&text, *p);
            }
            buf_printf(&values, "proc.aname[1]=t:%s;proc.aname[2]=t:%s;proc.aname[3]=t:%s",
                       a ? "yes" : "no", b ? "yes" : "no", c ? "yes" : "no");
            CHECK_INT(holds(SOURCE_SYSCALL, buf_cstr(&text), buf_cstr(&values)), expected[f]);
        }
    }
}

static void refuses(void **state)
{
    static const struct {
        const char *row, *text;
        uint32_t offset;
        const char *message, *mend;
    } rows[] = {
        {"no such field", "fd.num > 1 and proc.nmae = cat", 15,
         "filter_check called with nonexistent field proc.nmae", "did you mean 'proc.name'?"},
        {"nothing like it", "zzzzzzz.qqqqqqq = cat", 0,
         "filter_check called with nonexistent field zzzzzzz.qqqqqqq", ""},
        {"no such field in a transformer", "tolower(proc.nmae) = cat", 8,
         "filter_check called with nonexistent field proc.nmae", "did you mean 'proc.name'?"},
        {"no such field on the right", "proc.name = val(proc.nmae)", 16,
         "filter_check called with nonexistent field proc.nmae", "did you mean 'proc.name'?"},
        {"field of another source", "ka.verb = get", 0,
         "filter_check called with nonexistent field ka.verb",
         "events of source 'syscall' do not have it"},
        {"argument not wanted", "proc.name[1] = cat", 0,
         "field proc.name does not take an argument", ""},
        {"argument missing", "evt.arg = cat", 0, "field evt.arg requires an argument", ""},
        {"argument is no number", "proc.aname[x] = cat", 0,
         "field proc.aname does not take this argument", ""},
        {"no such event type", "evt.type = openn", 11, "unknown event type openn",
         "did you mean 'open'?"},
        {"no such event type in a list", "evt.type in (open, list_a)", 19,
         "unknown event type list_a", "did you mean 'listen'?"},
        {"text operator on a number", "fd.num contains 1", 0,
         "filter error: 'contains' operator not supported for numeric filters", ""},
        {"order of truth values", "evt.failed > 1", 0,
         "filter error: '>' operator not supported for numeric filters", ""},
        {"order of addresses", "fd.sip > 1", 0,
         "filter error: '>' operator not supported for ip address and network filters", ""},
        {"bytes operator on text", "proc.name bcontains cafe", 0,
         "filter error: 'bcontains' operator not supported for string filters", ""},
        {"regex on bytes", "evt.buffer regex a", 0,
         "filter error: 'regex' operator not supported for buffer filters", ""},
        {"equality of a list", "fd.types = file", 0,
         "filter error: '=' operator not supported list filters", ""},
        {"no number", "fd.num = abc", 9, "abc is not a valid number", ""},
        {"no number in a list", "fd.num in (1, 2x)", 14, "2x is not a valid number", ""},
        {"number too big", "user.uid = 4294967296", 11, "4294967296 is not a valid number", ""},
        {"no truth value", "evt.failed = yes", 13, "filter error: unrecognized boolean value yes",
         ""},
        {"no IPv4 address", "fd.sip = 1.2.3", 9, "unrecognized IPv4 address 1.2.3", ""},
        {"a net is no address", "fd.sip = 1.2.3.0/24", 9, "unrecognized IPv4 address 1.2.3.0/24",
         ""},
        {"no IPv6 address", "fd.sip = 12345", 9, "unrecognized IPv6 address 12345", ""},
        {"no net", "fd.snet = 1.2.3.4/33", 10, "unrecognized IP network 1.2.3.4/33", ""},
        {"no port", "fd.sport = nosuchservice", 11, "unrecognized protocol nosuchservice", ""},
        {"NUL in a value", "proc.name = 'a\\x00b'", 12,
         "filter error: filter value cannot contain a NUL byte (\\x00)", ""},
        {"odd hex", "evt.buffer bcontains caf", 21,
         "filter error: bcontains and bstartswith operator support hex strings only", ""},
        {"no hex", "evt.buffer bstartswith zz", 23,
         "filter error: bcontains and bstartswith operator support hex strings only", ""},
        {"bad regex", "fd.name regex 'a('", 14,
         "invalid regex pattern: missing closing parenthesis", ""},
        {"one byte at a time in a regex", "fd.name regex '\\\\C'", 14,
         "invalid regex pattern:", ""},
        {"types of both sides", "proc.name = val(fd.num)", 0,
         "field 'proc.name' has type 'CHARBUF' "
         "while the right-hand side has incompatible type 'INT64'",
         ""},
        {"a list and a value", "fd.types in val(proc.name)", 0,
         "field 'fd.types' has type 'CHARBUF' "
         "(list) while the right-hand side has incompatible type 'CHARBUF'",
         ""},
        {"regex of a field", "proc.name regex val(proc.pname)", 0,
         "operator 'regex' doesn't support right-hand side fields", ""},
        {"pmatch of a field", "proc.name pmatch val(proc.pname)", 0,
         "operator 'pmatch' doesn't support right-hand side fields", ""},
        {"net of a field", "fd.snet = val(fd.cnet)", 0,
         "field type 'IPNET' doesn't support right-hand side fields", ""},
        {"transformer of a number", "tolower(fd.num) = 1", 0,
         "can't add field transformer: type "
         "'INT64' is not supported by 'tolower' transformer applied on field 'fd.num'",
         ""},
        {"two arguments", "tolower(proc.name, proc.exe) = a", 0, "tolower() takes one argument",
         ""},
        {"argument of a transformer", "tolower(proc.name)[1] = a", 0,
         "filter error: transformer 'tolower' does not support field arguments", ""},
        {"join of one", "join(proc.name) = a", 0,
         "join() requires exactly 2 arguments: separator and list", ""},
        {"join of no list", "join(',', proc.name) = a", 0, "join() second argument must be a list",
         ""},
        {"join with a list", "join(('a'), ('b')) = a", 0,
         "join() first argument (separator) must be a single value, not a list", ""},
        {"concat of one", "concat(proc.name) = a", 0, "concat() requires at least 2 arguments", ""},
        {"concat of a number", "concat(proc.name, fd.num) = a", 0,
         "concat() arguments must be strings", ""},
        {"getopt of no list", "getopt(proc.args, 'a') exists", 0,
         "getopt() first argument must be a list", ""},
        {"getopt of a long option", "getopt(fd.types, 'ab')[ab] = x", 0,
         "getopt() field argument must be a single option character", ""},
        {"macro left over", "fd.num > 1 and spawned", 15,
         "Undefined macro 'spawned' used in filter.", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        struct parse_problem problem;
        struct ast_node *node = NULL;
        struct condition *condition = NULL;

        test_row(rows[i].row);
        CHECK_INT(parse_condition(sv(rows[i].text), arena, &node, &problem), 0);
        CHECK_INT(condition_compile(node, SOURCE_SYSCALL, arena, &condition, &problem), -EINVAL);
        CHECK(condition == NULL);
        CHECK_HAS(problem.message, rows[i].message);
        CHECK_INT(problem.offset, rows[i].offset);
        CHECK_STR(problem.mend, rows[i].mend);
    }
}

static void takes_ports_by_name(void **state)
{
    if (access("/etc/services", R_OK) != 0)
        skip();
    CHECK(holds(SOURCE_SYSCALL, "fd.sport = https", "fd.sport=u:443"));
    CHECK(holds(SOURCE_SYSCALL, "fd.sport in (ssh, https)", "fd.sport=u:22"));
    CHECK(!holds(SOURCE_SYSCALL, "fd.sport = ssh", "fd.sport=u:23"));
}

static void tests_types_of_real_events(void **state)
{
    static const struct {
        const char *condition;
        enum event_type type;
        bool holds;
    } rows[] = {
        {"evt.type = openat", EVENT_OPENAT, true},
        {"evt.type = openat", EVENT_OPEN, false},
        {"evt.type != openat", EVENT_OPEN, true},
        {"evt.type in (open, openat)", EVENT_OPEN, true},
        {"evt.type in (open, openat)", EVENT_EXECVE, false},
        {"not evt.type in (open, openat)", EVENT_EXECVE, true},
        {"evt.type startswith open", EVENT_OPENAT2, true},
        {"evt.type = anyof (open, openat)", EVENT_OPENAT, true},
        {"syscall.type = openat", EVENT_OPENAT, true},
        {"syscall.type != openat", EVENT_OPEN, true},
        {"syscall.type != openat", EVENT_PROCEXIT, false}, /* absent: it is no call */
        {"not syscall.type = openat", EVENT_PROCEXIT, true},
        {"syscall.type = procexit", EVENT_PROCEXIT, false},
        {"syscall.type in (openat, procexit)", EVENT_PROCEXIT, false},
        {"not syscall.type in (openat, procexit)", EVENT_PROCEXIT, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(condition_free) struct condition *condition =
            compile(arena, SOURCE_SYSCALL, rows[i].condition);
        struct event event = {.source = SOURCE_SYSCALL, .type = rows[i].type, .scratch = arena};

        test_row(rows[i].condition);
        CHECK_INT(condition_eval(condition, &event), rows[i].holds);
    }
}

static void finds_event_types(void **state)
{
    /* names: the types, or all but these after a '!', or "*" */
    static const struct {
        const char *condition, *names;
    } rows[] = {
        {"evt.type = open", "open"},
        {"evt.type in (open, openat)", "open openat"},
        {"evt.type != open", "!open"},
        {"not evt.type = open", "!open"},
        {"not evt.type != open", "open"},
        {"not evt.type in (open, openat)", "!open openat"},
        {"syscall.type = open", "open"},
        {"syscall.type = procexit", ""},
        {"not syscall.type = open", "!open"},
        {"evt.type = open and proc.name = cat", "open"},
        {"evt.type = open or proc.name = cat", "*"},
        {"evt.type = open or evt.type = openat", "open openat"},
        {"evt.type = open and evt.type = openat", ""},
        {"evt.type in (open, openat) and not evt.type = open", "openat"},
        {"not (evt.type = open and proc.name = cat)", "*"},
        {"not (evt.type = open or proc.name = cat)", "!open"},
        {"not (evt.type = open or evt.type = openat)", "!open openat"},
        {"not not evt.type = open", "open"},
        {"proc.name = cat", "*"},
        {"not proc.name = cat", "*"},
        {"evt.type exists", "*"},
        {"not evt.type exists", ""},
        {"evt.is_open_read = true", "*"},
        {"evt.is_open_read = true and evt.type = open", "open"},
        {"evt.type startswith open", "*"},
        {"evt.type.is[open] = 1", "open"},
        {"evt.type.is[open] = 0", "!open"},
        {"evt.type.is[open] != 0", "open"},
        {"not evt.type.is[open] = 1", "!open"},
        {"evt.num = 0", ""},
        {"not evt.num = 0", "*"},
        {"evt.num > 0", "*"},
        {"evt.num < 1", ""},
        {"evt.num <= 1", "*"},
        {"evt.num in (0)", ""},
        {"evt.num in (0, 1)", "*"},
        {"evt.type = open or evt.num = 0", "open"},
        {"evt.type = anyof (open, openat)", "*"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(condition_free) struct condition *condition =
            compile(arena, SOURCE_SYSCALL, rows[i].condition);
        struct sv names = sv(rows[i].names);
        bool others = sv_starts(names, SV("!"));
        struct event_set named = {{0}};
        struct event_set types;
        bool all = false;

        test_row(rows[i].condition);
        names = sv_sub(names, others, names.len);
        while (names.len > 0 && names.ptr[0] != '*')
            event_set_add(&named, event_type_from(sv_split(&names, ' ')));
        others = others || names.len > 0;
        condition_types(condition, &types, &all);
        CHECK_INT(all, strcmp(rows[i].names, "*") == 0);
        for (uint32_t type = EVENT_NONE + 1; type < event_type_count(); type++)
            CHECK_INT(event_set_has(&types, (enum event_type)type),
                      event_set_has(&named, (enum event_type)type) != others);
    }
}

static void finds_unsafe_na(void **state)
{
    static const struct {
        const char *condition;
        bool unsafe;
    } rows[] = {
        {"ka.user.name != <NA>", true},
        {"not ka.user.name = '<NA>'", true},
        {"ka.user.name in (a, <NA>)", true},
        {"ka.verb = get and (ka.user.name = x or ka.user.name pmatch (<NA>))", true},
        {"ka.user.name != x", false},
        {"ka.user.name contains <NA>", false},
        {"evt.hostname != <NA>", false},
        {"tolower(ka.user.name) != <NA>", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(condition_free) struct condition *condition =
            compile(arena, SOURCE_K8S_AUDIT, rows[i].condition);

        test_row(rows[i].condition);
        CHECK_INT(condition_unsafe_na(condition), rows[i].unsafe);
    }
}

static void explains(void **state)
{
    static const char values[] = "proc.name=t:cat;fd.num=i:3;proc.aname=t:bash;proc.aname=t:sh;"
                                 "proc.pname";
    /* reasons: one a line: text, '!' before it when negated, then " <- " and the value */
    static const struct {
        const char *condition, *reasons;
    } rows[] = {
        {"proc.name = cat", "proc.name = cat <- cat\n"},
        {"proc.name = dog", ""},
        {"proc.name=cat and fd.num>1", "proc.name = cat <- cat\nfd.num > 1 <- 3\n"},
        {"proc.name = dog or fd.num = 3", "fd.num = 3 <- 3\n"},
        {"proc.name = cat or fd.num = 3", "proc.name = cat <- cat\n"},
        {"not proc.name = dog", "!proc.name = dog <- cat\n"},
        {"not (proc.name = dog or fd.num = 4)", "!proc.name = dog <- cat\n!fd.num = 4 <- 3\n"},
        {"not (proc.name = cat and fd.num = 4)", "!fd.num = 4 <- 3\n"},
        {"not (proc.name = dog and fd.num = 4)", "!proc.name = dog <- cat\n"},
        {"not not proc.name = cat", "proc.name = cat <- cat\n"},
        {"not proc.pname = cat", "!proc.pname = cat <- <NA>\n"},
        {"proc.aname in (zsh, sh)", "proc.aname in (zsh, sh) <- sh\n"},
        {"not proc.aname = zsh", "!proc.aname = zsh <- bash\n"},
        {"toupper(proc.name) = CAT", "toupper(proc.name) = CAT <- CAT\n"},
        {"fd.num exists", "fd.num exists <- 3\n"},
        {"proc.name = dog or (fd.num = 3 and not (proc.pname exists or proc.name = cow))",
         "fd.num = 3 <- 3\n!proc.pname exists <- <NA>\n!proc.name = cow <- cat\n"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(4096);
        scoped(condition_free) struct condition *condition =
            compile(arena, SOURCE_SYSCALL, rows[i].condition);
        scoped(buf_done) struct buf said = {0};
        struct event event = given_event(arena, SOURCE_SYSCALL, values);
        struct condition_trace trace;

        test_row(rows[i].condition);
        condition_explain(condition, &event, &trace);
        for (uint32_t r = 0; r < trace.count; r++) {
            buf_str(&said, trace.reason[r].negated ? "!" : "");
            buf_sv(&said, trace.reason[r].text);
            buf_str(&said, " <- ");
            value_print(&said, trace.reason[r].type, &trace.reason[r].value);
            buf_char(&said, '\n');
            CHECK(trace.reason[r].ref != NULL);
        }
        CHECK_SV(buf_view(&said), sv(rows[i].reasons));
        CHECK_INT(trace.more, 0);
    }
}

static void explains_at_most_so_much(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(buf_done) struct buf text = {0};
    struct condition_trace trace;

    buf_str(&text, "fd.num = 3");
    for (int i = 0; i < 99; i++)
        buf_printf(&text, " and fd.num != %d", 100 + i);
    scoped(condition_free) struct condition *condition =
        compile(arena, SOURCE_SYSCALL, buf_cstr(&text));
    struct event event = given_event(arena, SOURCE_SYSCALL, "fd.num=i:3");
    condition_explain(condition, &event, &trace);
    CHECK_INT(trace.count, CONDITION_TRACE_MAX);
    CHECK_INT(trace.more, 100 - CONDITION_TRACE_MAX);
}

static void bounds_regex(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    scoped(condition_free) struct condition *condition =
        compile(arena, SOURCE_SYSCALL, "fd.name regex '(a+)+b' or fd.name regex '(x+x+)+y'");
    struct event event = given_event(arena, SOURCE_SYSCALL,
                                     "fd.name=t:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaacb");

    CHECK_INT(condition_regex_limit_hits(condition), 0);
    CHECK(!condition_eval(condition, &event));
    CHECK_INT(condition_regex_limit_hits(condition), 1);
    event = given_event(arena, SOURCE_SYSCALL, "fd.name=t:aaab");
    CHECK(condition_eval(condition, &event));
    CHECK_INT(condition_regex_limit_hits(condition), 1);
}

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void compiles_big_conditions(void **state)
{
    static const struct {
        const char *row, *begin, *part, *end;
        int parts;
        const char *values;
    } rows[] = {
        {"a list of 100,000 texts", "proc.name in (x", ", item_%d", ")", 100000,
         "proc.name=t:item_99999"},
        {"a list of 100,000 numbers", "fd.num in (-1", ", %d", ")", 100000, "fd.num=i:99999"},
        {"50,000 paths", "fd.name pmatch (/x", ", /a/b/%d", ")", 50000, "fd.name=t:/a/b/49999/c"},
        {"20,000 comparisons", "fd.num = -1", " or fd.num = %d", "", 20000, "fd.num=i:19999"},
        {"20,000 fields", "fd.num = -1", " or proc.env[A%d] = x", "", 20000,
         "proc.env[A19999]=t:x"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(arena_free) struct arena *arena = arena_new(1 << 20);
        scoped(buf_done) struct buf text = {0};
        double begin = seconds();

        test_row(rows[i].row);
        buf_str(&text, rows[i].begin);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        for (int n = 0; n < rows[i].parts; n++)
            buf_printf(&text, rows[i].part, n);
#pragma GCC diagnostic pop
        buf_str(&text, rows[i].end);
        scoped(condition_free) struct condition *condition =
            compile(arena, SOURCE_SYSCALL, buf_cstr(&text));
        struct event event = given_event(arena, SOURCE_SYSCALL, rows[i].values);
        CHECK(condition_eval(condition, &event));
        event = given_event(arena, SOURCE_SYSCALL, "fd.num=i:7000000;fd.name=t:/a/b;proc.name=t:y");
        CHECK(!condition_eval(condition, &event));
        CHECK(seconds() - begin < 20); /* a hang, not a measure */
    }
}

static void compiles_deep_conditions(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(1 << 16);
    scoped(buf_done) struct buf text = {0};

    for (int i = 0; i < AST_DEPTH_MAX; i++)
        buf_str(&text, i % 2 == 0 ? "(fd.num = 1 or " : "(fd.num = 3 and ");
    buf_str(&text, "fd.num > 2");
    for (int i = 0; i < AST_DEPTH_MAX; i++)
        buf_char(&text, ')');
    scoped(condition_free) struct condition *condition =
        compile(arena, SOURCE_SYSCALL, buf_cstr(&text));
    struct event event = given_event(arena, SOURCE_SYSCALL, "fd.num=i:3");
    CHECK(condition_eval(condition, &event));
    event = given_event(arena, SOURCE_SYSCALL, "fd.num=i:2");
    CHECK(!condition_eval(condition, &event));
}

/* Whatever allocation is the one that fails: an error, no crash, nothing left behind. */
static void survives_every_full_arena(void **state)
{
    static const char text[] =
        "(evt.type in (open, openat) or fd.name regex anyof ('a+', 'b+')) and not fd.snet in "
        "(10.0.0.0/8) and fd.name pmatch (/etc, /usr/*/lib) and fd.num in (1, 2) and "
        "evt.buffer bcontains cafe and join(',', (proc.name, 'x')) != tolower(proc.exe) and "
        "getopt(fd.types, 'ab')[a] = x and proc.name = val(proc.pname) and proc.env[\"A B\"] = y";
    size_t limit = 0;
    int rc = -E2BIG;

    for (; rc == -E2BIG && limit < (1 << 20); limit += 16) {
        scoped(arena_free) struct arena *arena = arena_new(256);
        scoped(condition_free) struct condition *condition = NULL;
        struct resolve_names names = {0};
        struct parse_problem problem = {0};
        struct ast_node *parsed = NULL;
        struct ast_node *node = NULL;

        arena_limit(arena, limit);
        rc = parse_condition(sv(text), arena, &parsed, &problem);
        if (rc == 0)
            rc = resolve_condition(parsed, &names, arena, &node, &problem);
        if (rc == 0)
            rc = condition_compile(node, SOURCE_SYSCALL, arena, &condition, &problem);
        CHECK(rc == 0 || rc == -E2BIG);
        CHECK_INT(problem.message[0] != '\0', rc < 0);
    }
    CHECK_INT(rc, 0);
    CHECK(limit > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),
        cmocka_unit_test(compares_many),
        cmocka_unit_test(joins_logic),
        cmocka_unit_test(logic_agrees_with_truth_table),
        cmocka_unit_test(refuses),
        cmocka_unit_test(takes_ports_by_name),
        cmocka_unit_test(tests_types_of_real_events),
        cmocka_unit_test(finds_event_types),
        cmocka_unit_test(finds_unsafe_na),
        cmocka_unit_test(explains),
        cmocka_unit_test(explains_at_most_so_much),
        cmocka_unit_test(bounds_regex),
        cmocka_unit_test(compiles_big_conditions),
        cmocka_unit_test(compiles_deep_conditions),
        cmocka_unit_test(survives_every_full_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
