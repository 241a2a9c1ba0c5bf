/* user.* and group.*: on whose behalf the process acts. The ids are the effective ones. */
#include "event/fields.h"

/* What Falco shows for an id without a name: a text like any other, not an absent value. */
static uint32_t name_or_na(struct value *out, struct sv name)
{
    return field_sv(out, name.len > 0 ? name : SV("<NA>"));
}

static const struct user no_user;

static const struct user *user_of(const struct event *e)
{
    const struct user *user = e->process->user;

    return user != NULL && user->uid == e->process->creds.euid ? user : &no_user;
}

static uint32_t user_uid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_u64(out, e->process->creds.euid);
}

static uint32_t user_name(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : name_or_na(out, user_of(e)->name);
}

static uint32_t user_homedir(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : name_or_na(out, user_of(e)->home);
}

static uint32_t user_shell(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : name_or_na(out, user_of(e)->shell);
}

static uint32_t user_loginuid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    uint32_t uid = e->process == NULL ? 0 : e->process->creds.login_uid;

    if (e->process == NULL)
        return 0;
    return field_i64(out, uid == PROCESS_NO_UID ? -1 : (int64_t)uid);
}

static uint32_t user_loginname(const struct event *e, const struct field_ref *ref,
                               struct value *out)
{
    const struct user *user = e->process == NULL ? NULL : e->process->login_user;

    if (e->process == NULL)
        return 0;
    if (user == NULL || e->process->creds.login_uid == PROCESS_NO_UID)
        user = &no_user;
    return name_or_na(out, user->name);
}

static uint32_t group_gid(const struct event *e, const struct field_ref *ref, struct value *out)
{
    return e->process == NULL ? 0 : field_u64(out, e->process->creds.egid);
}

static uint32_t group_name(const struct event *e, const struct field_ref *ref, struct value *out)
{
    const struct group *group = e->process == NULL ? NULL : e->process->group;

    if (e->process == NULL)
        return 0;
    if (group == NULL || group->gid != e->process->creds.egid)
        return name_or_na(out, (struct sv){NULL, 0});
    return name_or_na(out, group->name);
}

#define ROW(name, type, extract, meaning)                                                          \
    FIELD_ROW(FIELD_SYSCALL, name, type, NONE, FIELD_PROCESS, extract, meaning)

/* clang-format off */
static const struct field rows[] = {
    ROW("group.gid", UINT32, group_gid, "id of the group the process acts as"),
    ROW("group.name", CHARBUF, group_name, "its name, <NA> when it has none"),
    ROW("user.homedir", CHARBUF, user_homedir, "home directory of the user"),
    ROW("user.loginname", CHARBUF, user_loginname, "name of the user who logged in"),
    ROW("user.loginuid", INT64, user_loginuid,
        "id of the user who logged in, kept across su and sudo; -1 without a login"),
    ROW("user.name", CHARBUF, user_name,
        "name of the user, from the container's own list inside one; <NA> when it has none"),
    ROW("user.shell", CHARBUF, user_shell, "login shell of the user"),
    ROW("user.uid", UINT32, user_uid, "id of the user the process acts as"),
};
/* clang-format on */

const struct field_table field_table_user = FIELD_TABLE("Users and groups", rows);
