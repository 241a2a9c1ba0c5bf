/* bpf/include/filter.h - the kernel filter: what an event must be like for any rule to match it.
 *
 * lang/kernel/ makes a program of all loaded rules for one type of event; the kernel side
 * (bpf/lib/filter.h) and a reference in C (lang/kernel/filter_run.h) run it. The program is an
 * upper bound: an event that it drops is matched by no rule, one that it passes may or may not be.
 *
 * There are up to 64 cases, one bit each. A case is a conjunction: tests that must hold, and tests
 * that must not. All cases go through the tests together: each test has the cases that survive when
 * it holds and those that survive when it does not. When no case is left the event is dropped. The
 * cases a process is out of from the start are known to user space, which keeps them with the
 * process (struct filter_verdicts). A test is an `or` of matches in a row; each looks at one number
 * or one text of the event. What the kernel side could not learn of an event (a bit of `known` is
 * 0) leaves all cases as they are.
 *
 * Texts are looked at through their first and their last 32 bytes and their length. */
#pragma once

#include "bpf/include/wire.h"

#define FILTER_CASES_MAX 64
#define FILTER_MATCHES_MAX 256
#define FILTER_WORDS 4 /* of 8 bytes, at each end of a text */
#define FILTER_ENDS (8 * FILTER_WORDS)
#define FILTER_SCAN_MAX 256 /* bytes; longer texts are taken to contain everything */

#define FILTER_ABSENT (-0x7fffffffffffffffll - 1) /* a number that is known not to be there */

enum filter_subject {
    /* numbers */
    FILTER_RESULT,
    FILTER_OPEN_FLAGS, /* as given */
    FILTER_MODE,       /* permission bits as given */
    FILTER_FD_NUM,     /* fd.num */
    FILTER_FD_TYPE,    /* the letter of fd.typechar; absent when it has none */
    FILTER_FD_L4,      /* IPPROTO_* of a socket */
    FILTER_LOCAL_PORT, /* absent when that end is not known */
    FILTER_REMOTE_PORT,
    FILTER_ARG0, /* arguments of the call as the registers hold them */
    FILTER_ARG1,
    FILTER_ARG2,
    FILTER_ARG3,
    FILTER_ARG4,
    FILTER_ARG5,
    FILTER_NUMBERS,
    /* addresses */
    FILTER_LOCAL_IP = FILTER_NUMBERS,
    FILTER_REMOTE_IP,
    /* texts */
    FILTER_FD_NAME,     /* begins with '/' */
    FILTER_FD_NAME_RAW, /* the path argument as given */
    FILTER_PATH,        /* evt.arg of the first path parameter; begins with '/' */
    FILTER_PATH_SECOND, /* ... of the second */
    FILTER_SUBJECTS,
};
#define FILTER_TEXTS (FILTER_SUBJECTS - FILTER_FD_NAME)

enum filter_kind {
    FILTER_MASK_EQ,  /* (number & mask[0]) == value[0] */
    FILTER_MASK_ANY, /* (number & mask[0]) != 0 */
    FILTER_AT_MOST,  /* number <= value[0], signed */
    FILTER_AT_LEAST,
    FILTER_IP,        /* of family `len`, and (address & mask) == value, two words */
    FILTER_STARTS,    /* at least `len` bytes, and the masked start is value[] */
    FILTER_IS,        /* just `len` bytes, and so on */
    FILTER_DIRECTORY, /* the text up to its last '/' has `len` bytes, and so on */
    FILTER_ENDS_IN,   /* at least `len` bytes, and the masked end is value[] */
    FILTER_FILE,      /* the text behind its last '/' has `len` bytes, and its masked end ... */
    FILTER_CONTAINS,  /* somewhere the eight bytes masked by mask[0] are value[0]; `len` bytes */
};

struct filter_match {
    __u8 kind;    /* enum filter_kind */
    __u8 subject; /* enum filter_subject */
    __u16 len;
    __u16 next; /* index of the first match of the next test */
    __u16 pad;
    __u64 on_true, on_false; /* cases left; the same in all matches of a test */
    __u64 value[FILTER_WORDS], mask[FILTER_WORDS];
};
_Static_assert(sizeof(struct filter_match) == 88, "filter layout");

struct filter_program {
    __u64 cases;    /* bits in use; 0: every event is dropped */
    __u32 texts_at; /* index of the first test that looks at a text */
    __u32 count;    /* matches */
    __u32 subjects; /* bit (1 << enum filter_subject) that any test looks at */
    __u32 active;   /* 0: every event is sent */
    struct filter_match match[FILTER_MATCHES_MAX];
};

/* What the kernel side learnt of an event. */
struct filter_text {
    __u32 at, len;   /* in the memory that holds the texts; at >= FILTER_ENDS */
    __u32 directory; /* bytes up to the last '/'; 1 for what is right below the root */
    __u32 file;      /* bytes behind the last '/'; ~0: it has no such part */
};

struct filter_facts {
    __u32 known;  /* bit (1 << enum filter_subject) */
    __u32 family; /* of both addresses: 4 or 6; 0 when there are none */
    __s64 number[FILTER_NUMBERS];
    __u64 ip[2][2]; /* local, remote; network order; IPv4 in the first four bytes */
    struct filter_text text[FILTER_TEXTS];
};

static inline __attribute__((always_inline)) int filter_is_text(__u32 subject)
{
    return subject >= FILTER_FD_NAME;
}

/* The outcome of a match of a number or an address. */
static inline __attribute__((always_inline)) int
filter_number_holds(const struct filter_match *match, __s64 number)
{
    if (number == FILTER_ABSENT)
        return 0;
    switch (match->kind) {
    case FILTER_MASK_EQ:
        return ((__u64)number & match->mask[0]) == match->value[0];
    case FILTER_MASK_ANY:
        return ((__u64)number & match->mask[0]) != 0;
    case FILTER_AT_MOST:
        return number <= (__s64)match->value[0];
    default:
        return number >= (__s64)match->value[0];
    }
}

static inline __attribute__((always_inline)) int filter_ip_holds(const struct filter_match *match,
                                                                 __u32 family, const __u64 ip[2])
{
    return family == match->len && (ip[0] & match->mask[0]) == match->value[0] &&
           (ip[1] & match->mask[1]) == match->value[1];
}

/* Does the length fit? Then the masked end or start decides. */
static inline __attribute__((always_inline)) int
filter_length_fits(const struct filter_match *match, const struct filter_text *text)
{
    switch (match->kind) {
    case FILTER_IS:
        return text->len == match->len;
    case FILTER_DIRECTORY:
        return text->directory == match->len;
    case FILTER_FILE:
        return text->file == match->len;
    default:
        return text->len >= match->len;
    }
}

static inline __attribute__((always_inline)) int filter_words_fit(const struct filter_match *match,
                                                                  const __u64 word[FILTER_WORDS])
{
    return ((word[0] & match->mask[0]) ^ match->value[0]) == 0 &&
           ((word[1] & match->mask[1]) ^ match->value[1]) == 0 &&
           ((word[2] & match->mask[2]) ^ match->value[2]) == 0 &&
           ((word[3] & match->mask[3]) ^ match->value[3]) == 0;
}

/* What user space knows of processes.
 *
 * A process has a slot by its pid, which it takes when it is made, listed or first looked at and
 * the slot is free, and keeps until it ends. The kernel side counts there the changes of its
 * process (made, exec, and whatever else makes a record for user space's tables), and in `epoch`
 * those changes that other processes may be judged by: of one that has made or leads others. Every
 * record carries a stamp of both counts as they were, with no change under way: then the records of
 * all changes counted come before it. A verdict is user space's word that with these counts the
 * process leaves open the cases of a class. The kernel side believes it while the counts are the
 * same and no change is under way. So a verdict can be late or missing, but never outlives what it
 * was made of. */
#define FILTER_SLOTS (1u << 16)
#define FILTERS_MAX 64             /* programs at a time */
#define FILTER_CLASSES 512         /* at a time; 0 is none */
#define FILTER_NONE 0xffffffffu    /* no program: every event is sent */
#define FILTER_CHANGES_MAX 0xffffu /* counts of changes go from 1 to this, again and again */

struct filter_slot {
    __u64 start_ns; /* of the process; 0: free */
    __u32 pid;
    __u32 changes;  /* goes on from owner to owner; see filter_changes() */
    __u64 verdict;  /* filter_verdict(), 0: none; taken away by each change */
    __u32 changing; /* changes under way */
    __u32 forked;   /* the process has made another */
};
_Static_assert(sizeof(struct filter_slot) == 32, "filter layout");

struct filter_class {
    __u64 cases[FILTERS_MAX];
};

static inline __attribute__((always_inline)) __u32 filter_changes(__u32 count)
{
    return 1 + count % FILTER_CHANGES_MAX;
}

/* `rules` tells one set of programs from those before. */
static inline __attribute__((always_inline)) __u64 filter_verdict(__u32 changes, __u32 epoch,
                                                                  __u32 rules, __u32 class_index)
{
    return (__u64)(changes & 0xffff) << 48 | (__u64)epoch << 16 | (rules & 0xf) << 12 |
           (class_index & 0xfff);
}

/* In struct wire_header; 0: no verdict can be made of this record. */
static inline __attribute__((always_inline)) __u32 filter_stamp(__u32 changes, __u32 epoch)
{
    return changes << 16 | (epoch & 0xffff);
}
