/* app/stats_print.h - the documents of a control socket (docs/reference/stats.md) for people: what
 * is not there is left out. Text in them is shown with hostile characters escaped. */
#pragma once

#include <stdbool.h>

struct buf;
struct json_doc;

#define STATS_COMPARISONS_SHOWN 40u

void stats_print(const struct json_doc *doc, struct buf *out);
void stats_print_rules(const struct json_doc *doc, struct buf *out);
void stats_print_reload(const struct json_doc *doc, bool reloaded, struct buf *out);
