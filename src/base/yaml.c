/* Events of libyaml become a tree. Containers being read are frames; the nodes of all of them wait
 * in one pending list, and move to the arena when their container ends. What an alias costs its
 * reader is counted: `nodes` grows by everything below the node it stands for, so neither a few
 * aliases of aliases nor their depth can outgrow the limits. */
#include "base/yaml.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/yaml_words.h"

enum { FEW_KEYS = 8, NAME_SHOWN = 60, BOM_LEN = 3 };

struct name {
    char text[4 * NAME_SHOWN + 4]; /* a byte becomes at most \xff */
};

struct anchor {
    struct yaml_node *node;
    uint32_t nodes;  /* this one and all below, aliases as what they stand for */
    uint32_t height; /* containers from here down */
    bool open;       /* still being read: an alias to it would contain itself */
};

struct frame {
    struct yaml_node *node;
    struct anchor *anchor; /* may be NULL */
    size_t first;          /* of its children in `pending` */
    uint32_t nodes_before;
    uint32_t height; /* of the highest child */
};

struct list {
    struct yaml_node **item;
    size_t count;
    size_t room;
};

struct reader {
    yaml_parser_t parser;
    struct sv text; /* without byte order mark */
    uint32_t skipped;
    struct arena *arena;
    struct yaml_problem *problem;
    struct err *err;
    struct frame frame[YAML_DEPTH_MAX];
    uint32_t depth;
    uint32_t nodes;
    uint32_t aliases;
    struct map anchors;
    struct list pending;
    struct list documents;
    size_t cursor_index; /* characters before cursor_byte */
    size_t cursor_byte;
};

static bool is_inside(struct sv text, size_t at)
{
    return at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;
}

/* libyaml counts characters; events come nearly in order, so a cursor walks along. */
static uint32_t byte_of(struct reader *r, size_t index)
{
    while (r->cursor_index < index && r->cursor_byte < r->text.len) {
        r->cursor_index++;
        do
            r->cursor_byte++;
        while (is_inside(r->text, r->cursor_byte));
    }
    while (r->cursor_index > index && r->cursor_byte > 0) {
        r->cursor_index--;
        do
            r->cursor_byte--;
        while (r->cursor_byte > 0 && is_inside(r->text, r->cursor_byte));
    }
    return (uint32_t)r->cursor_byte;
}

static struct yaml_mark mark_of(struct reader *r, yaml_mark_t mark)
{
    return (struct yaml_mark){
        .line = (uint32_t)mark.line + 1,
        .column = (uint32_t)mark.column + 1,
        .offset = byte_of(r, mark.index) + r->skipped,
    };
}

/* For bytes libyaml refused to decode: everything before them is valid. */
static struct yaml_mark mark_of_byte(struct reader *r, size_t byte)
{
    struct yaml_mark mark = {1, 1, (uint32_t)byte + r->skipped};
    struct sv before = sv_sub(r->text, 0, byte);

    while (before.len > 0) {
        struct utf8_char c = utf8_first(before);
        bool crlf = sv_starts(before, SV("\r\n"));
        bool line = c.code == '\n' || c.code == '\r' || c.code == 0x85 || c.code == 0x2028 ||
                    c.code == 0x2029;
        mark.line += line;
        mark.column = line ? 1 : mark.column + 1;
        before = sv_sub(before, crlf ? 2 : c.width == 0 ? 1 : c.width, before.len);
    }
    return mark;
}

static int refuse(struct reader *r, int code, struct yaml_mark at, const char *fmt, ...)
    printf_like(4, 5);
static int refuse(struct reader *r, int code, struct yaml_mark at, const char *fmt, ...)
{
    char words[ERR_TEXT_MAX / 2];
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(words, sizeof(words), fmt, args) < 0)
        words[0] = '\0';
    va_end(args);
    if (r->problem != NULL)
        r->problem->at = at;
    return err_set(r->err, code, "line %u, column %u: %s", at.line, at.column, words);
}

/* A name from the file for a message: cut, and with nothing a terminal would obey. */
static struct name shown(struct sv name)
{
    struct name out = {0};
    struct buf text = {0};

    buf_init(&text, sizeof(out.text) - 1);
    utf8_put_visible(&text, sv_sub(name, 0, NAME_SHOWN));
    if (name.len > NAME_SHOWN)
        buf_str(&text, "...");
    memcpy(out.text, buf_cstr(&text), text.len);
    buf_done(&text);
    return out;
}

static int refuse_libyaml(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    struct yaml_words words = {0};

    if (p->error == YAML_MEMORY_ERROR)
        return err_set(r->err, -ENOMEM, "no memory to read YAML");
    if (p->error == YAML_READER_ERROR) {
        yaml_words_read(p, &words);
        return refuse(r, -EINVAL, mark_of_byte(r, p->problem_offset), "%s", words.text);
    }
    struct yaml_mark here = mark_of(r, p->problem_mark);
    yaml_words_scan(p, sv_sub(r->text, here.offset - r->skipped, r->text.len), &words);
    if (p->context == NULL || words.place == YAML_WORDS_HERE)
        return refuse(r, -EINVAL, here, "%s", words.text);
    struct yaml_mark start = mark_of(r, p->context_mark);
    if (words.place == YAML_WORDS_START)
        return refuse(r, -EINVAL, start, "%s", words.text);
    return refuse(r, -EINVAL, here, "%s that begins at line %u, column %u", words.text, start.line,
                  start.column);
}

static int list_add(struct reader *r, struct list *list, struct yaml_node *node)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 64 : list->room * 2;
        struct yaml_node **item = realloc(list->item, room * sizeof(struct yaml_node *));
        if (item == NULL)
            return err_set(r->err, -ENOMEM, "no memory to read YAML");
        list->item = item;
        list->room = room;
    }
    list->item[list->count++] = node;
    return 0;
}

static int arena_full(struct reader *r, struct yaml_mark at)
{
    return refuse(r, -E2BIG, at, "the text holds more than fits in memory here");
}

static int count_nodes(struct reader *r, uint32_t more, struct yaml_mark at)
{
    if (more > YAML_NODES_MAX - r->nodes)
        return refuse(r, -E2BIG, at, "more than %u values, aliases counted as what they stand for",
                      YAML_NODES_MAX);
    r->nodes += more;
    return 0;
}

/* A finished node, or an alias of one, goes to its container, or is the document. */
static int place_node(struct reader *r, struct yaml_node *node, uint32_t height,
                      struct yaml_mark at)
{
    if (r->depth == 0)
        return list_add(r, &r->documents, node);

    struct frame *top = &r->frame[r->depth - 1];
    bool key = top->node->kind == YAML_MAPPING && (r->pending.count - top->first) % 2 == 0;
    if (key && node->kind != YAML_SCALAR)
        return refuse(r, -EINVAL, at, "a key must be text, not a list or a mapping");
    if (height > top->height)
        top->height = height;
    return list_add(r, &r->pending, node);
}

static int new_anchor(struct reader *r, const yaml_char_t *name, struct yaml_node *node,
                      struct anchor **out)
{
    struct sv text = sv((const char *)name);

    *out = NULL;
    if (name == NULL)
        return 0;
    struct anchor *anchor = arena_try(r->arena, sizeof(*anchor) + text.len);
    if (anchor == NULL)
        return arena_full(r, node->at);
    *anchor = (struct anchor){.node = node, .nodes = 1, .open = node->kind != YAML_SCALAR};
    memcpy(anchor + 1, text.ptr, text.len);
    (void)map_put(&r->anchors, (struct sv){(const char *)(anchor + 1), text.len}, anchor);
    *out = anchor;
    return 0;
}

static int new_node(struct reader *r, enum yaml_kind kind, struct yaml_mark at,
                    struct yaml_node **out)
{
    int rc = count_nodes(r, 1, at);

    if (rc < 0)
        return rc;
    struct yaml_node *node = arena_try(r->arena, sizeof(*node));
    if (node == NULL)
        return arena_full(r, at);
    node->kind = kind;
    node->at = at;
    *out = node;
    return 0;
}

static bool is_text_tag(const yaml_char_t *tag)
{
    struct sv text = sv((const char *)tag);

    return sv_eq(text, SV("!")) || sv_eq(text, SV(YAML_STR_TAG));
}

static int on_scalar(struct reader *r, const yaml_event_t *event)
{
    struct sv text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    yaml_scalar_style_t style = event->data.scalar.style;
    const yaml_char_t *tag = event->data.scalar.tag;
    struct yaml_node *node = NULL;
    struct anchor *anchor = NULL;

    if (r->depth == 0 && text.len == 0 && style == YAML_PLAIN_SCALAR_STYLE && tag == NULL &&
        event->data.scalar.anchor == NULL) {
        int rc = count_nodes(r, 1, mark_of(r, event->start_mark));
        return rc < 0 ? rc : list_add(r, &r->documents, NULL);
    }
    int rc = new_node(r, YAML_SCALAR, mark_of(r, event->start_mark), &node);
    if (rc < 0)
        return rc;
    char *copy = arena_try(r->arena, text.len + 1);
    if (copy == NULL)
        return arena_full(r, node->at);
    memcpy(copy, text.ptr, text.len);
    node->text = (struct sv){copy, text.len};
    node->block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
    node->quoted = style != YAML_PLAIN_SCALAR_STYLE || is_text_tag(tag);
    rc = new_anchor(r, event->data.scalar.anchor, node, &anchor);
    return rc < 0 ? rc : place_node(r, node, 0, node->at);
}

static int on_alias(struct reader *r, const yaml_event_t *event)
{
    struct sv name = sv((const char *)event->data.alias.anchor);
    struct yaml_mark at = mark_of(r, event->start_mark);
    struct anchor *anchor = map_find(&r->anchors, name);

    if (++r->aliases > YAML_ALIASES_MAX)
        return refuse(r, -E2BIG, at, "more than %u aliases", YAML_ALIASES_MAX);
    if (anchor == NULL)
        return refuse(r, -EINVAL, at, "no anchor '&%s' before this alias", shown(name).text);
    if (anchor->open)
        return refuse(r, -EINVAL, at, "alias '*%s' stands inside what it names", shown(name).text);
    if (r->depth + anchor->height > YAML_DEPTH_MAX)
        return refuse(r, -E2BIG, at, "nested deeper than %d", YAML_DEPTH_MAX);
    int rc = count_nodes(r, anchor->nodes, at);
    return rc < 0 ? rc : place_node(r, anchor->node, anchor->height, at);
}

static int begin(struct reader *r, enum yaml_kind kind, const yaml_event_t *event,
                 const yaml_char_t *anchor_name)
{
    struct yaml_mark at = mark_of(r, event->start_mark);
    struct yaml_node *node = NULL;
    struct anchor *anchor = NULL;
    uint32_t before = r->nodes;

    if (r->depth == YAML_DEPTH_MAX)
        return refuse(r, -E2BIG, at, "nested deeper than %d", YAML_DEPTH_MAX);
    int rc = new_node(r, kind, at, &node);
    if (rc == 0)
        rc = new_anchor(r, anchor_name, node, &anchor);
    if (rc < 0)
        return rc;
    r->frame[r->depth++] = (struct frame){node, anchor, r->pending.count, before, 0};
    return 0;
}

static int refuse_repeated(struct reader *r, const struct yaml_node *second,
                           const struct yaml_node *first)
{
    return refuse(r, -EINVAL, second->at,
                  "key '%s' stands in this mapping already, at line %u, column %u",
                  shown(second->text).text, first->at.line, first->at.column);
}

static int check_few_keys(struct reader *r, const struct yaml_node *map)
{
    for (uint32_t i = 1; i < map->count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (sv_eq(yaml_key_at(map, i)->text, yaml_key_at(map, j)->text))
                return refuse_repeated(r, yaml_key_at(map, i), yaml_key_at(map, j));
        }
    }
    return 0;
}

static int check_keys(struct reader *r, const struct yaml_node *map)
{
    struct map seen = {0};
    int rc = 0;

    if (map->count <= FEW_KEYS)
        return check_few_keys(r, map);
    for (uint32_t i = 0; i < map->count && rc == 0; i++) {
        struct yaml_node *key = yaml_key_at(map, i);
        const struct yaml_node *before = map_put(&seen, key->text, key);
        if (before != NULL)
            rc = refuse_repeated(r, key, before);
    }
    map_done(&seen);
    return rc;
}

static int end(struct reader *r)
{
    struct frame top = r->frame[--r->depth];
    size_t count = r->pending.count - top.first;
    struct yaml_node **item = arena_array(r->arena, struct yaml_node *, count);

    if (item == NULL)
        return arena_full(r, top.node->at);
    if (count > 0)
        memcpy(item, r->pending.item + top.first, count * sizeof(struct yaml_node *));
    r->pending.count = top.first;
    top.node->item = item;
    top.node->count = (uint32_t)(top.node->kind == YAML_MAPPING ? count / 2 : count);
    if (top.anchor != NULL) {
        top.anchor->open = false;
        top.anchor->nodes = r->nodes - top.nodes_before;
        top.anchor->height = top.height + 1;
    }
    int rc = top.node->kind == YAML_MAPPING ? check_keys(r, top.node) : 0;
    return rc < 0 ? rc : place_node(r, top.node, top.height + 1, top.node->at);
}

static int on_event(struct reader *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        map_done(&r->anchors);
        return 0;
    case YAML_SCALAR_EVENT:
        return on_scalar(r, event);
    case YAML_ALIAS_EVENT:
        return on_alias(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return begin(r, YAML_SEQUENCE, event, event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return begin(r, YAML_MAPPING, event, event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return end(r);
    default:
        return 0;
    }
}

static int read_events(struct reader *r)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event))
            return refuse_libyaml(r);
        bool last = event.type == YAML_STREAM_END_EVENT;
        int rc = on_event(r, &event);
        yaml_event_delete(&event);
        if (rc < 0 || last)
            return rc;
    }
}

/* libyaml compares each %TAG with all before it. */
static int check_tag_lines(struct reader *r)
{
    uint32_t count = 0;

    for (size_t at = sv_find(r->text, SV("%TAG"), 0); at != SIZE_MAX;
         at = sv_find(r->text, SV("%TAG"), at + 1)) {
        if (++count > YAML_TAG_LINES_MAX)
            return refuse(r, -E2BIG, mark_of_byte(r, at), "more than %u %%TAG lines",
                          YAML_TAG_LINES_MAX);
    }
    return 0;
}

static int copy_documents(struct reader *r, struct yaml_file *out)
{
    size_t count = r->documents.count;
    struct yaml_node **document = arena_array(r->arena, struct yaml_node *, count);

    if (document == NULL)
        return arena_full(r, (struct yaml_mark){1, 1, 0});
    if (count > 0)
        memcpy(document, r->documents.item, count * sizeof(struct yaml_node *));
    *out = (struct yaml_file){document, (uint32_t)count};
    return 0;
}

static void scoped_reader_done(struct reader *r)
{
    map_done(&r->anchors);
    free(r->pending.item);
    free(r->documents.item);
    yaml_parser_delete(&r->parser);
}

int yaml_parse(struct sv text, struct arena *arena, struct yaml_file *out,
               struct yaml_problem *problem, struct err *err)
{
    scoped(reader_done) struct reader r = {.arena = arena, .problem = problem, .err = err};

    if (text.len > YAML_FILE_MAX)
        return refuse(&r, -E2BIG, (struct yaml_mark){1, 1, 0}, "larger than %zu bytes",
                      YAML_FILE_MAX);
    if (sv_starts(text, SV("\xff\xfe")) || sv_starts(text, SV("\xfe\xff")))
        return refuse(&r, -EINVAL, (struct yaml_mark){1, 1, 0},
                      "this is UTF-16; save the text as UTF-8");
    r.skipped = sv_starts(text, SV("\xef\xbb\xbf")) ? BOM_LEN : 0;
    r.text = sv_sub(text, r.skipped, text.len);
    int rc = check_tag_lines(&r);
    if (rc < 0)
        return rc;
    if (!yaml_parser_initialize(&r.parser))
        return err_set(err, -ENOMEM, "no memory to read YAML");
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &r.parser, (const unsigned char *)(r.text.len > 0 ? r.text.ptr : ""), r.text.len);
    rc = read_events(&r);
    return rc < 0 ? rc : copy_documents(&r, out);
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAPPING)
        return NULL;
    for (uint32_t i = 0; i < map->count; i++) {
        if (sv_eq(yaml_key_at(map, i)->text, sv(key)))
            return yaml_value_at(map, i);
    }
    return NULL;
}

static bool is_one_of(struct sv text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sv_eq(text, sv(words[i])))
            return true;
    }
    return false;
}

bool yaml_is_null(const struct yaml_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};

    return node == NULL || (node->kind == YAML_SCALAR && !node->quoted &&
                            is_one_of(node->text, words, ARRAY_LEN(words)));
}

bool yaml_bool(const struct yaml_node *node, bool *out)
{
    static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes", "YES",
                                      "on",   "On",   "ON",   "y",   "Y"};
    static const char *const no[] = {"false", "False", "FALSE", "no", "No", "NO",
                                     "off",   "Off",   "OFF",   "n",  "N"};

    if (node == NULL || node->kind != YAML_SCALAR)
        return false;
    bool is_yes = is_one_of(node->text, yes, ARRAY_LEN(yes));
    if (!is_yes && !is_one_of(node->text, no, ARRAY_LEN(no)))
        return false;
    *out = is_yes;
    return true;
}
