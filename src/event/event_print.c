/* Parameters of events as text, the way evt.args and evt.arg[...] show them.
 *
 * A parameter is a number or a text, and many have words besides: the names of flags, of an errno,
 * of the process behind a pid, of the file behind a descriptor. evt.args shows both, "2(O_WRONLY)",
 * evt.arg[...] the words where there are some. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
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

/* The value itself. */
static void print_plain(struct buf *out, enum event_form form, const struct value *value)
{
    if (!is_number(value)) {
        if (form == FORM_BYTES)
            print_bytes(out, value->text);
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
    default:
        value_print(out, VALUE_CHARBUF, value);
        break;
    }
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

static void words_fd(struct buf *out, const struct event *event, int64_t number)
{
    const struct event_fd *fd = &event->fd;

    if (number == AT_FDCWD) {
        buf_str(out, "AT_FDCWD");
        return;
    }
    if (number < 0) {
        words_errno(out, number);
        return;
    }
    if (!fd->known || fd->num != number || fd->type == 0)
        return;
    buf_char(out, '<');
    buf_char(out, fd->type);
    if (fd->type == '4' || fd->type == '6') {
        if (fd->l4_protocol == IPPROTO_TCP)
            buf_char(out, 't');
        else if (fd->l4_protocol == IPPROTO_UDP)
            buf_char(out, 'u');
    }
    buf_char(out, '>');
    buf_sv(out, fd->name);
}

static void words_pid(struct buf *out, const struct process *process, int64_t number)
{
    const struct process *near[] = {
        process,
        process == NULL ? NULL : process->parent,
        process == NULL ? NULL : process->group_leader,
        process == NULL ? NULL : process->session_leader,
    };

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

static void words_uid(struct buf *out, const struct process *process, int64_t number)
{
    const struct user *user = process == NULL ? NULL : process->user;
    const struct user *login = process == NULL ? NULL : process->login_user;

    if (number == UINT32_MAX)
        buf_str(out, "<NONE>");
    else if (user != NULL && user->uid == number && user->name.len > 0)
        buf_sv(out, user->name);
    else if (login != NULL && login->uid == number && login->name.len > 0)
        buf_sv(out, login->name);
    else
        buf_sv(out, not_known);
}

static void words_gid(struct buf *out, const struct process *process, int64_t number)
{
    const struct group *group = process == NULL ? NULL : process->group;

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

/* The resolved path, where the parameter is a relative one. */
static void words_path(struct buf *out, const struct event *event, const char *param, struct sv raw)
{
    struct sv name = sv(param);
    struct sv path = event->path;

    if (sv_starts(name, SV("old")))
        path = is_raw(event->path_target_raw, raw) ? event->path_target : event->path_source;
    else if (sv_starts(name, SV("new")))
        path = is_raw(event->path_source_raw, raw) ? event->path_source : event->path_target;
    else if (is_raw(event->path_source_raw, raw))
        path = event->path_source;
    else if (is_raw(event->path_target_raw, raw))
        path = event->path_target;
    if (raw.len > 0 && raw.ptr[0] != '/' && raw.ptr[0] != '<')
        buf_sv(out, path);
}

/* The words for the value, nothing where it has none. */
static void print_words(struct buf *out, const struct event *event, const struct event_param *param,
                        const struct value *value)
{
    int64_t number = number_of(value);

    if (param->form == FORM_PATH && value->kind == VALUE_TEXT)
        words_path(out, event, param->name, value->text);
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
        words_pid(out, event->process, number);
        break;
    case FORM_UID:
        words_uid(out, event->process, number);
        break;
    case FORM_GID:
        words_gid(out, event->process, number);
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

void event_param_print(struct buf *out, const struct event *event, uint32_t index)
{
    const struct event_param *param = &event_type_info(event->type)->param[index];
    const struct value *value = argument(event, index);

    if (value->kind == VALUE_ABSENT) {
        if (param->form == FORM_BYTES || param->form == FORM_SOCKET)
            buf_str(out, "NULL");
        else
            buf_sv(out, not_known);
        return;
    }
    print_plain(out, param->form, value);
    size_t before = out->len;
    buf_char(out, '(');
    print_words(out, event, param, value);
    if (out->len > before + 1)
        buf_char(out, ')');
    else if (out->error == 0)
        out->ptr[out->len = before] = '\0';
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
        print_plain(out, param->form, value);
    return true;
}
