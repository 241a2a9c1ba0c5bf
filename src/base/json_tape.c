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

static void write_contents(struct json_writer *w, const struct json_doc *doc,
                           const struct json_node *container)
{
    bool is_key = container->kind == JSON_OBJECT;
    bool keys = is_key;

    for (const struct json_node *at = json_first(doc, container); at != NULL;
         at = json_next(doc, container, at)) {
        if (is_key)
            json_key_sv(w, at->text);
        else
            json_node_write(w, doc, at);
        is_key = keys && !is_key;
    }
}

void json_node_write(struct json_writer *w, const struct json_doc *doc,
                     const struct json_node *node)
{
    switch (node->kind) {
    case JSON_NULL:
        json_null(w);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        json_bool(w, node->kind == JSON_TRUE);
        break;
    case JSON_I64:
        json_i64(w, node->i64);
        break;
    case JSON_U64:
        json_u64(w, node->u64);
        break;
    case JSON_DOUBLE:
        json_double(w, node->number);
        break;
    case JSON_STRING:
        json_sv(w, node->text);
        break;
    case JSON_ARRAY:
        json_array_begin(w);
        write_contents(w, doc, node);
        json_array_end(w);
        break;
    default:
        json_object_begin(w);
        write_contents(w, doc, node);
        json_object_end(w);
    }
}
