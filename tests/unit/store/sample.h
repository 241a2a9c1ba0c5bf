/* tests/unit/store/sample.h - a directory to put a store in, and findings to put into the store. */
#pragma once

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store.h"
#include "tests/unit/test.h"

#define SAMPLE_TIME_NS 1800000000000000000ULL
#define SAMPLE_JSON_MAX 32768

struct place {
    char dir[128];
    char path[160]; /* of the store in it */
};

static inline struct place place_make(void)
{
    const char *base = getenv("TMPDIR");
    struct place place;

    (void)snprintf(place.dir, sizeof(place.dir), "%s/tiercel-store-XXXXXX",
                   base == NULL ? "/tmp" : base);
    assert_non_null(mkdtemp(place.dir));
    (void)snprintf(place.path, sizeof(place.path), "%s/findings.db", place.dir);
    return place;
}

static inline void place_empty(const struct place *place)
{
    DIR *dir = opendir(place->dir);

    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    }
    (void)closedir(dir);
}

static inline void scoped_place_remove(struct place *place)
{
    place_empty(place);
    (void)rmdir(place->dir);
}

/* Finding number `n`: everything in it follows from n, so that a half-written one shows. */
struct sample {
    char id[32], rule[32], namespace_name[32], pod_name[32];
    char json[SAMPLE_JSON_MAX];
    struct store_finding finding;
};

static inline const struct store_finding *sample_make(struct sample *s, uint64_t n, size_t padding)
{
    (void)snprintf(s->id, sizeof(s->id), "id-%08llu", (unsigned long long)n);
    (void)snprintf(s->rule, sizeof(s->rule), "rule %u", (unsigned)(n % 4));
    (void)snprintf(s->namespace_name, sizeof(s->namespace_name), "ns%u", (unsigned)(n % 3));
    (void)snprintf(s->pod_name, sizeof(s->pod_name), "pod%u", (unsigned)(n % 5));
    int len = snprintf(s->json, sizeof(s->json), "{\"n\":%llu,\"pad\":\"%0*llu\"}",
                       (unsigned long long)n, (int)padding, (unsigned long long)n);
    assert_true(len > 0 && (size_t)len < sizeof(s->json));
    s->finding = (struct store_finding){
        .id = sv(s->id),
        .time_ns = SAMPLE_TIME_NS + n * 1000,
        .priority = (uint8_t)(n % 8),
        .rule = sv(s->rule),
        .source = SV("syscall"),
        .namespace_name = sv(s->namespace_name),
        .pod_name = sv(s->pod_name),
        .container_id = SV("0123456789ab"),
        .owner = SV("team-a"),
        .json = sv(s->json),
    };
    return &s->finding;
}

static inline uint64_t sample_number(const struct store_finding *finding)
{
    return (uint64_t)((finding->time_ns - SAMPLE_TIME_NS) / 1000);
}

/* Is `finding` what sample_make(n, padding) made, in every member? */
static inline bool sample_is_whole(const struct store_finding *finding, size_t padding)
{
    struct sample s;
    const struct store_finding *made = sample_make(&s, sample_number(finding), padding);

    return sv_eq(made->id, finding->id) && made->priority == finding->priority &&
           sv_eq(made->rule, finding->rule) && sv_eq(made->source, finding->source) &&
           sv_eq(made->namespace_name, finding->namespace_name) &&
           sv_eq(made->pod_name, finding->pod_name) &&
           sv_eq(made->container_id, finding->container_id) && sv_eq(made->owner, finding->owner) &&
           sv_eq(made->json, finding->json);
}
