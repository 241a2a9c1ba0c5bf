/* github.*: a webhook event of GitHub.
 *
 * A meaning that is a path names the member of the record that the value comes from. */
#include "event/fields.h"

#define ROW(name, type, arg, flags, meaning)                                                       \
    FIELD_ROW(1u << SOURCE_GITHUB, name, type, arg, (flags) | FIELD_NO_VALUE, NULL, meaning)

/* clang-format off */
static const struct field rows[] = {
    ROW("github.action", CHARBUF, NONE, 0, "action"),
    ROW("github.collaborator.name", CHARBUF, NONE, 0, "who the collaborator is: member.login"),
    ROW("github.collaborator.role", CHARBUF, NONE, 0, "role the collaborator was given"),
    ROW("github.commit.added", CHARBUF, NONE, 0, "files added by the commits"),
    ROW("github.commit.modified", CHARBUF, NONE, 0, "files changed by the commits"),
    ROW("github.commit.removed", CHARBUF, NONE, 0, "files removed by the commits"),
    ROW("github.diff.committed_secrets.desc", CHARBUF, NONE, 0, "what the secrets look like"),
    ROW("github.diff.committed_secrets.files", CHARBUF, NONE, 0, "files that hold them"),
    ROW("github.diff.committed_secrets.lines", CHARBUF, NONE, 0, "lines that hold them"),
    ROW("github.diff.committed_secrets.links", CHARBUF, NONE, 0, "links to those lines"),
    ROW("github.diff.has_secrets", CHARBUF, NONE, 0,
        "true when the commits hold what looks like a secret"),
    ROW("github.org", CHARBUF, NONE, 0, "organization.login"),
    ROW("github.owner", CHARBUF, NONE, 0, "repository.owner.login"),
    ROW("github.repo", CHARBUF, NONE, 0, "repository.html_url"),
    ROW("github.repo.description", CHARBUF, NONE, 0, "repository.description"),
    ROW("github.repo.name", CHARBUF, NONE, 0, "owner/name of the repository"),
    ROW("github.repo.public", CHARBUF, NONE, 0, "true or false"),
    ROW("github.repo.url", CHARBUF, NONE, 0, "repository.html_url"),
    ROW("github.type", CHARBUF, NONE, 0, "kind of event, from the header X-GitHub-Event"),
    ROW("github.user", CHARBUF, NONE, 0, "sender.login"),
    ROW("github.webhook.id", CHARBUF, NONE, 0, "hook.id"),
    ROW("github.webhook.type", CHARBUF, NONE, 0, "hook.type"),
    ROW("github.workflow.filename", CHARBUF, NONE, 0, "workflow.path"),
    ROW("github.workflow.has_miners", CHARBUF, NONE, 0, "true when the workflow runs a coin miner"),
    ROW("github.workflow.miners.type", CHARBUF, NONE, 0, "how the miners were recognised"),
};
/* clang-format on */

const struct field_table field_table_github = FIELD_TABLE("GitHub", rows);
