#include "decode/path.h"

#include "base/arena.h"
#include "tests/unit/test.h"

static void joined(void **state)
{
    static const struct {
        const char *base, *path, *joined;
    } rows[] = {
        {"/var/tmp", "x", "/var/tmp/x"},
        {"/var/tmp", "./x/", "/var/tmp/x"},
        {"/var/tmp", "../x", "/var/x"},
        {"/var/tmp", "../../../../x", "/x"},
        {"/var/tmp", "..", "/var"},
        {"/var/tmp", ".", "/var/tmp"},
        {"/var/tmp", "/etc/passwd", "/etc/passwd"},
        {"/var/tmp", "/etc//./pam.d/../passwd/", "/etc/passwd"},
        {"/var/tmp", "", "/var/tmp"},
        {"/var/tmp", "...", "/var/tmp/..."},
        {"/var/tmp", "..x/.y", "/var/tmp/..x/.y"},
        {"/", "x", "/x"},
        {"/", ".", "/"},
        {"/", "/", "/"},
        {"/", "//", "/"},
        {"/", "/..", "/"},
        {"/a/./b//", "c", "/a/b/c"},
        {"", "/x/", "/x"},
        {"", "x/../y", "x/../y"},
        {"", "", ""},
        {"relative", "x", "x"},
    };
    scoped(arena_free) struct arena *arena = arena_new(4096);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].path);
        CHECK_SV(path_join(arena, sv(rows[i].base), sv(rows[i].path)), sv(rows[i].joined));
    }
}

static void any_bytes(void **state)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);

    CHECK_SV(path_join(arena, SV("/a"), SV("b\0c/\xff\n")), SV("/a/b\0c/\xff\n"));
    CHECK_SV(path_join(arena, (struct sv){NULL, 0}, (struct sv){NULL, 0}), SV(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joined),
        cmocka_unit_test(any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
