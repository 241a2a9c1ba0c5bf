/* app/stored_finding.h - a finding as the store takes it: match/ knows what a finding says, store/
 * what it keeps. */
#pragma once

#include "match/finding.h"
#include "store/store.h"

/* Views of `keys` and `json`. */
static inline struct store_finding stored_finding(const struct finding_keys *keys, struct sv json)
{
    return (struct store_finding){
        .id = keys->id,
        .time_ns = keys->time_ns,
        .priority = (uint8_t)keys->priority,
        .rule = keys->rule,
        .source = keys->source,
        .namespace_name = keys->namespace_name,
        .pod_name = keys->pod_name,
        .container_id = keys->container_id,
        .owner = keys->owner,
        .json = json,
    };
}
