/* tests/unit/lang/ruleset_texts.h - rule sets made of texts, and what became of them as one line.
 */
#pragma once

#include "tests/unit/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "lang/falco/ruleset.h"

/* Load text as "a.yaml" and, when `second` is not NULL, that as "b.yaml"; compile unless refused.
 */
static inline int ruleset_of(struct ruleset *set, const char *text, const char *second)
{
    int rc = ruleset_load_text(set, "a.yaml", sv(text));

    if (second != NULL) {
        int one = ruleset_load_text(set, "b.yaml", sv(second));
        rc = one < 0 ? one : rc;
    }
    return rc < 0 ? rc : ruleset_compile(set);
}

/* "LOAD_ERR_VALIDATE:3:5 ..." for all diagnostics of the levels up to `level`. */
static inline struct sv ruleset_codes(struct arena *arena, const struct ruleset *set,
                                      enum diag_level level)
{
    const struct diags *diags = ruleset_diags(set);
    scoped(buf_done) struct buf out = {0};

    for (uint32_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->item[i];
        if (diag->level > level)
            continue;
        buf_printf(&out, "%s%s:%u:%u", out.len > 0 ? " " : "", diag_code_name(diag->code),
                   diag->place.line, diag->place.column);
    }
    return arena_sv(arena, buf_view(&out));
}

/* Fails with all diagnostics when the text is refused. */
static inline void ruleset_must(struct ruleset *set, const char *text, const char *second)
{
    scoped(buf_done) struct buf out = {0};

    if (ruleset_of(set, text, second) == 0)
        return;
    for (uint32_t i = 0; i < ruleset_diags(set)->count; i++)
        diag_print(&out, &ruleset_diags(set)->item[i], false);
    TEST_FAIL("refused:\n%s", buf_cstr(&out));
}
