#include "lang/falco/items.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

bool items_text(struct items *items, struct sv text, struct sv *out)
{
    char *copy = arena_try(items->arena, text.len + 1);

    if (copy == NULL)
        return false;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    *out = (struct sv){copy, text.len};
    return true;
}

void *items_grow(struct items *items, void *array, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return array;
    uint32_t more = *room == 0 ? 4 : *room * 2;
    if (more < *room)
        return NULL;
    void *grown = arena_array_size(items->arena, size, more);
    if (grown == NULL)
        return NULL;
    if (count > 0)
        memcpy(grown, array, count * size);
    *room = more;
    return grown;
}

static struct diag_place place_of(const struct spot *spot)
{
    return (struct diag_place){
        .file = spot->file->name,
        .line = spot->at.line,
        .column = spot->at.column,
        .offset = spot->at.offset,
        .item_type = spot->type,
        .item_name = spot->name.ptr,
    };
}

int items_report(struct items *items, enum diag_code code, const struct spot *spot,
                 const char *mend, const char *fmt, ...)
{
    char message[DIAG_TEXT_MAX];
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(message, sizeof(message), fmt, args) < 0)
        message[0] = '\0';
    va_end(args);

    struct diag diag = {
        .level = diag_code_level(code),
        .code = code,
        .place = place_of(spot),
        .message = message,
        .mend = mend,
    };
    const struct spot *item = spot->within;
    while (item != NULL && item->within != NULL)
        item = item->within;
    if (item != NULL)
        diag.within = place_of(item);
    (void)diags_add(items->diags, &diag, spot->file->text);
    return diag.level == DIAG_ERROR ? -EINVAL : 0;
}

int items_full(struct items *items, const struct spot *spot)
{
    (void)items_report(items, DIAG_ERR_VALIDATE, spot, "split the rules over several sets",
                       "all rules together take more than %zu MB", ITEMS_BYTES_MAX >> 20);
    return -E2BIG;
}

void items_done(struct items *items)
{
    for (int kind = 0; kind < ITEM_KINDS; kind++)
        map_done(&items->table[kind].by_name);
}
