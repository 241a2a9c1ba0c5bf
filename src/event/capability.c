/* Names are kept as JSON has them, and all take the same room, so that one is copied without
 * looking at its length. */
#include "event/capability.h"

enum { NAME_ROOM = 31 };

struct name {
    char text[NAME_ROOM]; /* a quote, the name, a quote and a comma */
    uint8_t len;
};

_Static_assert(sizeof(struct name) * (CAPABILITY_COUNT + 1) == CAPABILITY_JSON_MAX, "room for all");

#define NAME(name)                                                                                 \
    {                                                                                              \
        "\"CAP_" name "\",", sizeof("\"CAP_" name "\",") - 1                                       \
    }
static const struct name names[CAPABILITY_COUNT] = {
    NAME("CHOWN"),
    NAME("DAC_OVERRIDE"),
    NAME("DAC_READ_SEARCH"),
    NAME("FOWNER"),
    NAME("FSETID"),
    NAME("KILL"),
    NAME("SETGID"),
    NAME("SETUID"),
    NAME("SETPCAP"),
    NAME("LINUX_IMMUTABLE"),
    NAME("NET_BIND_SERVICE"),
    NAME("NET_BROADCAST"),
    NAME("NET_ADMIN"),
    NAME("NET_RAW"),
    NAME("IPC_LOCK"),
    NAME("IPC_OWNER"),
    NAME("SYS_MODULE"),
    NAME("SYS_RAWIO"),
    NAME("SYS_CHROOT"),
    NAME("SYS_PTRACE"),
    NAME("SYS_PACCT"),
    NAME("SYS_ADMIN"),
    NAME("SYS_BOOT"),
    NAME("SYS_NICE"),
    NAME("SYS_RESOURCE"),
    NAME("SYS_TIME"),
    NAME("SYS_TTY_CONFIG"),
    NAME("MKNOD"),
    NAME("LEASE"),
    NAME("AUDIT_WRITE"),
    NAME("AUDIT_CONTROL"),
    NAME("SETFCAP"),
    NAME("MAC_OVERRIDE"),
    NAME("MAC_ADMIN"),
    NAME("SYSLOG"),
    NAME("WAKE_ALARM"),
    NAME("BLOCK_SUSPEND"),
    NAME("AUDIT_READ"),
    NAME("PERFMON"),
    NAME("BPF"),
    NAME("CHECKPOINT_RESTORE"),
};
#undef NAME

struct sv capability_name(uint32_t number)
{
    if (number >= CAPABILITY_COUNT)
        return (struct sv){NULL, 0};
    return (struct sv){names[number].text + 1, names[number].len - 3u};
}

uint64_t capability_bit(struct sv name)
{
    for (uint32_t i = 0; i < CAPABILITY_COUNT; i++) {
        if (sv_eq_nocase(name, capability_name(i)))
            return 1ULL << i;
    }
    return 0;
}

struct sv capability_json(uint64_t set, char room[CAPABILITY_JSON_MAX])
{
    char *to = room;

    *to++ = '[';
    for (uint32_t i = 0; i < CAPABILITY_COUNT; i++) {
        if (((set >> i) & 1) == 0)
            continue;
        memcpy(to, names[i].text, NAME_ROOM);
        to += names[i].len;
    }
    to -= to > room + 1; /* the last comma */
    *to++ = ']';
    return (struct sv){room, (size_t)(to - room)};
}
