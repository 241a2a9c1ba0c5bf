/* Any bytes as a rule file, or as two when a line of four % stands between them: what is refused is
 * told, what is accepted compiles, and every diagnostic can be shown. */
#include <assert.h>

#include "base/buf.h"
#include "base/json.h"
#include "lang/falco/ruleset.h"
#include "tests/fuzz/fuzz.h"

static void show(const struct ruleset *set)
{
    scoped(buf_done) struct buf out = {0};
    struct json_writer w = json_writer_on(&out);
    const struct diags *diags = ruleset_diags(set);

    json_array_begin(&w);
    for (uint32_t i = 0; i < diags->count; i++)
        diag_json(&w, &diags->item[i]);
    json_array_end(&w);
    for (uint32_t i = 0; i < diags->count; i++)
        diag_print(&out, &diags->item[i], true);
    assert(out.error == 0);
}

static void check_rules(const struct ruleset *set)
{
    for (uint32_t i = 0; i < ruleset_count(set); i++) {
        const struct rule *rule = ruleset_rule(set, i);
        assert(rule->index == i && rule->name != NULL && rule->description != NULL);
        assert(rule->condition != NULL && rule->output != NULL && rule->output_text != NULL);
        for (uint32_t k = 1; k < rule->tag_count; k++)
            assert(strcmp(rule->tag[k - 1], rule->tag[k]) < 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    struct sv text = {(const char *)data, size};
    size_t cut = sv_find(text, SV("\n%%%%\n"), 0);

    int rc = ruleset_load_text(set, "a.yaml", sv_sub(text, 0, cut));
    if (cut != SIZE_MAX) {
        int second = ruleset_load_text(set, "b.yaml", sv_sub(text, cut + 6, size));
        rc = second < 0 ? second : rc;
    }
    if (rc == 0)
        rc = ruleset_compile(set);
    assert((rc < 0) == (ruleset_diags(set)->errors > 0));
    if (rc == 0)
        check_rules(set);
    show(set);
    return 0;
}
