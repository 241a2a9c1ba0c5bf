/* passwd and group files, which a container may fill with anything. */
#include <assert.h>

#include "enrich/users.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t ids[] = {0, 1, 5, 1000, 65534, PROCESS_NO_UID};
    struct sv text = {(const char *)data, size};

    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct user user;
        struct group group;

        if (users_find_passwd(text, ids[i], &user)) {
            assert(user.uid == ids[i] && user.name.len > 0 && user.name.len <= USERS_NAME_MAX);
            assert(user.name.ptr >= text.ptr && user.name.ptr < text.ptr + size);
        }
        if (users_find_group(text, ids[i], &group))
            assert(group.gid == ids[i] && group.name.len > 0 && group.name.len <= USERS_NAME_MAX);
    }
    return 0;
}
