#include "app/stats_print.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"

/* ---------------------------------------------------------------------------------- the counters
 */

static void put_scalar(const struct json_node *node, struct buf *out)
{
    switch ((enum json_kind)node->kind) {
    case JSON_I64:
        buf_i64(out, node->i64);
        break;
    case JSON_U64:
        buf_u64(out, node->u64);
        break;
    case JSON_STRING:
        utf8_put_visible(out, node->text);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        buf_str(out, node->kind == JSON_TRUE ? "yes" : "no");
        break;
    default:
        buf_char(out, '-');
        break;
    }
}

/* Each scalar on a line of its own under the name of its object. */
static void put_object(const struct json_doc *doc, const struct json_node *object, struct sv name,
                       struct buf *out)
{
    const struct json_node *key = json_first(doc, object);

    while (key != NULL) {
        const struct json_node *value = json_next(doc, object, key);
        scoped(buf_done) struct buf label = {0};
        buf_printf(&label, "%.*s%s", SV_ARG(name), name.len > 0 ? " " : "");
        utf8_put_visible(&label, key->text);
        if (value->kind == JSON_OBJECT) {
            put_object(doc, value, buf_view(&label), out);
        } else {
            buf_printf(out, "%-32s ", buf_cstr(&label));
            put_scalar(value, out);
            buf_char(out, '\n');
        }
        key = json_next(doc, object, value);
    }
}

void stats_print(const struct json_doc *doc, struct buf *out)
{
    put_object(doc, &doc->node[0], SV(""), out);
}

/* ------------------------------------------------------------------------------------ the tables
 */

struct row {
    const struct json_node *node;
    uint64_t mean_ns, weight; /* what the rows are sorted by, the greatest first */
};

struct table {
    struct row *row;
    uint32_t count;
};

static uint64_t number(const struct json_doc *doc, const struct json_node *object, struct sv key)
{
    const struct json_node *node = json_get(doc, object, key);

    if (node == NULL)
        return 0;
    if (node->kind == JSON_U64)
        return node->u64;
    return node->kind == JSON_I64 && node->i64 > 0 ? (uint64_t)node->i64 : 0;
}

static int heaviest_first(const void *left, const void *right)
{
    const struct row *a = left;
    const struct row *b = right;

    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    return a->node < b->node ? -1 : a->node > b->node;
}

/* `times`: a member that the mean time is multiplied by; empty: none. */
static struct table sorted(const struct json_doc *doc, struct sv key, struct sv times)
{
    const struct json_node *list = json_get(doc, &doc->node[0], key);
    struct table table = {0};

    if (list == NULL || list->kind != JSON_ARRAY)
        return table;
    table.row = xcalloc(list->count, sizeof(*table.row));
    for (const struct json_node *node = json_first(doc, list); node != NULL;
         node = json_next(doc, list, node)) {
        struct row *row = &table.row[table.count++];
        row->node = node;
        row->mean_ns = number(doc, node, SV("mean_ns"));
        row->weight = times.len > 0 ? row->mean_ns * number(doc, node, times) : row->mean_ns;
    }
    qsort(table.row, table.count, sizeof(*table.row), heaviest_first);
    return table;
}

static void put_number(struct buf *out, int width, uint64_t value)
{
    buf_printf(out, "%*llu  ", width, (unsigned long long)value);
}

/* Nothing was measured: a dash. */
static void put_mean(const struct json_doc *doc, const struct row *row, struct buf *out)
{
    if (number(doc, row->node, SV("samples")) == 0)
        buf_printf(out, "%8s  ", "-");
    else
        put_number(out, 8, row->mean_ns);
}

static void put_engine(const struct json_doc *doc, struct buf *out)
{
    const struct json_node *engine = json_get(doc, &doc->node[0], SV("engine"));

    if (engine == NULL)
        return;
    buf_printf(out, "%llu events, %llu rules, since ",
               (unsigned long long)number(doc, engine, SV("events")),
               (unsigned long long)number(doc, engine, SV("rules")));
    utf8_put_visible(out, json_get_sv(doc, &doc->node[0], SV("since")));
    if (number(doc, engine, SV("samples")) > 0)
        buf_printf(out, "; all rules together %llu ns an event (%llu measured)",
                   (unsigned long long)number(doc, engine, SV("mean_ns")),
                   (unsigned long long)number(doc, engine, SV("samples")));
    buf_str(out, "\n\n");
}

static void put_rules(const struct json_doc *doc, struct buf *out)
{
    struct table table = sorted(doc, SV("rules"), SV(""));

    buf_printf(out, "%10s  %10s  %8s  %8s  %6s  %s\n", "matches", "evaluated", "alone ns",
               "measured", "limits", "rule");
    for (uint32_t i = 0; i < table.count; i++) {
        const struct json_node *node = table.row[i].node;
        put_number(out, 10, number(doc, node, SV("matches")));
        put_number(out, 10, number(doc, node, SV("evaluations")));
        put_mean(doc, &table.row[i], out);
        put_number(out, 8, number(doc, node, SV("samples")));
        put_number(out, 6, number(doc, node, SV("regex_limits")));
        utf8_put_visible(out, json_get_sv(doc, node, SV("rule")));
        buf_char(out, '\n');
    }
    free(table.row);
}

static void put_comparisons(const struct json_doc *doc, struct buf *out)
{
    struct table table = sorted(doc, SV("comparisons"), SV("made"));

    buf_printf(out, "\n%10s  %10s  %8s  %5s  %s\n", "made", "held", "alone ns", "rules",
               "comparison");
    for (uint32_t i = 0; i < table.count && i < STATS_COMPARISONS_SHOWN; i++) {
        const struct json_node *node = table.row[i].node;
        put_number(out, 10, number(doc, node, SV("made")));
        put_number(out, 10, number(doc, node, SV("held")));
        put_mean(doc, &table.row[i], out);
        put_number(out, 5, number(doc, node, SV("rules")));
        utf8_put_visible(out, json_get_sv(doc, node, SV("comparison")));
        buf_char(out, '\n');
    }
    if (table.count > STATS_COMPARISONS_SHOWN)
        buf_printf(out, "... and %u more: --json\n", table.count - STATS_COMPARISONS_SHOWN);
    free(table.row);
}

void stats_print_rules(const struct json_doc *doc, struct buf *out)
{
    put_engine(doc, out);
    put_rules(doc, out);
    put_comparisons(doc, out);
    buf_str(out,
            "\nevaluated, made: looked at in full; most events are settled for many rules at once\n"
            "alone: measured on some events, as if nothing had been asked about them before\n");
}

/* ----------------------------------------------------------------------------------- the reload */

static void put_fault(const struct json_doc *doc, const struct json_node *fault, struct buf *out)
{
    const struct json_node *context = json_get(doc, fault, SV("context"));
    const struct json_node *places =
        context == NULL ? NULL : json_get(doc, context, SV("locations"));
    const struct json_node *place = places == NULL ? NULL : json_first(doc, places);
    const struct json_node *position = place == NULL ? NULL : json_get(doc, place, SV("position"));

    if (position != NULL)
        utf8_put_visible(out, json_get_sv(doc, position, SV("name")));
    buf_printf(out, ":%llu:%llu: error: ", (unsigned long long)number(doc, fault, SV("line")),
               (unsigned long long)number(doc, fault, SV("column")));
    utf8_put_visible(out, json_get_sv(doc, fault, SV("message")));
    struct sv mend = json_get_sv(doc, fault, SV("mend"));
    if (mend.len > 0) {
        buf_str(out, "\n    help: ");
        utf8_put_visible(out, mend);
    }
    buf_char(out, '\n');
}

void stats_print_reload(const struct json_doc *doc, bool reloaded, struct buf *out)
{
    const struct json_node *root = &doc->node[0];
    const struct json_node *errors = json_get(doc, root, SV("errors"));

    if (reloaded) {
        buf_printf(out, "reloaded: %llu rules are on\n",
                   (unsigned long long)number(doc, root, SV("rules")));
        return;
    }
    for (const struct json_node *fault =
             errors == NULL || errors->kind != JSON_ARRAY ? NULL : json_first(doc, errors);
         fault != NULL; fault = json_next(doc, errors, fault))
        put_fault(doc, fault, out);
    buf_str(out, "not reloaded, the old rules go on: ");
    utf8_put_visible(out, json_get_sv(doc, root, SV("error")));
    buf_char(out, '\n');
}
