/* YAML: trees can be walked within the limits, marks lie inside the text, errors have words. */
#include <assert.h>
#include <errno.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/yaml.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_MAX = 16 << 20 }; /* bytes */

struct walk {
    struct sv text;
    size_t nodes;
};

static void check_scalar(const struct yaml_node *node)
{
    bool value = false;

    assert(node->text.ptr[node->text.len] == '\0');
    assert(node->quoted || !node->block);
    assert(!(yaml_is_null(node) && yaml_bool(node, &value)));
}

static void check_node(struct walk *walk, const struct yaml_node *node, int depth)
{
    assert(++walk->nodes <= YAML_NODES_MAX);
    assert(depth <= YAML_DEPTH_MAX);
    assert(node->at.line >= 1 && node->at.column >= 1 && node->at.offset <= walk->text.len);
    if (node->kind == YAML_SCALAR) {
        check_scalar(node);
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_SEQUENCE) {
            check_node(walk, node->item[i], depth + 1);
            continue;
        }
        assert(yaml_key_at(node, i)->kind == YAML_SCALAR);
        check_node(walk, yaml_key_at(node, i), depth + 1);
        check_node(walk, yaml_value_at(node, i), depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct sv text = {(const char *)data, size};
    struct walk walk = {.text = text};
    struct yaml_problem problem = {0};
    struct yaml_file file = {0};
    struct err err = {0};

    arena_limit(arena, ARENA_MAX);
    int rc = yaml_parse(text, arena, &file, &problem, &err);
    if (rc < 0) {
        assert(rc == -EINVAL || rc == -E2BIG);
        assert(sv_starts(sv(err.text), SV("line ")));
        assert(problem.at.line >= 1 && problem.at.column >= 1 && problem.at.offset <= size);
        return 0;
    }
    for (uint32_t i = 0; i < file.count; i++) {
        if (file.document[i] != NULL)
            check_node(&walk, file.document[i], 0);
    }
    return 0;
}
