/* match/finding_read.c - findings read back: for the store's keys and for a person's eyes. */
#include <errno.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/utf8.h"
#include "match/finding.h"

static const struct json_node *object(const struct json_doc *doc, const struct json_node *parent,
                                      const char *key)
{
    const struct json_node *node = parent == NULL ? NULL : json_get(doc, parent, sv(key));

    return node != NULL && node->kind == JSON_OBJECT ? node : NULL;
}

static struct sv text(const struct json_doc *doc, const struct json_node *parent, const char *key)
{
    return parent == NULL ? (struct sv){NULL, 0} : json_get_sv(doc, parent, sv(key));
}

static uint64_t time_of(const struct json_doc *doc, const struct json_node *root)
{
    const struct json_node *fields = object(doc, root, "output_fields");
    const struct json_node *time =
        fields == NULL ? NULL : json_get(doc, fields, SV("evt.time.iso8601"));

    return time != NULL && time->kind == JSON_I64 && time->i64 > 0 ? (uint64_t)time->i64 : 0;
}

static int read_keys(const struct json_doc *doc, struct finding_keys *out, struct err *err)
{
    const struct json_node *root = &doc->node[0];

    if (root->kind != JSON_OBJECT)
        return err_set(err, -EINVAL, "a finding must be a JSON object");
    const struct json_node *ours = object(doc, root, "tiercel");
    int priority = rule_priority_from(text(doc, root, "priority"));
    struct finding_keys keys = {
        .id = text(doc, root, "uuid"),
        .rule = text(doc, root, "rule"),
        .source = text(doc, root, "source"),
        .namespace_name = text(doc, ours, "namespace"),
        .pod_name = text(doc, object(doc, ours, "pod"), "name"),
        .container_id = text(doc, object(doc, ours, "container"), "id"),
        .owner = text(doc, ours, "owner"),
        .time_ns = time_of(doc, root),
    };
    if (keys.id.len != FINDING_ID_LEN)
        return err_set(err, -EINVAL, "member 'uuid' must be a UUID of %d characters",
                       FINDING_ID_LEN);
    if (keys.rule.len == 0 || keys.source.len == 0)
        return err_set(err, -EINVAL, "members 'rule' and 'source' must not be empty");
    if (priority < 0)
        return err_set(err, -EINVAL, "member 'priority' is none of Falco's");
    if (keys.time_ns == 0)
        return err_set(err, -EINVAL, "member 'output_fields' lacks a number 'evt.time.iso8601'");
    keys.priority = (enum rule_priority)priority;
    *out = keys;
    return 0;
}

int finding_read(struct sv json, struct arena *arena, struct finding_keys *out, struct err *err)
{
    struct json_doc doc;
    int rc = json_parse(json, arena, &doc, err);

    return rc < 0 ? rc : read_keys(&doc, out, err);
}

static const char *priority_colour(enum rule_priority priority)
{
    if (priority <= PRIORITY_ERROR)
        return "\033[1;31m";
    return priority == PRIORITY_WARNING ? "\033[1;33m" : "\033[36m";
}

int finding_line(struct sv json, struct arena *arena, bool colour, struct buf *out)
{
    struct finding_keys keys;
    struct json_doc doc;

    if (json_parse(json, arena, &doc, NULL) < 0 || read_keys(&doc, &keys, NULL) < 0)
        return -EINVAL;
    const char *priority = rule_priority_name(keys.priority);
    struct sv words = text(&doc, &doc.node[0], "output");
    size_t start = sv_find(words, sv(priority), 0);
    if (start != SIZE_MAX)
        words = sv_sub(words, start + strlen(priority) + 1, words.len);
    clock_time_of_day(out, keys.time_ns, true);
    buf_printf(out, ": %s%s%s ", colour ? priority_colour(keys.priority) : "", priority,
               colour ? "\033[0m" : "");
    utf8_put_visible(out, words);
    return out->error;
}
