// The one C++ file: simdjson's DOM becomes the flat tape of json.h. No exception leaves it.
#include <simdjson.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <vector>

extern "C" {
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_words.h"
}

namespace
{

namespace dom = simdjson::dom;

constexpr size_t KEEP_BYTES = size_t{1} << 20; // larger texts get a parser of their own

// The parser's memory and the list of nodes are reused by the thread's next document.
struct reader {
    dom::parser parser;
    std::vector<json_node> nodes;
    size_t text_bytes = 0;
};

json_node &add(reader &r, json_kind kind)
{
    json_node node = {};

    node.kind = kind;
    r.nodes.push_back(node);
    r.nodes.back().next = static_cast<uint32_t>(r.nodes.size());
    return r.nodes.back();
}

void add_text(reader &r, std::string_view text)
{
    add(r, JSON_STRING).text = {text.data(), text.size()};
    r.text_bytes += text.size() + 1;
}

void add_scalar(reader &r, const dom::element &element)
{
    switch (element.type()) {
    case dom::element_type::INT64:
        add(r, JSON_I64).i64 = element.get_int64().value_unsafe();
        break;
    case dom::element_type::UINT64:
        add(r, JSON_U64).u64 = element.get_uint64().value_unsafe();
        break;
    case dom::element_type::DOUBLE:
        add(r, JSON_DOUBLE).number = element.get_double().value_unsafe();
        break;
    case dom::element_type::STRING:
        add_text(r, element.get_string().value_unsafe());
        break;
    case dom::element_type::BOOL:
        add(r, element.get_bool().value_unsafe() ? JSON_TRUE : JSON_FALSE);
        break;
    default:
        add(r, JSON_NULL);
    }
}

bool add_value(reader &r, const dom::element &element, unsigned depth);

bool add_array(reader &r, const dom::array &array, unsigned depth)
{
    size_t at = r.nodes.size();
    uint32_t count = 0;

    add(r, JSON_ARRAY);
    for (dom::element child : array) {
        count++;
        if (!add_value(r, child, depth))
            return false;
    }
    r.nodes[at].count = count;
    r.nodes[at].next = static_cast<uint32_t>(r.nodes.size());
    return true;
}

bool add_object(reader &r, const dom::object &object, unsigned depth)
{
    size_t at = r.nodes.size();
    uint32_t count = 0;

    add(r, JSON_OBJECT);
    for (dom::key_value_pair member : object) {
        count++;
        add_text(r, member.key);
        if (!add_value(r, member.value, depth))
            return false;
    }
    r.nodes[at].count = count;
    r.nodes[at].next = static_cast<uint32_t>(r.nodes.size());
    return true;
}

// false: deeper than JSON_DEPTH_MAX (simdjson does not count the innermost empty container).
bool add_value(reader &r, const dom::element &element, unsigned depth)
{
    dom::element_type type = element.type();

    if (type != dom::element_type::ARRAY && type != dom::element_type::OBJECT) {
        add_scalar(r, element);
        return true;
    }
    if (depth == JSON_DEPTH_MAX)
        return false;
    if (type == dom::element_type::ARRAY)
        return add_array(r, element.get_array().value_unsafe(), depth + 1);
    return add_object(r, element.get_object().value_unsafe(), depth + 1);
}

int too_deep(err *err)
{
    return err_set(err, -E2BIG, "JSON nested deeper than %d", JSON_DEPTH_MAX);
}

int not_json(simdjson::error_code code, struct sv text, err *err)
{
    json_words where = {};

    if (json_words_find(text, &where))
        return err_set(err, -EINVAL, "not valid JSON: line %u, column %u: %s", where.line,
                       where.column, where.words);
    return err_set(err, -EINVAL, "not valid JSON: %s", simdjson::error_message(code));
}

int refuse(simdjson::error_code code, struct sv text, err *err)
{
    switch (code) {
    case simdjson::DEPTH_ERROR:
        return too_deep(err);
    case simdjson::CAPACITY:
        return err_set(err, -E2BIG, "JSON text is too large");
    case simdjson::MEMALLOC:
        return err_set(err, -ENOMEM, "no memory to read JSON");
    default:
        return not_json(code, text, err);
    }
}

// Nodes and texts leave the thread's memory for the arena, in one piece each.
int copy_out(const reader &r, arena *arena, json_doc *out, err *err)
{
    size_t count = r.nodes.size();
    json_node *node = arena_array(arena, json_node, count);
    char *text = static_cast<char *>(arena_try(arena, r.text_bytes));

    if (node == nullptr || text == nullptr)
        return err_set(err, -E2BIG, "JSON text holds more than fits in memory here");
    std::memcpy(node, r.nodes.data(), count * sizeof(*node));
    for (size_t i = 0; i < count; i++) {
        if (node[i].kind != JSON_STRING)
            continue;
        std::memcpy(text, node[i].text.ptr, node[i].text.len);
        node[i].text.ptr = text;
        text += node[i].text.len + 1;
    }
    out->node = node;
    out->count = static_cast<uint32_t>(count);
    return 0;
}

int parse_with(reader &r, struct sv text, arena *arena, json_doc *out, err *err)
{
    dom::element root;

    r.nodes.clear();
    r.text_bytes = 0;
    if (r.parser.max_depth() != JSON_DEPTH_MAX + 1) {
        simdjson::error_code code = r.parser.allocate(text.len, JSON_DEPTH_MAX + 1);
        if (code != simdjson::SUCCESS)
            return refuse(code, text, err);
    }
    simdjson::error_code code =
        r.parser.parse(text.len > 0 ? text.ptr : "", text.len, true).get(root);
    if (code != simdjson::SUCCESS)
        return refuse(code, text, err);
    if (!add_value(r, root, 0))
        return too_deep(err);
    return copy_out(r, arena, out, err);
}

} // namespace

extern "C" int json_parse(struct sv text, struct arena *arena, struct json_doc *out,
                          struct err *err)
{
    try {
        if (text.len > KEEP_BYTES) {
            reader once;
            return parse_with(once, text, arena, out, err);
        }
        static thread_local reader kept;
        return parse_with(kept, text, arena, out, err);
    } catch (const std::bad_alloc &) {
        return err_set(err, -ENOMEM, "no memory to read JSON");
    } catch (...) {
        return err_set(err, -EINVAL, "not valid JSON");
    }
}
