/* enrich/pod_json.h - a Pod object of the Kubernetes API, as JSON.
 *
 * Lists end at their limits; texts live in the arena given. Any thread. */
#pragma once

#include "base/attr.h"
#include "enrich/pods.h"

struct arena;
struct err;
struct json_doc;
struct json_node;

#define POD_JSON_MAX ((size_t)4 << 20) /* bytes of one object */
#define POD_LABELS_MAX 256u
#define POD_TEXT_MAX 16384u /* bytes kept of one text; longer ones are cut */

/* Fill *out from a Pod at `node`: metadata, owner (as the workload, too), containers with images,
 * ids and exec probes. Errors: -EINVAL, when it has no uid. */
must_check int pod_json_read(const struct json_doc *doc, const struct json_node *node,
                             struct arena *arena, struct pod_said *out, struct err *err);

/* The exec probes of one container in a Pod given as text; nothing is set when there are none. */
void pod_json_probes(struct sv json, struct sv container, struct arena *arena,
                     struct sv probe[PROBE_COUNT]);
