/* The engine over Falco's own rules against each of their conditions alone, event by event, for
 * events at random that are made of the rules' own words: the same rules, in the same order.
 *
 *     engine SHARED_DIR     exit 0 the same, 1 a difference (printed), 77 the data are not there
 */
#include <stdio.h>
#include <unistd.h>

#include "../unit/match/world.h"

enum { EXIT_SKIPPED = 77, EVENTS = 30000 };

static const char *const files[] = {
    "falco_rules.yaml",
    "falco-incubating_rules.yaml",
    "falco-sandbox_rules.yaml",
};

static struct world world;

static int run(const struct ruleset *set, enum engine_matching matching)
{
    scoped(engine_free) struct engine *engine = engine_new(
        set, &(struct engine_options){
                 .source = SOURCE_SYSCALL, .matching = matching, .priority_max = PRIORITY_DEBUG});
    uint64_t total = 0;
    uint32_t matched = 0;

    for (uint32_t i = 0; i < EVENTS; i++) {
        struct event event;
        world_event(&world, &event);
        const struct rule *rule = world_disagree(engine, &event, matching == MATCH_FIRST, &matched);
        if (rule != NULL) {
            printf("event %u, %s of '%.*s': rule '%s' differs\n", i,
                   event_type_info(event.type)->name, SV_ARG(event.fd.name), rule->name);
            return 1;
        }
        total += matched;
    }
    printf("%u rules, %d events, %llu matches: the same\n", engine_rule_count(engine), EVENTS,
           (unsigned long long)total);
    return total == 0;
}

int main(int argc, char **argv)
{
    scoped(ruleset_free) struct ruleset *set = ruleset_new();
    char path[4096];

    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(files); i++) {
        (void)snprintf(path, sizeof(path), "%s/data/rules/falco/%s", argv[1], files[i]);
        if (access(path, R_OK) != 0) {
            printf("skipped: no %s\n", path);
            return EXIT_SKIPPED;
        }
        if (ruleset_load_file(set, path) < 0)
            return 1;
    }
    if (argc < 2 || ruleset_compile(set) < 0)
        return 1;
    (void)ruleset_select(set, &(struct rule_selection){.enable = true, .pattern = SV("*")});
    world_start(&world, set, 1);
    int rc = run(set, MATCH_ALL) + run(set, MATCH_FIRST);
    world_end(&world);
    return rc == 0 ? 0 : 1;
}
