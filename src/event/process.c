#include "event/process.h"

struct sv process_entered_name(enum process_entered entered)
{
    switch (entered) {
    case ENTERED_AT_START:
        return SV("start");
    case ENTERED_BY_RUNTIME:
        return SV("exec");
    case ENTERED_NAMESPACES:
        return SV("namespaces");
    case ENTERED_NOT:
        break;
    }
    return (struct sv){NULL, 0};
}

const struct process *process_entry_of(const struct process *process)
{
    if (process == NULL || process->entered == ENTERED_NOT)
        return NULL;
    for (int i = 0; process != NULL && !process->is_entry && i < PROCESS_ANCESTORS_MAX; i++)
        process = process->parent;
    return process != NULL && process->is_entry ? process : NULL;
}
