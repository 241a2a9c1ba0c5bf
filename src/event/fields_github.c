/* github.*: a webhook event of GitHub.
 *
 * A meaning that is a path names the member of the record that the value comes from. What depends
 * on the contents of commits and workflows is there when whoever received the event looked into
 * them and added `files` and `workflow_miner_detections` to it, as Falco's plugin does. */
#include "event/fields.h"
#include "event/json_field.h"

static uint32_t joined_at(const struct event *event, const char *const *path, struct value *out)
{
    const struct field_ref all = {.field = NULL};
    struct value each[FIELD_VALUES_MAX];

    return field_joined(event, each, event_json_values(event, &all, path, each), "", "", out);
}

/* --- commits --------------------------------------------------------------------------------- */

static uint32_t commits_added(const struct event *event, const struct field_ref *ref,
                              struct value *out)
{
    return joined_at(event, JSON_PATH("commits", JSON_EACH, "added", JSON_EACH), out);
}

static uint32_t commits_modified(const struct event *event, const struct field_ref *ref,
                                 struct value *out)
{
    return joined_at(event, JSON_PATH("commits", JSON_EACH, "modified", JSON_EACH), out);
}

static uint32_t commits_removed(const struct event *event, const struct field_ref *ref,
                                struct value *out)
{
    return joined_at(event, JSON_PATH("commits", JSON_EACH, "removed", JSON_EACH), out);
}

/* --- secrets that the receiver found --------------------------------------------------------- */

static uint32_t secret_kinds(const struct event *event, const struct field_ref *ref,
                             struct value *out)
{
    return joined_at(event, JSON_PATH("files", JSON_EACH, "matches", JSON_EACH, "desc"), out);
}

static uint32_t secret_lines(const struct event *event, const struct field_ref *ref,
                             struct value *out)
{
    return joined_at(event, JSON_PATH("files", JSON_EACH, "matches", JSON_EACH, "line"), out);
}

static uint32_t has_secrets(const struct event *event, const struct field_ref *ref,
                            struct value *out)
{
    struct value each[FIELD_VALUES_MAX];
    bool any = event_json_values(event, ref, JSON_PATH("files", JSON_EACH, "matches", JSON_EACH),
                                 each) > 0;

    return event->json.node == NULL ? 0 : field_sv(out, any ? SV("true") : SV("false"));
}

/* For each secret: append something about it, commas between. */
typedef void (*secret_fn)(struct buf *out, const struct event *event, const struct json_node *file,
                          const struct json_node *match);

static bool write_secrets(struct buf *out, const struct event *event, secret_fn write)
{
    const struct json_doc *doc = event->json.doc;
    const struct json_node *files = event_json_at(event, JSON_PATH("files"));
    bool any = false;

    if (files == NULL || files->kind != JSON_ARRAY)
        return false;
    for (const struct json_node *f = json_first(doc, files); f != NULL;
         f = json_next(doc, files, f)) {
        const struct json_node *all = json_get(doc, f, SV("matches"));
        if (all == NULL || all->kind != JSON_ARRAY)
            continue;
        for (const struct json_node *m = json_first(doc, all); m != NULL;
             m = json_next(doc, all, m)) {
            buf_str(out, any ? "," : "");
            write(out, event, f, m);
            any = true;
        }
    }
    return any;
}

static void write_file(struct buf *out, const struct event *event, const struct json_node *file,
                       const struct json_node *match)
{
    buf_sv(out, json_get_sv(event->json.doc, file, SV("name")));
}

static void write_link(struct buf *out, const struct event *event, const struct json_node *file,
                       const struct json_node *match)
{
    const struct json_node *line = json_get(event->json.doc, match, SV("line"));

    buf_sv(out, event_json_text(event, JSON_PATH("repository", "html_url")));
    buf_str(out, "/blob/");
    buf_sv(out, event_json_text(event, JSON_PATH("head_commit", "id")));
    buf_char(out, '/');
    write_file(out, event, file, match);
    buf_str(out, "/#L");
    if (line != NULL && line->kind == JSON_I64)
        buf_i64(out, line->i64);
}

static bool write_files(struct buf *out, const struct event *event, const struct field_ref *ref)
{
    return write_secrets(out, event, write_file);
}

static bool write_links(struct buf *out, const struct event *event, const struct field_ref *ref)
{
    return write_secrets(out, event, write_link);
}

static uint32_t secret_files(const struct event *event, const struct field_ref *ref,
                             struct value *out)
{
    return field_written(event, ref, write_files, out);
}

static uint32_t secret_links(const struct event *event, const struct field_ref *ref,
                             struct value *out)
{
    return field_written(event, ref, write_links, out);
}

/* --- the repository and its workflows -------------------------------------------------------- */

static uint32_t repository_name(const struct event *event, const struct field_ref *ref,
                                struct value *out)
{
    struct sv url = event_json_text(event, JSON_PATH("repository", "html_url"));
    struct sv site = SV("https://github.com/");

    return field_sv(out, sv_starts(url, site) ? sv_sub(url, site.len, url.len) : url);
}

static uint32_t repository_public(const struct event *event, const struct field_ref *ref,
                                  struct value *out)
{
    const struct json_node *node = event_json_at(event, JSON_PATH("repository", "private"));

    if (event->json.node == NULL)
        return 0;
    return field_sv(out, node != NULL && node->kind == JSON_TRUE ? SV("false") : SV("true"));
}

static uint32_t has_miners(const struct event *event, const struct field_ref *ref,
                           struct value *out)
{
    const struct json_node *found =
        event_json_at(event, JSON_PATH("workflow_miner_detections", "matches"));
    bool any = found != NULL && found->kind == JSON_ARRAY && found->count > 0;

    return event->json.node == NULL ? 0 : field_sv(out, any ? SV("true") : SV("false"));
}

static uint32_t miner_kinds(const struct event *event, const struct field_ref *ref,
                            struct value *out)
{
    struct value each[FIELD_VALUES_MAX];
    uint32_t different = 0;
    uint32_t count = event_json_values(
        event, ref, JSON_PATH("workflow_miner_detections", "matches", JSON_EACH, "type"), each);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = 0;
        while (j < different && !sv_eq(each[j].text, each[i].text))
            j++;
        if (j == different)
            each[different++] = each[i];
    }
    return field_joined(event, each, different, "", "", out);
}

/* --- the rows -------------------------------------------------------------------------------- */

#define SOURCE (1u << SOURCE_GITHUB)
/* clang-format off */
#define ROW(name, arg, flags, meaning, ...) \
    FIELD_JSON_ROW(SOURCE, name, CHARBUF, arg, flags, field_json_path, meaning, __VA_ARGS__)
#define MADE(name, type, arg, flags, extract, meaning) \
    FIELD_ROW(SOURCE, name, type, arg, flags, extract, meaning)

static const struct field rows[] = {
    ROW("github.action", NONE, 0, "action", "action"),
    ROW("github.collaborator.name", NONE, 0,
        "who the collaborator is: member.login", "member", "login"),
    ROW("github.collaborator.role", NONE, 0,
        "role the collaborator was given", "changes", "permission", "to"),
    MADE("github.commit.added", CHARBUF, NONE, 0, commits_added, "files added by the commits"),
    MADE("github.commit.modified", CHARBUF, NONE, 0, commits_modified,
        "files changed by the commits"),
    MADE("github.commit.removed", CHARBUF, NONE, 0, commits_removed,
        "files removed by the commits"),
    MADE("github.diff.committed_secrets.desc", CHARBUF, NONE, 0, secret_kinds,
        "what the secrets look like"),
    MADE("github.diff.committed_secrets.files", CHARBUF, NONE, 0, secret_files,
        "files that hold them"),
    MADE("github.diff.committed_secrets.lines", CHARBUF, NONE, 0, secret_lines,
        "lines that hold them"),
    MADE("github.diff.committed_secrets.links", CHARBUF, NONE, 0, secret_links,
        "links to those lines"),
    MADE("github.diff.has_secrets", CHARBUF, NONE, 0, has_secrets,
        "true when the commits hold what looks like a secret"),
    ROW("github.org", NONE, 0, "organization.login", "organization", "login"),
    ROW("github.owner", NONE, 0, "repository.owner.login", "repository", "owner", "login"),
    ROW("github.repo", NONE, 0, "repository.html_url", "repository", "html_url"),
    ROW("github.repo.description", NONE, 0, "repository.description", "repository", "description"),
    MADE("github.repo.name", CHARBUF, NONE, 0, repository_name, "owner/name of the repository"),
    MADE("github.repo.public", CHARBUF, NONE, 0, repository_public, "true or false"),
    ROW("github.repo.url", NONE, 0, "repository.html_url", "repository", "html_url"),
    ROW("github.type", NONE, 0, "kind of event, from the header X-GitHub-Event", "webhook_type"),
    ROW("github.user", NONE, 0, "sender.login", "sender", "login"),
    ROW("github.webhook.id", NONE, 0, "hook.id", "hook", "id"),
    ROW("github.webhook.type", NONE, 0, "hook.type", "hook", "type"),
    ROW("github.workflow.filename", NONE, 0, "workflow.path", "workflow", "path"),
    MADE("github.workflow.has_miners", CHARBUF, NONE, 0, has_miners,
        "true when the workflow runs a coin miner"),
    MADE("github.workflow.miners.type", CHARBUF, NONE, 0, miner_kinds,
        "how the miners were recognised"),
};
/* clang-format on */

const struct field_table field_table_github = FIELD_TABLE("GitHub", rows);
