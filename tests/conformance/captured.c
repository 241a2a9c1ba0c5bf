/* Every type of event that Falco's own rules ask for is one that the sensor makes.
 *
 *     captured SHARED_DIR     exit 0 all are, 1 some are not (printed), 77 the data are not there
 */
#include <stdio.h>
#include <unistd.h>

#include "base/attr.h"
#include "decode/wire.h"
#include "event/event_type.h"
#include "lang/falco/ruleset.h"
#include "match/engine.h"

enum { EXIT_SKIPPED = 77 };

static const char *const files[] = {
    "falco_rules.yaml",
    "falco-incubating_rules.yaml",
    "falco-sandbox_rules.yaml",
    "falco-deprecated_rules.yaml",
};

/* What no system call makes. */
static bool is_made_otherwise(enum event_type type)
{
    return type == EVENT_PROCEXIT;
}

static int check(const struct engine *engine)
{
    struct event_set types;
    bool all;

    engine_types(engine, &types, &all);
    struct wire_calls calls = wire_calls_of(&types);
    uint32_t asked = 0, missing = 0, made = 0;
    for (enum event_type type = EVENT_NONE + 1; type < event_type_count(); type++) {
        const struct event_type_info *info = event_type_info(type);
        if (!event_set_has(&types, type))
            continue;
        asked++;
        made += is_made_otherwise(type);
        if (!info->captured)
            missing++;
        printf("%s%s", info->captured ? "" : "NOT CAPTURED: ", info->name);
        printf("%s", asked % 12 == 0 ? "\n" : " ");
    }
    for (uint32_t call = 0; call < WIRE_CALL_COUNT; call++)
        made += wire_calls_has(&calls, call) != 0;
    printf("\n%u rules ask for %u types%s: %u are captured by %u calls\n",
           engine_rule_count(engine), asked, all ? ", and some for every type" : "",
           asked - missing, made);
    return missing == 0 && made >= asked && asked > 0 ? 0 : 1;
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
    scoped(engine_free) struct engine *engine = engine_new(
        set, &(struct engine_options){
                 .source = SOURCE_SYSCALL, .matching = MATCH_ALL, .priority_max = PRIORITY_DEBUG});
    return check(engine);
}
