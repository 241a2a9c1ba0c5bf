#include "event/event.h"

#include <assert.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/attr.h"

static const char *const source_names[] = {
    [SOURCE_SYSCALL] = "syscall",
    [SOURCE_K8S_AUDIT] = "k8s_audit",
    [SOURCE_AWS_CLOUDTRAIL] = "aws_cloudtrail",
    [SOURCE_GCP_AUDITLOG] = "gcp_auditlog",
    [SOURCE_OKTA] = "okta",
    [SOURCE_GITHUB] = "github",
};
_Static_assert(ARRAY_LEN(source_names) == SOURCE_COUNT, "every source has a name");

const char *event_source_name(enum event_source source)
{
    assert(source < SOURCE_COUNT);
    return source_names[source];
}

int event_source_from(struct sv name)
{
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (sv_eq(sv(source_names[i]), name))
            return i;
    }
    return -1;
}

uint32_t event_opening(const struct event *event)
{
    uint32_t flags = event->open_flags;
    bool makes =
        event->type == EVENT_CREAT || (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    bool runs = (event->mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
    uint32_t opening = makes && runs ? EVENT_OPENS_EXEC : 0;

    if (!event_opens(event->type))
        return 0;
    if (event->type == EVENT_CREAT)
        return opening;
    switch (flags & O_ACCMODE) {
    case O_RDONLY:
        return opening | EVENT_OPENS_READ;
    case O_WRONLY:
        return opening | EVENT_OPENS_WRITE;
    case O_RDWR:
        return opening | EVENT_OPENS_READ | EVENT_OPENS_WRITE;
    default:
        return opening;
    }
}

uint32_t event_dev(uint32_t dev)
{
    uint32_t major = dev >> 20;
    uint32_t minor = dev & 0xfffff;

    return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}
