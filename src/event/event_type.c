#include "event/event_type.h"

#include <assert.h>

#include "event/event_table.h"

uint32_t event_type_count(void)
{
    return event_table_count;
}

const struct event_type_info *event_type_info(enum event_type type)
{
    assert(type < event_table_count);
    return &event_table[type];
}

enum event_type event_type_from(struct sv name)
{
    uint32_t low = EVENT_TYPE_NAMED;
    uint32_t high = event_table_count;

    for (uint32_t i = EVENT_NONE + 1; i < EVENT_TYPE_NAMED; i++) {
        if (sv_eq(sv(event_table[i].name), name))
            return i;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = sv_cmp(name, sv(event_table[middle].name));
        if (order == 0)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return EVENT_NONE;
}

int event_param_index(enum event_type type, struct sv name)
{
    const struct event_type_info *info = event_type_info(type);

    for (uint32_t i = 0; i < info->param_count; i++) {
        if (sv_eq(sv(info->param[i].name), name))
            return (int)i;
    }
    return -1;
}

const struct event_param *event_param_find(struct sv name)
{
    for (enum event_type type = 0; type < event_table_count; type++) {
        int index = event_param_index(type, name);
        if (index >= 0)
            return &event_table[type].param[index];
    }
    return NULL;
}
