#include "made_pools.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"

enum { LONG_TEXT = 64 << 10 };

static const char *const words[] = {
    "a",
    "sh",
    "bash",
    "cat",
    "apt",
    "/",
    "/etc",
    "/etc/",
    "/etc/passwd",
    "/etc/shadow",
    "/usr/bin",
    "/usr/bin/bash",
    "/tmp/x",
    "passwd",
    "bin",
    "-c",
    "-lx",
    "1",
    "0",
    "80",
    "root",
    "nginx",
    "/proc/self",
    "ba",
    "/etc/passwd.bak",
    "etc",
    "s",
    "aaaa",
    "aaab",
    "true",
};
static const char *const odd_texts[] = {
    "",
    " ",
    "BASH",
    "Bash",
    "x y",
    "a,b",
    "(a)",
    "[ab]",
    "*",
    "a*b",
    "--",
    "<NA>",
    "YmFzaA==",
    "YmFzaA",
    "YmFzaB==",
    "=",
    "L2V0Yw==",
    "\xff\xfe",
    "b\xe4sh",
    "na\xc3\xafve",
    "\xc3",
    "\xe2\x82\xac",
    "a\nb",
    "\t",
    "\\",
    "\"",
    "'",
    "a\\",
    "\xef\xbf\xbd",
    "10.0.0.1",
    "tcp",
    "//etc//passwd",
    "/etc/../etc/passwd",
    "\x7f\x01",
    "-",
    "-c1",
    "-vc",
    "O_RDONLY",
    "?",
    "-1",
};
static const char *const addresses[] = {
    "10.0.0.1",        "10.0.0.2", "10.1.2.3", "127.0.0.1", "0.0.0.0",     "255.255.255.255",
    "192.168.1.77",    "::1",      "::",       "fe80::1",   "2001:db8::1", "::ffff:10.0.0.1",
    "2001:db8:8000::",
};
static const char *const networks[] = {
    "10.0.0.0/8",    "10.0.0.0/31",   "0.0.0.0/0", "10.0.0.1/32",
    "10.1.0.0/16",   "127.0.0.1/8",   "10.0.0.1",  "192.168.1.64/26",
    "::/0",          "::ffff:0:0/96", "fe80::/10", "2001:db8::/33",
    "2001:db8::/32", "::1/128",       "::1",       "::ffff:10.0.0.0/104",
};
static const uint64_t numbers[] = {
    0,
    1,
    2,
    3,
    22,
    80,
    443,
    1000,
    65535,
    65536,
    INT8_MAX,
    UINT8_MAX,
    INT16_MAX,
    INT32_MAX,
    (uint64_t)INT32_MAX + 1,
    UINT32_MAX,
    (uint64_t)UINT32_MAX + 1,
    INT64_MAX,
    (uint64_t)INT64_MAX + 1,
    UINT64_MAX,
    UINT64_MAX - 1,
    0x41,
    0755,
    64,
};

uint32_t made_pick(struct made *made, uint32_t count)
{
    return random_below(made->random, count);
}

bool made_chance(struct made *made, unsigned percent)
{
    return random_chance(made->random, percent);
}

struct sv made_keep(struct made *made, const struct buf *text)
{
    return arena_sv(made->arena, buf_view(text));
}

struct sv made_word(struct made *made)
{
    return sv(words[made_pick(made, ARRAY_LEN(words))]);
}

struct sv made_short_text(struct made *made)
{
    scoped(buf_done) struct buf text = {0};
    struct sv first = made_chance(made, 70) ? made_word(made)
                                            : sv(odd_texts[made_pick(made, ARRAY_LEN(odd_texts))]);
    uint32_t how = made_pick(made, 20);

    switch (how) {
    case 0:
        return sv_sub(first, 1, first.len);
    case 1:
        return sv_sub(first, 0, first.len / 2);
    case 2:
        buf_sv(&text, first);
        buf_sv(&text, made_word(made));
        return made_keep(made, &text);
    case 3:
        for (uint32_t i = made_pick(made, 40); i > 0; i--)
            buf_char(&text, (char)(1 + made_pick(made, 255)));
        return made_keep(made, &text);
    case 4:
        buf_sv(&text, made_word(made));
        buf_sv(&text, SV(" -c "));
        buf_sv(&text, first);
        return made_keep(made, &text);
    default:
        return first;
    }
}

struct sv made_text(struct made *made)
{
    return made_pick(made, 150) == 0 ? made->long_text[made_pick(made, ARRAY_LEN(made->long_text))]
                                     : made_short_text(made);
}

static unsigned bits_of(enum value_type type)
{
    switch (type) {
    case VALUE_UINT8:
    case VALUE_INT8:
        return 8;
    case VALUE_UINT16:
    case VALUE_INT16:
    case VALUE_PORT:
        return 16;
    case VALUE_UINT32:
    case VALUE_INT32:
        return 32;
    default:
        return 64;
    }
}

/* In the range of the type. */
struct value made_number(struct made *made, enum value_type type)
{
    uint64_t number = numbers[made_pick(made, ARRAY_LEN(numbers))];
    unsigned drop = 64 - bits_of(type);

    if (value_type_kind(type) == VALUE_SIGNED)
        return value_i64((int64_t)((made_chance(made, 25) ? -number : number) << drop) >> drop);
    return value_u64(number << drop >> drop);
}

const char *made_address(struct made *made)
{
    return addresses[made_pick(made, ARRAY_LEN(addresses))];
}

const char *made_network(struct made *made)
{
    return networks[made_pick(made, ARRAY_LEN(networks))];
}

struct value made_value(struct made *made, enum value_type type)
{
    struct value out = {0};

    switch (value_type_kind(type)) {
    case VALUE_UNSIGNED:
    case VALUE_SIGNED:
        return made_number(made, type);
    case VALUE_TRUTH:
        return value_bool(made_chance(made, 50));
    case VALUE_REAL:
        return (struct value){.kind = VALUE_REAL, .real = made_pick(made, 8) / 4.0};
    case VALUE_ADDRESS:
    case VALUE_NETWORK:
        if (!value_parse(VALUE_IPADDR, sv(made_address(made)), &out))
            abort();
        return out;
    default:
        break;
    }
    if (type == VALUE_DYNAMIC && made_chance(made, 60))
        return made_number(made, made_chance(made, 50) ? VALUE_UINT64 : VALUE_INT64);
    return value_sv(made_text(made));
}

static void fill_long_texts(struct made *made)
{
    static const char tail[] = "/etc/passwd";
    char *same = arena_alloc(made->arena, LONG_TEXT);
    char *any = arena_alloc(made->arena, LONG_TEXT);
    char *path = arena_alloc(made->arena, LONG_TEXT);

    for (size_t i = 0; i < LONG_TEXT; i++) {
        same[i] = 'a';
        any[i] = (char)(1 + made_pick(made, 255));
        path[i] = "/etc/bash"[i % 9];
    }
    memcpy(same + LONG_TEXT - sizeof(tail) + 1, tail, sizeof(tail) - 1);
    made->long_text[0] = (struct sv){same, LONG_TEXT};
    made->long_text[1] = (struct sv){any, LONG_TEXT};
    made->long_text[2] = (struct sv){path, LONG_TEXT};
}

/* ------------------------------------------------------------------------------ uses of fields */

static const char *const often[] = {
    "evt.type",
    "evt.type",
    "evt.type",
    "evt.type.is[openat]",
    "evt.type.is[execve]",
    "syscall.type",
    "evt.num",
    "evt.res",
    "evt.rawres",
    "evt.category",
    "evt.args",
    "evt.arg[0]",
    "evt.arg[flags]",
    "evt.arg[name]",
    "evt.rawarg[flags]",
    "evt.rawarg[fd]",
    "evt.rawarg[name]",
    "evt.is_open_write",
    "evt.failed",
    "evt.buffer",
    "evt.cpu",
    "evt.rawtime",
    "fd.name",
    "fd.name",
    "fd.num",
    "fd.type",
    "fd.typechar",
    "fd.directory",
    "fd.filename",
    "fd.ip",
    "fd.cip",
    "fd.sip",
    "fd.lip",
    "fd.port",
    "fd.sport",
    "fd.net",
    "fd.snet",
    "fd.cnet",
    "fd.l4proto",
    "fd.types",
    "proc.name",
    "proc.name",
    "proc.name",
    "proc.exe",
    "proc.exepath",
    "proc.cmdline",
    "proc.args",
    "proc.pname",
    "proc.aname",
    "proc.aname[2]",
    "proc.aname[3]",
    "proc.apid[1]",
    "proc.pid",
    "proc.vpid",
    "proc.tty",
    "proc.env[HOME]",
    "proc.env",
    "proc.is_exe_upper_layer",
    "proc.exe_ino",
    "proc.cwd",
    "proc.sid",
    "proc.duration",
    "user.name",
    "user.uid",
    "user.loginuid",
    "group.gid",
    "container.id",
    "container.name",
    "container.image.repository",
    "container.privileged",
    "k8s.ns.name",
    "k8s.pod.label[app]",
    "k8s.pod.name",
    "fs.path.name",
    "fs.path.source",
    "thread.cap_effective",
    "thread.tid",
    "proc.cmdnargs",
    "proc.fdusage",
};
static const char *const args[] = {"0",    "1",    "2",   "5",    "name",   "flags", "fd",
                                   "path", "HOME", "app", "/etc", "openat", "src"};

static void add_ref(struct made *made, const struct field_ref *ref)
{
    enum { REFS_MAX = 4096 };

    if (made->ref == NULL)
        made->ref = arena_array(made->arena, struct field_ref, REFS_MAX);
    assert(made->ref_count < REFS_MAX);
    made->ref[made->ref_count++] = *ref;
}

static void fill_refs(struct made *made)
{
    struct field_ref ref;

    for (size_t i = 0; i < ARRAY_LEN(often); i++) {
        if (field_ref_parse(sv(often[i]), &ref) == FIELD_REF_FINE)
            add_ref(made, &ref);
    }
    made->ref_often = made->ref_count;
    for (uint32_t i = 0; i < field_count(); i++) {
        if ((field_at(i)->sources & (1u << SOURCE_SYSCALL)) == 0)
            continue;
        if (field_ref_make(field_at(i), false, SV(""), &ref) == FIELD_REF_FINE)
            add_ref(made, &ref);
        for (size_t k = 0; k < ARRAY_LEN(args); k++) {
            if (field_ref_make(field_at(i), true, sv(args[k]), &ref) == FIELD_REF_FINE)
                add_ref(made, &ref);
        }
    }
}

void made_init(struct made *made, struct random *random, struct arena *arena)
{
    *made = (struct made){.random = random, .arena = arena};
    fill_long_texts(made);
    fill_refs(made);
}
