/* decode/gke.h - audit records of GKE, which come as log entries of Google Cloud, made into the
 * records that a Kubernetes API server writes. Any thread. */
#pragma once

#include "base/attr.h"
#include "base/json.h"

struct arena;

/* Is it a log entry about a call of a Kubernetes API? */
bool gke_is_audit(const struct json_doc *doc, const struct json_node *entry);

/* The audit event of such an entry, in `arena`. What the entry does not say, the status and the
 * stage, is inferred from the verb. Errors: -EINVAL, -E2BIG, -ENOMEM. */
must_check int gke_audit_event(const struct json_doc *doc, const struct json_node *entry,
                               struct arena *arena, struct json_doc *out);
