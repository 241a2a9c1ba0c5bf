/* bpf/lib/filter.h - runs the kernel filter (bpf/include/filter.h): what is known of the process,
 * then numbers, then texts, as soon as each is known.
 *
 * A program asks filter_begin() which cases its process leaves open, learns facts, and gives up the
 * event when filter_numbers() or filter_texts() says that no case is left. All state of a run is in
 * map memory, for the reason given at struct path_walk. */
#pragma once

#include "bpf/lib/verdict.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 2 * FILTERS_MAX); /* two sets: one may be read while the other is written */
    __type(key, __u32);
    __type(value, struct filter_program);
} filters __weak SEC(".maps");

struct filter_run {
    struct filter_facts facts;
    __u64 cases;
    __u32 at, end; /* matches */
    __u32 index, call;
    __u32 held, unsure; /* of the test under way */
    __u32 scan;
    __u32 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct filter_run);
} filter_runs __weak SEC(".maps");

/* What tests look at, as a pointer each: map memory that the verifier knows. */
struct filter_context {
    struct filter_run *run;
    const struct filter_program *program;
    struct scratch *scratch;
};

/* A run for the call that ends; NULL when it is not filtered. Of `call` nothing is known yet. */
static __always_inline struct filter_run *filter_begin(__u32 call)
{
    __u32 zero = 0, index = filter_index(call);
    struct filter_run *run;

    opaque(index); /* else up to 6.1 a copy that lies on the stack is not known to be checked */
    if (index >= 2 * FILTERS_MAX)
        return NULL;
    run = bpf_map_lookup_elem(&filter_runs, &zero);
    if (!run)
        return NULL;
    run->index = index;
    run->call = call;
    run->facts.known = 0;
    run->facts.family = 0;
    run->cases = filter_open_cases(index);
    return run;
}

static __always_inline void filter_know(struct filter_run *run, __u32 subject, __s64 number)
{
    run->facts.number[subject] = number;
    run->facts.known |= 1u << subject;
}

static __always_inline void filter_know_text(struct filter_run *run, __u32 subject, __u32 at,
                                             __u32 len, __u32 directory, __u32 file)
{
    struct filter_text *text = &run->facts.text[subject - FILTER_FD_NAME];

    text->at = at;
    text->len = len;
    text->directory = directory;
    text->file = file;
    run->facts.known |= 1u << subject;
}

/* The place of a text, checked; 0 when it is none. */
static __always_inline __u32 filter_place(__u32 at)
{
    opaque(at);
    return at < FILTER_ENDS || at > SCRATCH_RECORD - FILTER_ENDS ? 0 : at;
}

struct filter_scan {
    const struct filter_match *match;
    struct scratch *scratch;
    struct filter_run *run;
    __u32 at, end;
};

#define SCAN_STEP 8 /* places looked at in a round */

static long filter_scan_step(__u32 i, struct filter_scan *scan)
{
    __u32 at = scan->at + i * SCAN_STEP;
    __u64 value = scan->match->value[0], mask = scan->match->mask[0];

    opaque(at);
    if (at >= scan->end || at > SCRATCH_RECORD - FILTER_ENDS)
        return 1;
    for (int k = 0; k < SCAN_STEP; k++) {
        if ((*(const __u64 *)(scan->scratch->record + at + k) & mask) != value)
            continue;
        scan->run->scan = at + k < scan->end;
        return 1;
    }
    return 0;
}

static __noinline int filter_contains(struct filter_run *run, const struct filter_match *match,
                                      struct scratch *scratch, __u32 at, __u32 len)
{
    struct filter_scan scan = {match, scratch, run, at, 0};

    if (!run || !match || !scratch)
        return 1;
    if (len > FILTER_SCAN_MAX)
        return 1;
    if (len < match->len)
        return 0;
    scan.end = at + len - match->len + 1;
    run->scan = 0;
    bpf_loop(FILTER_SCAN_MAX / SCAN_STEP, filter_scan_step, &scan, 0);
    return run->scan;
}

/* Do these two bytes stand anywhere in the text? Yes, for all we know, in a long one. */
static __always_inline bool filter_has(struct filter_run *run, struct scratch *scratch, __u32 at,
                                       __u32 len, char first, char second)
{
    struct filter_match pair = {.len = 2};

    pair.value[0] = (__u8)first | (__u64)(__u8)second << 8;
    pair.mask[0] = 0xffff;
    return filter_contains(run, &pair, scratch, at, len);
}

static __always_inline int filter_text_holds(const struct filter_context *ctx,
                                             const struct filter_match *match)
{
    __u32 subject = match->subject - FILTER_FD_NAME;
    const struct filter_text *text;
    __u32 at;

    if (subject >= FILTER_TEXTS)
        return 0;
    text = &ctx->run->facts.text[subject];
    if (!filter_length_fits(match, text))
        return 0;
    if (match->kind == FILTER_CONTAINS)
        return filter_contains(ctx->run, match, ctx->scratch, text->at, text->len);
    at = text->at;
    if (match->kind == FILTER_ENDS_IN || match->kind == FILTER_FILE)
        at += text->len - FILTER_ENDS;
    opaque(at);
    if (at > SCRATCH_RECORD - FILTER_ENDS)
        return 0;
    return filter_words_fit(match, (const __u64 *)(ctx->scratch->record + at));
}

static __always_inline int filter_holds(const struct filter_context *ctx,
                                        const struct filter_match *match)
{
    const struct filter_facts *facts = &ctx->run->facts;
    __u32 subject = match->subject;

    if (filter_is_text(subject))
        return filter_text_holds(ctx, match);
    if (subject < FILTER_NUMBERS)
        return filter_number_holds(match, facts->number[subject]);
    return filter_ip_holds(match, facts->family, facts->ip[subject == FILTER_REMOTE_IP]);
}

#define SKIP_STEP 6 /* tests left out in a round */

/* The next match of a test that can change anything; NULL when that is not found yet. */
static __always_inline const struct filter_match *filter_next(struct filter_context *ctx)
{
    struct filter_run *run = ctx->run;
    __u64 cases = run->cases;
    __u32 at = run->at;

    for (int i = 0; i < SKIP_STEP; i++) {
        const struct filter_match *match;

        opaque(at);
        if (at >= FILTER_MATCHES_MAX)
            break;
        match = &ctx->program->match[at];
        if ((cases & ~(match->on_true & match->on_false)) != 0) {
            run->at = at;
            return match;
        }
        at = match->next;
    }
    run->at = at;
    return NULL;
}

/* One match. */
static long filter_step(__u32 i, struct filter_context *ctx)
{
    struct filter_run *run = ctx->run;
    const struct filter_match *match;

    if (run->at >= run->end)
        return 1;
    match = filter_next(ctx);
    if (!match)
        return 0;
    if (run->at >= run->end)
        return 1;
    if (!(run->facts.known >> (match->subject & 31) & 1)) {
        run->unsure = 1;
    } else if (filter_holds(ctx, match)) {
        run->cases &= match->on_true;
        run->unsure = 0;
        run->at = match->next;
        return run->cases == 0;
    }
    run->at++;
    if (run->at < match->next)
        return 0;
    if (!run->unsure)
        run->cases &= match->on_false;
    run->unsure = 0;
    return run->cases == 0;
}

/* Is any case left after the tests of numbers (of texts)? */
__weak __noinline int filter_test(struct filter_run *run, struct scratch *scratch, bool texts)
{
    struct filter_context ctx = {run, NULL, scratch};
    __u32 index;

    if (!run || !scratch)
        return true;
    index = run->index;
    ctx.program = bpf_map_lookup_elem(&filters, &index);
    if (!ctx.program)
        return true;
    run->at = texts ? ctx.program->texts_at : 0;
    run->end = texts ? ctx.program->count : ctx.program->texts_at;
    run->unsure = 0;
    if (run->cases != 0 && run->at < run->end)
        bpf_loop(FILTER_MATCHES_MAX, filter_step, &ctx, 0);
    return run->cases != 0;
}

/* Whether the program asks of any of these subjects: bits (1 << enum filter_subject). */
static __always_inline bool filter_asks(const struct filter_run *run, __u32 subjects)
{
    __u32 index = run->index;
    const struct filter_program *program = bpf_map_lookup_elem(&filters, &index);

    return program && (program->subjects & subjects) != 0;
}

/* No case is left: true when the event is to be given up. Else it is sent, marked. */
static __always_inline bool filter_drops(const struct filter_run *run, __u32 *flags)
{
    if (filter_audit) {
        *flags |= WIRE_FILTERED;
        return false;
    }
    count_filtered(run->call);
    return true;
}

/* The name that was built at `at` by put_path(), as fd.name; unknown when it is no plain path. */
static __always_inline void filter_know_path(struct filter_run *run, const struct scratch *scratch,
                                             __u32 at, __u32 len, __u32 flags, bool directory,
                                             bool file)
{
    __u32 last = scratch->part[0].len;

    if (len == 0 || scratch->walk.bytes != len || flags & WIRE_PATH_CUT || last >= len)
        return;
    filter_know_text(run, FILTER_FD_NAME, at, len,
                     directory ? len : (last + 1 < len ? len - last - 1 : 1),
                     file && !directory ? last : ~0u);
}
