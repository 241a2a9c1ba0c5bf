/* Parameters of events as text, the way evt.args and evt.arg[...] show them.
 *
 * A parameter is a number or a text, and many have words besides: the names of flags, of an errno,
 * of the process behind a pid, of the file behind a descriptor. evt.args shows both, "2(O_WRONLY)",
 * evt.arg[...] the words where there are some. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "event/event.h"

enum { RESTART_FIRST = 512, RESTART_LAST = 516, TIME_TEXT_MAX = 64 };

static const struct sv not_known = {"<NA>", 4};

/* Numbers that the kernel keeps to itself but tracing sees: the call will be made again. */
static const char *const restart_names[] = {
    "ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ENOIOCTLCMD", "ERESTART_RESTARTBLOCK",
};

static const char *errno_name(uint64_t number)
{
    if (number == EOPNOTSUPP)
        return "EOPNOTSUPP"; /* not its other name, ENOTSUP */
    if (number >= RESTART_FIRST && number <= RESTART_LAST)
        return restart_names[number - RESTART_FIRST];
    return number > 0 && number < RESTART_FIRST ? strerrorname_np((int)number) : NULL;
}

void event_errno_print(struct buf *out, uint64_t number)
{
    const char *name = errno_name(number);

    if (name != NULL)
        buf_str(out, name);
    else
        buf_u64(out, number);
}

static int64_t number_of(const struct value *value)
{
    return value->kind == VALUE_TRUTH ? value->truth : value->i64;
}

static bool is_number(const struct value *value)
{
    return value->kind == VALUE_UNSIGNED || value->kind == VALUE_SIGNED ||
           value->kind == VALUE_TRUTH;
}

static void print_octal(struct buf *out, uint64_t number)
{
    buf_printf(out, "%s%llo", number == 0 ? "" : "0", (unsigned long long)number);
}

static void print_bytes(struct buf *out, struct sv bytes)
{
    if (bytes.len == 0)
        buf_str(out, "NULL");
    for (size_t i = 0; i < bytes.len; i++)
        buf_char(out, bytes.ptr[i] >= ' ' && bytes.ptr[i] <= '~' ? bytes.ptr[i] : '.');
}

static void print_time(struct buf *out, uint64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / CLOCK_NS);
    char text[TIME_TEXT_MAX] = "";
    struct tm tm;

    if (localtime_r(&seconds, &tm) != NULL)
        (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
    buf_printf(out, "%s.%09u", text, (unsigned)(wall_ns % CLOCK_NS));
}

static void words_flags(struct buf *out, const struct event_flag *flag, uint64_t bits)
{
    const char *between = "";
    uint64_t all = bits;

    for (; flag != NULL && flag->name != NULL; flag++) {
        bool set = flag->value == 0 ? all == 0 : (bits & flag->value) == flag->value;
        if (!set)
            continue;
        buf_str(out, between);
        buf_str(out, flag->name);
        bits &= ~flag->value;
        between = "|";
    }
}

static void words_enum(struct buf *out, const struct event_flag *flag, uint64_t number)
{
    const char *between = "";

    for (; flag != NULL && flag->name != NULL; flag++) {
        if (flag->value != number)
            continue;
        buf_str(out, between);
        buf_str(out, flag->name);
        between = "|";
    }
}

static void words_errno(struct buf *out, int64_t number)
{
    const char *name = number < 0 ? errno_name(0 - (uint64_t)number) : NULL;

    if (name != NULL)
        buf_str(out, name);
}

/* The letter that outputs have for a type of descriptor; two types share one. */
static char type_letter(char type)
{
    return type == 'U' ? 'u' : type;
}

static char protocol_letter(uint8_t protocol)
{
    switch (protocol) {
    case IPPROTO_TCP:
        return 't';
    case IPPROTO_UDP:
        return 'u';
    case IPPROTO_ICMP:
        return 'i';
    case IPPROTO_RAW:
        return 'r';
    default:
        return 0;
    }
}

/* The descriptor of that number, as far as the event knows; false: not known. */
static bool find_fd(const struct event *event, int64_t number, struct event_fd *out)
{
    if (event->names != NULL)
        return event->names->fd(event, number, out);
    *out = event->fd;
    return out->known && out->num == number && out->type != 0;
}

static void words_fd(struct buf *out, const struct event *event, int64_t number)
{
    struct event_fd fd;

    if (number == AT_FDCWD) {
        buf_str(out, "AT_FDCWD");
        return;
    }
    if (number < 0) {
        words_errno(out, number);
        return;
    }
    if (!find_fd(event, number, &fd))
        return;
    char protocol = fd.type == '4' || fd.type == '6' ? protocol_letter(fd.l4_protocol) : (char)0;
    buf_char(out, '<');
    buf_char(out, type_letter(fd.type));
    if (protocol != 0)
        buf_char(out, protocol);
    buf_char(out, '>');
    buf_sv(out, fd.name);
}

/* A poll's descriptors: count, then number and events of each. "3:u1 4:p0" */
static void print_fds(struct buf *out, const struct event *event, struct sv list)
{
    enum { ENTRY = sizeof(int64_t) + sizeof(int16_t) };
    uint16_t count = 0;

    if (event->names == NULL || list.len < sizeof(count)) {
        buf_sv(out, list);
        return;
    }
    memcpy(&count, list.ptr, sizeof(count));
    list = sv_sub(list, sizeof(count), list.len);
    for (; count > 0 && list.len >= ENTRY; count--, list = sv_sub(list, ENTRY, list.len)) {
        int64_t number;
        int16_t events;
        struct event_fd fd;
        memcpy(&number, list.ptr, sizeof(number));
        memcpy(&events, list.ptr + sizeof(number), sizeof(events));
        bool known = find_fd(event, number, &fd);
        buf_printf(out, "%llu:%c%x%s", (unsigned long long)number,
                   known ? type_letter(fd.type) : '?', (unsigned)events, count > 1 ? " " : "");
    }
}

/* Names of the signals of a set. */
static void print_signals(struct buf *out, uint64_t set)
{
    const char *between = "";

    for (int number = 1; number <= 32; number++) {
        const char *name = ((set >> (number - 1)) & 1) != 0 ? sigabbrev_np(number) : NULL;
        if (name == NULL)
            continue;
        buf_printf(out, "%sSIG%s", between, name);
        between = " ";
    }
}

/* The value itself. */
/* Falco shows decimal numbers with a sign, whether they have one or not. */
static void print_decimal(struct buf *out, enum value_type type, const struct value *value)
{
    switch (type) {
    case VALUE_UINT8:
        buf_i64(out, (int8_t)value->u64);
        break;
    case VALUE_UINT16:
        buf_i64(out, (int16_t)value->u64);
        break;
    case VALUE_UINT32:
        buf_i64(out, (int32_t)value->u64);
        break;
    default:
        buf_i64(out, value->i64);
        break;
    }
}

static void print_plain(struct buf *out, const struct event *event, const struct event_param *param,
                        const struct value *value)
{
    enum event_form form = param->form;

    if (!is_number(value)) {
        if (form == FORM_BYTES || param->value == VALUE_DYNAMIC)
            print_bytes(out, value->text);
        else if (form == FORM_FDS)
            print_fds(out, event, value->text);
        else
            value_print(out, VALUE_CHARBUF, value);
        return;
    }
    switch (form) {
    case FORM_HEX:
        buf_printf(out, "%llX", (unsigned long long)number_of(value));
        break;
    case FORM_OCTAL:
    case FORM_MODE:
        print_octal(out, (uint64_t)number_of(value));
        break;
    case FORM_TIME:
        print_time(out, (uint64_t)number_of(value));
        break;
    case FORM_UID:
    case FORM_GID:
        buf_i64(out, number_of(value) == UINT32_MAX ? -1 : number_of(value));
        break;
    case FORM_DECIMAL:
        print_decimal(out, param->value, value);
        break;
    case FORM_SIGNALS:
        print_signals(out, (uint64_t)number_of(value));
        break;
    case FORM_DURATION:
        if (value->u64 == UINT64_MAX)
            buf_str(out, "none");
        else
            buf_u64(out, value->u64);
        break;
    default:
        value_print(out, VALUE_CHARBUF, value);
        break;
    }
}

static void words_pid(struct buf *out, const struct event *event, int64_t number)
{
    const struct process *process = event->process;
    const struct process *near[] = {
        process,
        process == NULL ? NULL : process->parent,
        process == NULL ? NULL : process->group_leader,
        process == NULL ? NULL : process->session_leader,
    };

    if (event->names != NULL) {
        buf_sv(out, event->names->process(event, number));
        return;
    }
    if (number < 0) {
        words_errno(out, number);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(near); i++) {
        if (near[i] != NULL && near[i]->pid == number) {
            buf_sv(out, near[i]->name);
            return;
        }
    }
}

static void words_uid(struct buf *out, const struct event *event, int64_t number)
{
    const struct process *process = event->process;
    struct sv named = {NULL, 0};
    const struct user *user = process == NULL ? NULL : process->user;
    const struct user *login = process == NULL ? NULL : process->login_user;

    if (event->names != NULL && number != UINT32_MAX) {
        named = event->names->user(event, (uint32_t)number);
        buf_sv(out, named.len > 0 ? named : not_known);
        return;
    }
    if (number == UINT32_MAX)
        buf_str(out, "<NONE>");
    else if (user != NULL && user->uid == number && user->name.len > 0)
        buf_sv(out, user->name);
    else if (login != NULL && login->uid == number && login->name.len > 0)
        buf_sv(out, login->name);
    else
        buf_sv(out, not_known);
}

static void words_gid(struct buf *out, const struct event *event, int64_t number)
{
    const struct process *process = event->process;
    struct sv named = {NULL, 0};
    const struct group *group = process == NULL ? NULL : process->group;

    if (event->names != NULL && number != UINT32_MAX) {
        named = event->names->group(event, (uint32_t)number);
        buf_sv(out, named.len > 0 ? named : not_known);
        return;
    }
    if (number == UINT32_MAX)
        buf_str(out, "<NONE>");
    else if (group != NULL && group->gid == number && group->name.len > 0)
        buf_sv(out, group->name);
    else
        buf_sv(out, not_known);
}

static void words_signal(struct buf *out, int64_t number)
{
    const char *name = number > 0 && number < _NSIG ? sigabbrev_np((int)number) : NULL;

    if (name != NULL)
        buf_printf(out, "SIG%s", name);
}

/* The same text, not one that reads alike. */
static bool is_raw(struct sv raw, struct sv text)
{
    return raw.len > 0 && raw.ptr == text.ptr;
}

/* The descriptor that a relative path starts from: the parameter before it. */
static int64_t base_of(const struct event *event, const struct event_param *param)
{
    const struct event_type_info *info = event_type_info(event->type);
    size_t index = (size_t)(param - info->param);

    for (; index > 0 && strcmp(param->type, "FSRELPATH") == 0; index--) {
        const struct value *value = &event->arg[index - 1];
        if (info->param[index - 1].form == FORM_FD)
            return value->kind == VALUE_ABSENT ? AT_FDCWD : number_of(value);
    }
    return AT_FDCWD;
}

/* The resolved path, where the parameter is a relative one; else nothing. */
static struct sv words_path(const struct event *event, const struct event_param *param,
                            struct sv raw)
{
    struct sv name = sv(param->name);

    if (raw.len == 0 || raw.ptr[0] == '/' || raw.ptr[0] == '<')
        return (struct sv){NULL, 0};
    if (event->names != NULL)
        return event->names->path(event, base_of(event, param), raw);
    if (sv_starts(name, SV("old")))
        return is_raw(event->path_target_raw, raw) ? event->path_target : event->path_source;
    if (sv_starts(name, SV("new")))
        return is_raw(event->path_source_raw, raw) ? event->path_source : event->path_target;
    if (is_raw(event->path_source_raw, raw))
        return event->path_source;
    return is_raw(event->path_target_raw, raw) ? event->path_target : event->path;
}

/* The words for the value, nothing where it has none. */
static void print_words(struct buf *out, const struct event *event, const struct event_param *param,
                        const struct value *value)
{
    int64_t number = number_of(value);

    if (param->form == FORM_PATH && value->kind == VALUE_TEXT)
        buf_sv(out, words_path(event, param, value->text));
    if (!is_number(value))
        return;
    switch (param->form) {
    case FORM_FD:
        words_fd(out, event, number);
        break;
    case FORM_ERRNO:
        words_errno(out, number);
        break;
    case FORM_PID:
        words_pid(out, event, number);
        break;
    case FORM_UID:
        words_uid(out, event, number);
        break;
    case FORM_GID:
        words_gid(out, event, number);
        break;
    case FORM_SIGNAL:
        words_signal(out, number);
        break;
    case FORM_FLAGS:
    case FORM_MODE:
        words_flags(out, param->flag, (uint64_t)number);
        break;
    case FORM_ENUM:
        words_enum(out, param->flag, (uint64_t)number);
        break;
    case FORM_DURATION:
        if (number != -1)
            buf_printf(out, "%gs", (double)number / (double)CLOCK_NS);
        break;
    default:
        break;
    }
}

static const struct value *argument(const struct event *event, uint32_t index)
{
    static const struct value absent = {.kind = VALUE_ABSENT};

    return index < event->arg_count && index < EVENT_ARGS_MAX ? &event->arg[index] : &absent;
}

static bool is_null_when_absent(const struct event_param *param)
{
    return param->form == FORM_BYTES || param->form == FORM_FDS || param->value == VALUE_DYNAMIC ||
           (param->form == FORM_SOCKET && strcmp(param->type, "SOCKTUPLE") == 0);
}

void event_param_print(struct buf *out, const struct event *event, uint32_t index)
{
    const struct event_param *param = &event_type_info(event->type)->param[index];
    const struct value *value = argument(event, index);

    if (value->kind == VALUE_ABSENT) {
        if (is_null_when_absent(param))
            buf_str(out, "NULL");
        else
            buf_sv(out, not_known);
        return;
    }
    print_plain(out, event, param, value);
    size_t before = out->len;
    buf_char(out, '(');
    print_words(out, event, param, value);
    if (out->len > before + 1)
        buf_char(out, ')');
    else if (out->error == 0)
        out->ptr[out->len = before] = '\0';
}

bool event_param_path(const struct event *event, uint32_t index, struct sv *out)
{
    const struct event_param *param = &event_type_info(event->type)->param[index];
    const struct value *value = argument(event, index);

    if (value->kind != VALUE_TEXT || param->form != FORM_PATH || param->value == VALUE_DYNAMIC)
        return false;
    struct sv words = words_path(event, param, value->text);
    *out = words.len > 0 ? words : value->text;
    return true;
}

bool event_param_text(struct buf *out, const struct event *event, uint32_t index)
{
    const struct event_param *param = &event_type_info(event->type)->param[index];
    const struct value *value = argument(event, index);
    size_t before = out->len;

    if (value->kind == VALUE_ABSENT)
        return false;
    print_words(out, event, param, value);
    if (out->len == before)
        print_plain(out, event, param, value);
    return true;
}
