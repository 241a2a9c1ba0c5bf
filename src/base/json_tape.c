/* Reading the tape that json_reader.cc fills. */
#include "base/json.h"

const struct json_node *json_first(const struct json_doc *doc, const struct json_node *container)
{
    if (container == NULL || container->count == 0)
        return NULL;
    if (container->kind != JSON_ARRAY && container->kind != JSON_OBJECT)
        return NULL;
    return container + 1;
}

const struct json_node *json_next(const struct json_doc *doc, const struct json_node *container,
                                  const struct json_node *child)
{
    return child->next < container->next ? &doc->node[child->next] : NULL;
}

const struct json_node *json_get(const struct json_doc *doc, const struct json_node *object,
                                 struct sv key)
{
    if (object == NULL || object->kind != JSON_OBJECT)
        return NULL;
    const struct json_node *at = object + 1;
    for (uint32_t i = 0; i < object->count; i++) {
        if (sv_eq(at->text, key))
            return at + 1;
        at = &doc->node[at[1].next];
    }
    return NULL;
}

struct sv json_get_sv(const struct json_doc *doc, const struct json_node *object, struct sv key)
{
    const struct json_node *value = json_get(doc, object, key);

    return value != NULL && value->kind == JSON_STRING ? value->text : (struct sv){NULL, 0};
}
