/* One function a kind of field, found by the field's name. A comparison of several constants is an
 * `or` of one match each, so in the lower reading those that cannot be said exactly are left out.
 */
#include "lang/kernel/filter_match.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>

#include "base/buf.h"
#include "event/event_flags.h"
#include "lang/vm/predicate.h"

enum {
    ERRNO_MAX = 133,
    KERNEL_O_LARGEFILE = 0100000, /* the library's is 0 where files are always large */
    SCAN_BYTES = 8,               /* of a needle that are looked for */
};

struct maker {
    struct filter_matches *out;
    const struct predicate *predicate;
    enum event_type type;
    bool lower;
    bool negated;
};

uint32_t filter_subjects_of(enum event_type type)
{
    enum {
        RESULT = 1u << FILTER_RESULT,
        MODE = 1u << FILTER_MODE,
        PATH = 1u << FILTER_PATH,
        FD = 1u << FILTER_FD_NUM | 1u << FILTER_FD_TYPE,
        ENDS = 1u << FILTER_LOCAL_PORT | 1u << FILTER_REMOTE_PORT | 1u << FILTER_LOCAL_IP |
               1u << FILTER_REMOTE_IP,
    };

    if (event_opens(type))
        return RESULT | MODE | PATH | FD | 1u << FILTER_OPEN_FLAGS | 1u << FILTER_FD_NAME |
               1u << FILTER_FD_NAME_RAW;
    switch (type) {
    case EVENT_CONNECT:
        return RESULT | FD | ENDS | 1u << FILTER_FD_L4;
    case EVENT_UNLINK:
    case EVENT_UNLINKAT:
    case EVENT_RMDIR:
    case EVENT_MKDIR:
    case EVENT_MKDIRAT:
        return RESULT | PATH;
    case EVENT_RENAME:
    case EVENT_RENAMEAT:
    case EVENT_RENAMEAT2:
        return RESULT | PATH | 1u << FILTER_PATH_SECOND;
    case EVENT_CHMOD:
    case EVENT_FCHMODAT:
    case EVENT_FCHMODAT2:
        return RESULT | PATH | MODE;
    case EVENT_FCHMOD:
        return RESULT | MODE;
    case EVENT_CLONE:
    case EVENT_CLONE3:
    case EVENT_FORK:
    case EVENT_VFORK:
    case EVENT_EXECVE:
    case EVENT_EXECVEAT:
        return RESULT;
    default:
        return type < EVENT_TYPE_NAMED && type != EVENT_PROCEXIT && type != EVENT_PLUGIN ? RESULT
                                                                                         : 0;
    }
}

/* Matches */

static bool add(struct maker *m, struct filter_match match)
{
    if (m->out->count == FILTER_MATCHES_MAX)
        return false;
    m->out->match[m->out->count++] = match;
    return true;
}

static bool add_number(struct maker *m, uint32_t subject, enum filter_kind kind, int64_t value,
                       uint64_t mask)
{
    struct filter_match match = {.kind = (uint8_t)kind, .subject = (uint8_t)subject};

    match.value[0] = (uint64_t)value;
    match.mask[0] = mask;
    return add(m, match);
}

static bool add_equal(struct maker *m, uint32_t subject, int64_t value)
{
    return add_number(m, subject, FILTER_MASK_EQ, value, UINT64_MAX);
}

/* In the lower reading what is not exact is left out, which is no failure. */
static bool add_bits(struct maker *m, uint32_t subject, uint64_t bits, bool exact)
{
    if (m->lower && !exact)
        return true;
    return add_number(m, subject, FILTER_MASK_ANY, 0, bits);
}

static bool integer_of(const struct value *value, int64_t *out)
{
    if (value->kind != VALUE_SIGNED && value->kind != VALUE_UNSIGNED)
        return false;
    if (value->kind == VALUE_UNSIGNED && value->u64 > INT64_MAX)
        return false;
    *out = value->i64;
    return *out != FILTER_ABSENT && *out != INT64_MAX;
}

static bool compare_number(struct maker *m, uint32_t subject)
{
    for (uint32_t i = 0; i < m->predicate->literal_count; i++) {
        int64_t value;
        bool fits = integer_of(&m->predicate->literal[i], &value);

        if (!fits)
            return false;
        switch (m->predicate->op) {
        case OP_EQ:
        case OP_NE:
        case OP_IN:
            if (!add_equal(m, subject, value))
                return false;
            break;
        case OP_LT:
            return value > FILTER_ABSENT + 1 &&
                   add_number(m, subject, FILTER_AT_MOST, value - 1, 0);
        case OP_LE:
            return add_number(m, subject, FILTER_AT_MOST, value, 0);
        case OP_GT:
            return add_number(m, subject, FILTER_AT_LEAST, value + 1, 0);
        case OP_GE:
            return add_number(m, subject, FILTER_AT_LEAST, value, 0);
        default:
            return false;
        }
    }
    return true;
}

static bool is_equality(const struct maker *m)
{
    enum ast_op op = m->predicate->op;

    return op == OP_EQ || op == OP_NE || op == OP_IN;
}

/* Texts */

/* `text` against the start (or the end) of the subject. */
static bool add_text(struct maker *m, uint32_t subject, enum filter_kind kind, struct sv text)
{
    bool end = kind == FILTER_ENDS_IN || kind == FILTER_FILE;
    size_t used = text.len < FILTER_ENDS ? text.len : FILTER_ENDS;
    size_t place = end ? FILTER_ENDS - used : 0;
    unsigned char value[FILTER_ENDS] = {0};
    unsigned char mask[FILTER_ENDS] = {0};
    struct filter_match match = {
        .kind = (uint8_t)kind, .subject = (uint8_t)subject, .len = (uint16_t)text.len};

    if (text.len > WIRE_PATH_MAX)
        return m->lower; /* no text is that long */
    if (m->lower && used < text.len)
        return true;
    if (used > 0) {
        memcpy(value + place, text.ptr + (end ? text.len - used : 0), used);
        memset(mask + place, 0xff, used);
    }
    memcpy(match.value, value, sizeof(value));
    memcpy(match.mask, mask, sizeof(mask));
    return add(m, match);
}

static bool add_contains(struct maker *m, uint32_t subject, struct sv text)
{
    size_t used = text.len < SCAN_BYTES ? text.len : SCAN_BYTES;
    struct filter_match match = {
        .kind = FILTER_CONTAINS, .subject = (uint8_t)subject, .len = (uint16_t)text.len};

    if (m->lower)
        return true;
    if (text.len == 0 || text.len > WIRE_PATH_MAX)
        return false;
    memcpy(match.value, text.ptr, used);
    memset(match.mask, 0xff, used);
    return add(m, match);
}

/* The part of a pattern that is the most telling: all patterns hold only where their plain parts
 * are. Patterns with sets or escapes are told by their start alone. */
static bool add_glob(struct maker *m, uint32_t subject, struct sv pattern)
{
    size_t start = 0;
    struct sv best;

    if (m->lower)
        return true;
    while (start < pattern.len && memchr("*?[]\\", pattern.ptr[start], 5) == NULL)
        start++;
    if (start == pattern.len)
        return add_text(m, subject, FILTER_IS, pattern);
    best = sv_sub(pattern, 0, start);
    if (memchr(pattern.ptr, '[', pattern.len) != NULL ||
        memchr(pattern.ptr, '\\', pattern.len) != NULL)
        return add_text(m, subject, FILTER_STARTS, best);

    enum filter_kind kind = FILTER_STARTS;
    size_t from = start;
    for (size_t at = start; at <= pattern.len; at++) {
        bool last = at == pattern.len;
        if (!last && pattern.ptr[at] != '*' && pattern.ptr[at] != '?')
            continue;
        struct sv part = sv_sub(pattern, from, at - from);
        if (part.len > 0 && part.len >= best.len) {
            best = part;
            kind = last ? FILTER_ENDS_IN : FILTER_CONTAINS;
        }
        from = at + 1;
    }
    return kind == FILTER_CONTAINS ? add_contains(m, subject, best)
                                   : add_text(m, subject, kind, best);
}

/* A member of pmatch, with a '/' before each component. */
static bool add_below(struct maker *m, uint32_t subject, struct sv member)
{
    scoped(buf_done) struct buf path = {0};
    bool pattern = false;

    while (member.len > 0 && !pattern) {
        struct sv part = sv_split(&member, '/');
        if (part.len == 0)
            continue;
        buf_char(&path, '/');
        for (size_t i = 0; i < part.len && !pattern; i++) {
            pattern = memchr("*?[]\\", part.ptr[i], 5) != NULL;
            if (!pattern)
                buf_char(&path, part.ptr[i]);
        }
    }
    if (path.error != 0)
        return false;
    if (!m->lower)
        return add_text(m, subject, FILTER_STARTS, buf_view(&path));
    if (pattern || path.len == 0)
        return true;
    if (!add_text(m, subject, FILTER_IS, buf_view(&path)))
        return false;
    buf_char(&path, '/');
    return add_text(m, subject, FILTER_STARTS, buf_view(&path));
}

static bool compare_text(struct maker *m, uint32_t subject)
{
    bool done = true;

    for (uint32_t i = 0; i < m->predicate->literal_count && done; i++) {
        struct sv text = m->predicate->literal[i].text;

        if (m->predicate->literal[i].kind != VALUE_TEXT)
            return false;
        switch (m->predicate->op) {
        case OP_EQ:
        case OP_NE:
        case OP_IN:
            done = add_text(m, subject, FILTER_IS, text);
            break;
        case OP_STARTSWITH:
            done = add_text(m, subject, FILTER_STARTS, text);
            break;
        case OP_ENDSWITH:
            done = add_text(m, subject, FILTER_ENDS_IN, text);
            break;
        case OP_CONTAINS:
            done = add_contains(m, subject, text);
            break;
        case OP_GLOB:
            done = add_glob(m, subject, text);
            break;
        case OP_PMATCH:
            done = subject == FILTER_FD_NAME && add_below(m, subject, text);
            break;
        default:
            return false;
        }
    }
    return done;
}

/* The directory is a start of the name. */
static bool directory(struct maker *m)
{
    for (uint32_t i = 0; i < m->predicate->literal_count; i++) {
        struct sv text = m->predicate->literal[i].text;
        bool starts = m->predicate->op == OP_STARTSWITH && !m->lower;

        if (m->predicate->literal[i].kind != VALUE_TEXT || (!is_equality(m) && !starts))
            return false;
        if (!add_text(m, FILTER_FD_NAME, starts ? FILTER_STARTS : FILTER_DIRECTORY, text))
            return false;
    }
    return true;
}

/* The file's name is an end of its path. */
static bool file_name(struct maker *m)
{
    for (uint32_t i = 0; i < m->predicate->literal_count; i++) {
        struct sv text = m->predicate->literal[i].text;
        bool done = false;

        if (m->predicate->literal[i].kind != VALUE_TEXT)
            return false;
        if (is_equality(m))
            done = add_text(m, FILTER_FD_NAME, FILTER_FILE, text);
        else if (m->predicate->op == OP_ENDSWITH && !m->lower)
            done = add_text(m, FILTER_FD_NAME, FILTER_ENDS_IN, text);
        else if ((m->predicate->op == OP_CONTAINS || m->predicate->op == OP_STARTSWITH) &&
                 !m->lower)
            done = add_contains(m, FILTER_FD_NAME, text);
        if (!done)
            return false;
    }
    return true;
}

static bool name(struct maker *m)
{
    return compare_text(m, FILTER_FD_NAME);
}

static bool name_raw(struct maker *m)
{
    return compare_text(m, FILTER_FD_NAME_RAW);
}

/* Results */

static bool raw_result(struct maker *m)
{
    return compare_number(m, FILTER_RESULT);
}

static bool failed(struct maker *m)
{
    return add_number(m, FILTER_RESULT, FILTER_AT_MOST, -1, 0);
}

static bool add_error(struct maker *m, struct sv name)
{
    scoped(buf_done) struct buf word = {0};

    if (sv_eq(name, SV("SUCCESS")))
        return add_number(m, FILTER_RESULT, FILTER_AT_LEAST, 0, 0);
    for (uint64_t number = 1; number <= ERRNO_MAX; number++) {
        buf_reset(&word);
        event_errno_print(&word, number);
        if (sv_eq(buf_view(&word), name))
            return add_equal(m, FILTER_RESULT, -(int64_t)number);
    }
    return false;
}

static bool result(struct maker *m)
{
    for (uint32_t i = 0; i < m->predicate->literal_count; i++) {
        struct sv text = m->predicate->literal[i].text;

        if (m->predicate->op == OP_STARTSWITH && sv_starts(text, SV("E")) && !m->lower)
            return failed(m);
        if (!is_equality(m) || !add_error(m, text))
            return false;
    }
    return true;
}

/* Opens */

static bool opens_with(struct maker *m, int64_t access)
{
    if (m->type == EVENT_CREAT)
        return true; /* never */
    return add_number(m, FILTER_OPEN_FLAGS, FILTER_MASK_EQ, access, O_ACCMODE) &&
           add_number(m, FILTER_OPEN_FLAGS, FILTER_MASK_EQ, O_RDWR, O_ACCMODE);
}

static bool opens_to_read(struct maker *m)
{
    return opens_with(m, O_RDONLY);
}

static bool opens_to_write(struct maker *m)
{
    return opens_with(m, O_WRONLY);
}

/* What made a file, or may have: the flags that allow it. */
static bool opens_and_makes(struct maker *m)
{
    if (m->type == EVENT_CREAT)
        return !m->lower && add_number(m, FILTER_MODE, FILTER_AT_LEAST, 0, 0);
    return add_bits(m, FILTER_OPEN_FLAGS, O_CREAT | (O_TMPFILE & ~O_DIRECTORY), false);
}

static const struct {
    const char *name;
    uint64_t bits;
    bool exact;
} open_words[] = {
    {"O_CREAT", O_CREAT, true},         {"O_APPEND", O_APPEND, true},
    {"O_DSYNC", O_DSYNC, true},         {"O_EXCL", O_EXCL, true},
    {"O_NONBLOCK", O_NONBLOCK, true},   {"O_SYNC", O_SYNC, false},
    {"O_TRUNC", O_TRUNC, true},         {"O_DIRECT", O_DIRECT, true},
    {"O_DIRECTORY", O_DIRECTORY, true}, {"O_LARGEFILE", KERNEL_O_LARGEFILE, true},
    {"O_CLOEXEC", O_CLOEXEC, true},     {"O_TMPFILE", O_TMPFILE, false},
};

static bool add_open_word(struct maker *m, const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(open_words); i++) {
        if (strcmp(open_words[i].name, word) == 0)
            return add_bits(m, FILTER_OPEN_FLAGS, open_words[i].bits, open_words[i].exact);
    }
    return m->lower; /* one that is no bit of the argument */
}

/* Words are joined by '|': a text without it is found in one of them. */
static bool open_flags(struct maker *m)
{
    for (uint32_t i = 0; i < m->predicate->literal_count; i++) {
        struct sv text = m->predicate->literal[i].text;

        if (m->predicate->op != OP_CONTAINS || text.len == 0 || sv_count(text, '|') > 0)
            return false;
        for (const struct event_flag *flag = event_flag_open; flag->name != NULL; flag++) {
            if (sv_find(sv(flag->name), text, 0) != SIZE_MAX && !add_open_word(m, flag->name))
                return false;
        }
    }
    return true;
}

static bool mode_words(struct maker *m)
{
    for (uint32_t i = 0; i < m->predicate->literal_count; i++) {
        struct sv text = m->predicate->literal[i].text;
        uint64_t bits = 0;

        if (m->predicate->op != OP_CONTAINS || text.len == 0 || sv_count(text, '|') > 0 || m->lower)
            return false;
        for (const struct event_flag *flag = event_flag_chmod_mode; flag->name != NULL; flag++) {
            if (sv_find(sv(flag->name), text, 0) != SIZE_MAX)
                bits |= flag->value;
        }
        if (bits == 0 || !add_bits(m, FILTER_MODE, bits, false))
            return false;
    }
    return true;
}

/* Descriptors and sockets */

static bool descriptor(struct maker *m)
{
    return compare_number(m, FILTER_FD_NUM);
}

/* Equality with words that stand for letters of the descriptor's type, or for numbers. */
struct word {
    const char *word;
    int number, other; /* `other`: a second one, or 0 */
};

static bool compare_words(struct maker *m, uint32_t subject, const struct word *word, size_t count)
{
    for (uint32_t i = 0; i < m->predicate->literal_count; i++) {
        struct sv text = m->predicate->literal[i].text;
        size_t at = 0;

        while (at < count && !sv_eq(text, sv(word[at].word)))
            at++;
        if (!is_equality(m) || at == count || !add_equal(m, subject, word[at].number) ||
            (word[at].other != 0 && !add_equal(m, subject, word[at].other)))
            return false;
    }
    return true;
}

static bool type_letter(struct maker *m)
{
    for (uint32_t i = 0; i < m->predicate->literal_count; i++) {
        struct sv text = m->predicate->literal[i].text;

        if (!is_equality(m) || text.len != 1 || !add_equal(m, FILTER_FD_TYPE, text.ptr[0]))
            return false;
    }
    return true;
}

static bool type_word(struct maker *m)
{
    static const struct word words[] = {{"file", 'f', 0}, {"directory", 'd', 0}, {"ipv4", '4', 0},
                                        {"ipv6", '6', 0}, {"unix", 'u', 0},      {"pipe", 'p', 0}};

    return compare_words(m, FILTER_FD_TYPE, words, ARRAY_LEN(words));
}

static bool socket_family(struct maker *m)
{
    static const struct word words[] = {{"ip", '4', '6'}, {"unix", 'u', 0}};

    return compare_words(m, FILTER_FD_TYPE, words, ARRAY_LEN(words));
}

static bool protocol(struct maker *m)
{
    static const struct word words[] = {{"tcp", IPPROTO_TCP, 0},
                                        {"udp", IPPROTO_UDP, 0},
                                        {"icmp", IPPROTO_ICMP, 0},
                                        {"raw", IPPROTO_RAW, 0}};

    return compare_words(m, FILTER_FD_L4, words, ARRAY_LEN(words));
}

/* True for a socket that the call connected; absent where there is none. */
static bool connected(struct maker *m)
{
    return !m->lower && !m->negated && add_number(m, FILTER_RESULT, FILTER_AT_LEAST, 0, 0);
}

/* Which ends a field names by the letter behind "fd.". The caller of connect is the client. */
static void ends_of(const struct maker *m, bool *local, bool *remote)
{
    char letter = m->predicate->left->ref.field->name[strlen("fd.")];

    if (sv_eq(sv(m->predicate->left->ref.field->name), SV("fd.port")) ||
        sv_eq(sv(m->predicate->left->ref.field->name), SV("fd.proto")))
        letter = 'b';
    *local = letter != 's' && letter != 'r';
    *remote = letter != 'c' && letter != 'l';
}

static bool ports(struct maker *m)
{
    bool local, remote;

    ends_of(m, &local, &remote);
    if (local && remote && !is_equality(m))
        return !m->lower && compare_number(m, FILTER_LOCAL_PORT) &&
               compare_number(m, FILTER_REMOTE_PORT);
    return (!local || compare_number(m, FILTER_LOCAL_PORT)) &&
           (!remote || compare_number(m, FILTER_REMOTE_PORT));
}

static bool add_ip(struct maker *m, uint32_t subject, const struct value_ip *ip)
{
    unsigned char value[16] = {0};
    unsigned char mask[16] = {0};
    struct filter_match match = {.kind = FILTER_IP, .subject = (uint8_t)subject, .len = ip->family};

    for (unsigned i = 0; i < sizeof(mask) && 8 * i < ip->prefix; i++) {
        unsigned left = ip->prefix - 8 * i;
        mask[i] = left >= 8 ? 0xff : (unsigned char)(0xff00 >> left);
        value[i] = ip->byte[i] & mask[i];
    }
    memcpy(match.value, value, sizeof(value));
    memcpy(match.mask, mask, sizeof(mask));
    return add(m, match);
}

static bool addresses(struct maker *m)
{
    bool local, remote;

    ends_of(m, &local, &remote);
    for (uint32_t i = 0; i < m->predicate->literal_count; i++) {
        const struct value *value = &m->predicate->literal[i];

        if (!is_equality(m) || (value->kind != VALUE_ADDRESS && value->kind != VALUE_NETWORK))
            return false;
        if ((local && !add_ip(m, FILTER_LOCAL_IP, &value->ip)) ||
            (remote && !add_ip(m, FILTER_REMOTE_IP, &value->ip)))
            return false;
    }
    return true;
}

/* Parameters */

static bool parameter(struct maker *m)
{
    const struct event_type_info *info = event_type_info(m->type);
    const struct field_ref *ref = &m->predicate->left->ref;
    bool raw = sv_eq(sv(ref->field->name), SV("evt.rawarg"));
    int index = ref->index < 0 ? event_param_index(m->type, ref->key) : (int)ref->index;
    uint32_t paths = 0;

    if (index < 0 || (uint32_t)index >= info->param_count)
        return false;
    const struct event_param *param = &info->param[index];
    for (int i = 0; i < index; i++)
        paths += info->param[i].form == FORM_PATH;
    if (param->form == FORM_PATH && raw)
        return event_opens(m->type) && compare_text(m, FILTER_FD_NAME_RAW);
    if (param->form == FORM_PATH)
        return paths < 2 && compare_text(m, FILTER_PATH + paths);
    if (!raw && event_opens(m->type) && param->flag == event_flag_open)
        return open_flags(m);
    if (!raw && param->form == FORM_MODE && param->flag == event_flag_chmod_mode)
        return mode_words(m);
    return false;
}

/* Fields */

static const struct {
    const char *name;
    bool (*make)(struct maker *m);
    bool truth; /* is a truth value */
} fields[] = {
    {"evt.arg", parameter, false},
    {"evt.failed", failed, true},
    {"evt.is_open_create", opens_and_makes, true},
    {"evt.is_open_exec", opens_and_makes, true},
    {"evt.is_open_read", opens_to_read, true},
    {"evt.is_open_write", opens_to_write, true},
    {"evt.rawarg", parameter, false},
    {"evt.rawres", raw_result, false},
    {"evt.res", result, false},
    {"fd.cip", addresses, false},
    {"fd.cnet", addresses, false},
    {"fd.connected", connected, true},
    {"fd.cport", ports, false},
    {"fd.directory", directory, false},
    {"fd.filename", file_name, false},
    {"fd.ip", addresses, false},
    {"fd.l4proto", protocol, false},
    {"fd.lip", addresses, false},
    {"fd.lnet", addresses, false},
    {"fd.lport", ports, false},
    {"fd.name", name, false},
    {"fd.name_changed", connected, true},
    {"fd.nameraw", name_raw, false},
    {"fd.net", addresses, false},
    {"fd.num", descriptor, false},
    {"fd.port", ports, false},
    {"fd.proto", ports, false},
    {"fd.rip", addresses, false},
    {"fd.rnet", addresses, false},
    {"fd.rport", ports, false},
    {"fd.sip", addresses, false},
    {"fd.snet", addresses, false},
    {"fd.sockfamily", socket_family, false},
    {"fd.sport", ports, false},
    {"fd.type", type_word, false},
    {"fd.typechar", type_letter, false},
};

/* A truth value is compared with one constant; `negated` when that says false. */
static bool make_truth(struct maker *m, bool (*make)(struct maker *m))
{
    const struct predicate *predicate = m->predicate;

    if ((predicate->op != OP_EQ && predicate->op != OP_NE) || predicate->literal_count != 1)
        return false;
    m->negated = predicate->literal[0].truth != (predicate->op == OP_EQ);
    m->lower = m->lower != m->negated;
    return make(m);
}

/* "Not equal" is false of what is absent, so only its upper reading can be said. */
static bool make_plain(struct maker *m, bool (*make)(struct maker *m))
{
    m->negated = m->predicate->op == OP_NE;
    if (m->negated && m->lower)
        return false;
    m->lower = m->lower != m->negated;
    return make(m);
}

bool filter_match_predicate(struct filter_matches *out, const struct predicate *predicate,
                            enum event_type type, bool lower, bool *negated)
{
    struct maker m = {.out = out, .predicate = predicate, .type = type, .lower = lower};
    uint32_t subjects = filter_subjects_of(type);
    uint32_t before = out->count;
    bool made = false;

    if (predicate->left->kind != OPERAND_FIELD || predicate->right != NULL ||
        predicate->modifier != MODIFIER_NONE || predicate->op == OP_EXISTS)
        return false;
    struct sv field = sv(predicate->left->ref.field->name);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (sv_eq(field, sv(fields[i].name)))
            made =
                fields[i].truth ? make_truth(&m, fields[i].make) : make_plain(&m, fields[i].make);
    }
    for (uint32_t i = before; i < out->count; i++)
        made = made && (subjects >> out->match[i].subject & 1) != 0;
    if (!made)
        out->count = before;
    *negated = m.negated;
    return made;
}

uint32_t filter_match_worth(const struct filter_match *match)
{
    switch ((enum filter_kind)match->kind) {
    case FILTER_IS:
    case FILTER_DIRECTORY:
    case FILTER_FILE:
        return 64;
    case FILTER_ENDS_IN:
        return 16 + match->len;
    case FILTER_CONTAINS:
        return 12 + match->len;
    case FILTER_STARTS:
        return match->len;
    default:
        return 2;
    }
}
