#include "app/ready.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/sv.h"

void ready_tell(void)
{
    const char *text = getenv(READY_VARIABLE);
    uint64_t fd = 0;

    if (text == NULL || !sv_to_u64(sv(text), &fd) || fd <= STDERR_FILENO || fd > INT32_MAX)
        return;
    ssize_t put = write((int)fd, "+", 1); /* a supervisor that has gone is told by its own death */
    (void)put;
    (void)close((int)fd);
    (void)unsetenv(READY_VARIABLE);
}

uint32_t ready_parent(void)
{
    return getenv(READY_VARIABLE) == NULL ? 0 : (uint32_t)getppid();
}
