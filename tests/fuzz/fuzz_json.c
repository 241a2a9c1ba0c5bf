/* JSON: what was read is written, reads back, and writes the same again; any bytes can be a string
 * of the output; a text that is refused is refused with words. */
#include <assert.h>
#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_words.h"
#include "tests/fuzz/fuzz.h"

static void write_document(const struct json_doc *doc, struct buf *out)
{
    struct json_writer w = json_writer_on(out);

    assert(doc->node[0].next == doc->count);
    json_node_write(&w, doc, doc->node);
    assert(out->error == 0);
}

static void check_document(const struct json_doc *doc, struct arena *arena)
{
    scoped(buf_done) struct buf once = {0};
    scoped(buf_done) struct buf twice = {0};
    struct json_doc again;

    write_document(doc, &once);
    int rc = json_parse(buf_view(&once), arena, &again, NULL);
    assert(rc == 0);
    assert(again.count == doc->count);
    write_document(&again, &twice);
    assert(sv_eq(buf_view(&once), buf_view(&twice)));
}

static void check_string(struct sv text, struct arena *arena)
{
    scoped(buf_done) struct buf out = {0};
    struct json_writer w = json_writer_on(&out);
    struct json_doc doc;

    json_sv(&w, text);
    int rc = json_parse(buf_view(&out), arena, &doc, NULL);
    assert(rc == 0);
    assert(doc.count == 1 && doc.node[0].kind == JSON_STRING);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct sv text = {(const char *)data, size};
    struct json_doc doc = {0};
    struct json_words words;
    struct err err = {0};

    int rc = json_parse(text, arena, &doc, &err);
    if (rc == 0) {
        assert(!json_words_find(text, &words));
        check_document(&doc, arena);
    } else {
        assert((rc == -EINVAL || rc == -E2BIG) && err.text[0] != '\0');
    }
    check_string(text, arena);
    return 0;
}
