#include "event/capability.h"

#include "tests/unit/test.h"

static void names_and_bits(void **state)
{
    static const struct {
        const char *name;
        int number; /* -1: none */
    } rows[] = {
        {"CAP_CHOWN", 0},
        {"cap_chown", 0},
        {"CAP_AUDIT_READ", 37},
        {"CAP_CHECKPOINT_RESTORE", 40},
        {"CHOWN", -1},
        {"CAP_CHOWNX", -1},
        {"", -1},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].name);
        CHECK_INT(capability_bit(sv(rows[i].name)),
                  rows[i].number < 0 ? 0 : 1ULL << rows[i].number);
    }
    for (uint32_t i = 0; i < CAPABILITY_COUNT; i++)
        CHECK_INT(capability_bit(capability_name(i)), 1ULL << i);
    CHECK_INT(capability_name(CAPABILITY_COUNT).len, 0);
    CHECK_INT(capability_name(UINT32_MAX).len, 0);
}

static void sets_as_json(void **state)
{
    static const struct {
        const char *row;
        uint64_t set;
        const char *json;
    } rows[] = {
        {"none", 0, "[]"},
        {"first", 1, "[\"CAP_CHOWN\"]"},
        {"longest and last", 1ULL << 40, "[\"CAP_CHECKPOINT_RESTORE\"]"},
        {"several", 1 | 1 << 5 | 1ULL << 39, "[\"CAP_CHOWN\",\"CAP_KILL\",\"CAP_BPF\"]"},
        {"unknown ones", 3ULL << 62, "[]"},
    };
    char room[CAPABILITY_JSON_MAX];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].row);
        CHECK_SV(capability_json(rows[i].set, room), sv(rows[i].json));
    }
    test_row("all");
    struct sv all = capability_json(UINT64_MAX, room);
    CHECK_INT(sv_count(all, ','), CAPABILITY_COUNT - 1);
    CHECK(sv_ends(all, sv("\"CAP_CHECKPOINT_RESTORE\"]")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_bits),
        cmocka_unit_test(sets_as_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
