/* Numbers keep their form: how they are shown is the event table's. Addresses become text. */
#include "decode/scap_value.h"

#include <signal.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "event/event_type.h"
#include "event/recorded_address.h"

enum { ADDRESS_TEXT_MAX = 512 };

static const struct value absent = {.kind = VALUE_ABSENT};

static uint64_t unsigned_of(struct sv raw)
{
    uint64_t number = 0;

    memcpy(&number, raw.ptr, raw.len);
    return number;
}

static int64_t signed_of(struct sv raw)
{
    unsigned shift = 64 - 8 * (unsigned)raw.len;

    return (int64_t)(unsigned_of(raw) << shift) >> shift;
}

static struct value text_value(struct sv raw)
{
    return value_sv((struct sv){raw.ptr, strnlen(raw.ptr, raw.len)});
}

typedef bool (*print_fn)(struct buf *out, struct sv raw);

static struct value printed(print_fn print, struct sv raw, struct arena *scratch)
{
    scoped(buf_done) struct buf text = {.limit = ADDRESS_TEXT_MAX};

    return print(&text, raw) && text.error == 0 ? value_sv(arena_sv(scratch, buf_view(&text)))
                                                : absent;
}

/* What the first byte of a parameter of several types stands for, by event. */
enum dynamic {
    DYNAMIC_NONE,
    DYNAMIC_BYTES,
    DYNAMIC_TEXT,
    DYNAMIC_SIGNED,
    DYNAMIC_UNSIGNED,
    DYNAMIC_HEX,
    DYNAMIC_SIGNAL,
    DYNAMIC_ERRNO,
    DYNAMIC_DURATION,
};

#define DYNAMIC_KINDS 5
static const struct {
    const char *event;
    enum dynamic kind[DYNAMIC_KINDS];
} dynamics[] = {
    {"setsockopt",
     {DYNAMIC_BYTES, DYNAMIC_ERRNO, DYNAMIC_UNSIGNED, DYNAMIC_UNSIGNED, DYNAMIC_DURATION}},
    {"getsockopt",
     {DYNAMIC_BYTES, DYNAMIC_ERRNO, DYNAMIC_UNSIGNED, DYNAMIC_UNSIGNED, DYNAMIC_DURATION}},
    {"ptrace", {DYNAMIC_HEX, DYNAMIC_SIGNAL}},
    {"bpf", {DYNAMIC_SIGNED, DYNAMIC_SIGNED}},
    {"keyctl", {DYNAMIC_SIGNED, DYNAMIC_TEXT}},
};

static enum dynamic dynamic_kind(enum event_type event, uint8_t which)
{
    const char *name = event_type_info(event)->name;

    for (size_t i = 0; i < ARRAY_LEN(dynamics) && which < DYNAMIC_KINDS; i++) {
        if (strcmp(dynamics[i].event, name) == 0)
            return dynamics[i].kind[which];
    }
    return DYNAMIC_NONE;
}

static struct value signal_value(uint64_t number, struct arena *scratch)
{
    const char *name = number > 0 && number < _NSIG ? sigabbrev_np((int)number) : NULL;

    if (name == NULL)
        return value_u64(number);
    return value_sv(arena_printf(scratch, "%u(SIG%s)", (unsigned)number, name));
}

static struct value errno_value(int64_t number, struct arena *scratch)
{
    scoped(buf_done) struct buf name = {.limit = ADDRESS_TEXT_MAX};

    if (number >= 0)
        return value_i64(number);
    event_errno_print(&name, 0 - (uint64_t)number);
    return value_sv(arena_printf(scratch, "%lld(%s)", (long long)number, buf_cstr(&name)));
}

static struct value duration_value(uint64_t ns, struct arena *scratch)
{
    return value_sv(arena_printf(scratch, "%llu(%gs)", (unsigned long long)ns, (double)ns / 1e9));
}

static struct value dynamic_value(enum event_type event, struct sv raw, struct arena *scratch)
{
    enum dynamic kind = dynamic_kind(event, (uint8_t)raw.ptr[0]);
    struct sv rest = sv_sub(raw, 1, raw.len);

    if (kind == DYNAMIC_TEXT)
        return rest.len == 0 ? value_sv(SV("(null)")) : text_value(rest);
    if (kind == DYNAMIC_BYTES)
        return rest.len == 0 ? absent : value_sv(rest);
    if (kind == DYNAMIC_NONE || rest.len == 0 || rest.len > sizeof(uint64_t))
        return absent;
    if (kind == DYNAMIC_SIGNAL)
        return signal_value(unsigned_of(rest), scratch);
    if (kind == DYNAMIC_ERRNO)
        return errno_value(signed_of(rest), scratch);
    if (kind == DYNAMIC_DURATION)
        return duration_value(unsigned_of(rest), scratch);
    if (kind == DYNAMIC_HEX)
        return value_sv(arena_printf(scratch, "%llX", (unsigned long long)unsigned_of(rest)));
    return kind == DYNAMIC_SIGNED ? value_i64(signed_of(rest)) : value_u64(unsigned_of(rest));
}

static struct value number_value(enum scap_type type, struct sv raw)
{
    if (raw.len != scap_type_size(type) || raw.len > sizeof(uint64_t))
        return absent;
    switch (type) {
    case SCAP_INT16:
    case SCAP_INT32:
    case SCAP_INT64:
    case SCAP_ERRNO:
    case SCAP_FD:
    case SCAP_PID:
    case SCAP_FD32:
    case SCAP_PID32:
        return value_i64(signed_of(raw));
    default:
        return value_u64(unsigned_of(raw));
    }
}

struct value scap_value(enum event_type event, enum scap_type type, struct sv raw,
                        struct arena *scratch)
{
    if (raw.len == 0)
        return absent;
    switch (type) {
    case SCAP_CHARBUF:
    case SCAP_FSPATH:
    case SCAP_FSRELPATH:
        return text_value(raw);
    case SCAP_BYTEBUF:
    case SCAP_FDLIST: /* shown with the types of the descriptors: event_print.c */
        return value_sv(raw);
    case SCAP_SOCKADDR:
        return printed(recorded_address_print, raw, scratch);
    case SCAP_SOCKTUPLE:
        return printed(recorded_pair_print, raw, scratch);
    case SCAP_DYNAMIC:
        return dynamic_value(event, raw, scratch);
    default:
        return number_value(type, raw);
    }
}
