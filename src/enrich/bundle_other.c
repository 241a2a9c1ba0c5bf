/* What runtimes keep beside config.json: Docker's and containers/storage's files, and the state
 * that runc and crun hold of a running container. */
#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "enrich/bundle.h"

static struct sv clip(struct sv text)
{
    return sv_sub(text, 0, BUNDLE_TEXT_MAX);
}

static int parse(struct sv json, enum json_kind kind, struct arena *arena, struct json_doc *doc,
                 struct err *err)
{
    int rc = json_parse(json, arena, doc, err);

    if (rc == 0 && doc->node[0].kind != kind)
        return err_set(err, -EINVAL, "another kind of JSON value than it should be");
    return rc;
}

static const struct json_node *get(const struct json_doc *doc, const struct json_node *object,
                                   struct sv key, enum json_kind kind)
{
    const struct json_node *node = object == NULL ? NULL : json_get(doc, object, key);

    return node != NULL && node->kind == kind ? node : NULL;
}

static struct sv get_text(const struct json_doc *doc, const struct json_node *object, struct sv key)
{
    return object == NULL ? (struct sv){NULL, 0} : clip(json_get_sv(doc, object, key));
}

static void set_once(struct sv *place, struct sv text)
{
    if (place->len == 0)
        *place = text;
}

static void read_docker_labels(const struct json_doc *doc, const struct json_node *labels,
                               struct bundle *out)
{
    struct sv name = get_text(doc, labels, SV("io.kubernetes.container.name"));

    if (labels == NULL)
        return;
    set_once(&out->pod_name, get_text(doc, labels, SV("io.kubernetes.pod.name")));
    set_once(&out->pod_uid, get_text(doc, labels, SV("io.kubernetes.pod.uid")));
    set_once(&out->namespace_name, get_text(doc, labels, SV("io.kubernetes.pod.namespace")));
    set_once(&out->sandbox_id, get_text(doc, labels, SV("io.kubernetes.sandbox.id")));
    if (!sv_eq(name, SV("POD")))
        set_once(&out->name, name);
    out->label_count = 0;
    for (const struct json_node *key = json_first(doc, labels);
         key != NULL && out->label_count < BUNDLE_LABELS_MAX;) {
        const struct json_node *value = json_next(doc, labels, key);
        if (value == NULL)
            return;
        if (value->kind == JSON_STRING)
            out->label[out->label_count++] = (struct label){clip(key->text), clip(value->text)};
        key = json_next(doc, labels, value);
    }
}

/* Append the texts of an array that follow `after` (NULL: all), each ended by NUL. */
static void add_words(const struct json_doc *doc, const struct json_node *array,
                      const struct json_node *after, struct buf *out)
{
    const struct json_node *word =
        after == NULL ? json_first(doc, array) : json_next(doc, array, after);

    for (; word != NULL; word = json_next(doc, array, word)) {
        if (word->kind != JSON_STRING)
            continue;
        buf_sv(out, word->text);
        buf_char(out, '\0');
    }
}

/* ["CMD", word...], or ["CMD-SHELL", line], which the image's shell is given. */
static void read_healthcheck(const struct json_doc *doc, const struct json_node *config,
                             struct arena *arena, struct bundle *out)
{
    const struct json_node *check = get(doc, config, SV("Healthcheck"), JSON_OBJECT);
    const struct json_node *test = get(doc, check, SV("Test"), JSON_ARRAY);
    const struct json_node *shell = get(doc, config, SV("Shell"), JSON_ARRAY);
    const struct json_node *kind = test == NULL ? NULL : json_first(doc, test);
    scoped(buf_done) struct buf words = {.limit = BUNDLE_TEXT_MAX};

    if (kind == NULL || kind->kind != JSON_STRING)
        return;
    if (sv_eq(kind->text, SV("CMD-SHELL")) && shell != NULL)
        add_words(doc, shell, NULL, &words);
    else if (sv_eq(kind->text, SV("CMD-SHELL")))
        buf_sv(&words, SV("/bin/sh\0-c\0"));
    else if (!sv_eq(kind->text, SV("CMD")))
        return;
    add_words(doc, test, kind, &words);
    if (words.error == 0 && words.len > 0)
        out->probe[PROBE_HEALTH] = arena_sv(arena, buf_view(&words));
}

int bundle_parse_docker(struct sv json, struct arena *arena, struct bundle *out, struct err *err)
{
    struct json_doc doc;
    int rc = parse(json, JSON_OBJECT, arena, &doc, err);

    if (rc < 0)
        return err_wrap(err, rc, "config.v2.json");
    const struct json_node *root = &doc.node[0];
    const struct json_node *config = get(&doc, root, SV("Config"), JSON_OBJECT);
    struct sv name = get_text(&doc, root, SV("Name"));
    read_docker_labels(&doc, get(&doc, config, SV("Labels"), JSON_OBJECT), out);
    set_once(&out->name, sv_starts(name, SV("/")) ? sv_sub(name, 1, name.len) : name);
    set_once(&out->image, get_text(&doc, config, SV("Image")));
    read_healthcheck(&doc, config, arena, out);
    set_once(&out->image_id, get_text(&doc, root, SV("Image")));
    return 0;
}

int bundle_parse_docker_host(struct sv json, struct arena *arena, struct bundle *out,
                             struct err *err)
{
    struct json_doc doc;
    int rc = parse(json, JSON_OBJECT, arena, &doc, err);

    if (rc < 0)
        return err_wrap(err, rc, "hostconfig.json");
    if (get(&doc, &doc.node[0], SV("Privileged"), JSON_TRUE) != NULL)
        out->said_privileged = true;
    return 0;
}

int bundle_parse_storage(struct sv json, struct sv id, struct arena *arena, struct bundle *out,
                         struct err *err)
{
    struct json_doc doc;
    struct json_doc meta;
    int rc = parse(json, JSON_ARRAY, arena, &doc, err);

    if (rc < 0)
        return err_wrap(err, rc, "containers.json");
    for (const struct json_node *c = json_first(&doc, &doc.node[0]); c != NULL;
         c = json_next(&doc, &doc.node[0], c)) {
        if (c->kind != JSON_OBJECT || !sv_eq(json_get_sv(&doc, c, SV("id")), id))
            continue;
        const struct json_node *names = get(&doc, c, SV("names"), JSON_ARRAY);
        const struct json_node *name = names == NULL ? NULL : json_first(&doc, names);
        if (name != NULL && name->kind == JSON_STRING)
            set_once(&out->name, clip(name->text));
        set_once(&out->image_id, get_text(&doc, c, SV("image")));
        struct sv text = json_get_sv(&doc, c, SV("metadata"));
        if (text.len > 0 && parse(text, JSON_OBJECT, arena, &meta, NULL) == 0)
            set_once(&out->image, get_text(&meta, &meta.node[0], SV("image-name")));
        break;
    }
    return 0;
}

static bool same_id(struct sv a, struct sv b)
{
    struct sv scheme = SV("sha256:");

    a = sv_starts(a, scheme) ? sv_sub(a, scheme.len, a.len) : a;
    b = sv_starts(b, scheme) ? sv_sub(b, scheme.len, b.len) : b;
    return a.len > 0 && sv_eq(a, b);
}

/* {"NAME":{"NAME:TAG":ID,"NAME@DIGEST":ID}, ...} */
static void read_repository(const struct json_doc *doc, const struct json_node *names,
                            struct bundle *out)
{
    for (const struct json_node *key = json_first(doc, names); key != NULL;) {
        const struct json_node *id = json_next(doc, names, key);
        if (id == NULL)
            return;
        size_t at = sv_rfind_char(key->text, '@');
        if (id->kind == JSON_STRING && same_id(id->text, out->image_id)) {
            if (at != SIZE_MAX)
                set_once(&out->image_digest, clip(sv_sub(key->text, at + 1, key->text.len)));
            else
                set_once(&out->image, clip(key->text));
        }
        key = json_next(doc, names, id);
    }
}

int bundle_parse_docker_images(struct sv json, struct arena *arena, struct bundle *out,
                               struct err *err)
{
    struct json_doc doc;
    int rc = parse(json, JSON_OBJECT, arena, &doc, err);

    if (rc < 0)
        return err_wrap(err, rc, "repositories.json");
    const struct json_node *all = get(&doc, &doc.node[0], SV("Repositories"), JSON_OBJECT);
    for (const struct json_node *key = all == NULL ? NULL : json_first(&doc, all); key != NULL;) {
        const struct json_node *names = json_next(&doc, all, key);
        if (names == NULL)
            break;
        if (names->kind == JSON_OBJECT)
            read_repository(&doc, names, out);
        key = json_next(&doc, all, names);
    }
    return 0;
}

int bundle_parse_storage_images(struct sv json, struct arena *arena, struct bundle *out,
                                struct err *err)
{
    struct json_doc doc;
    int rc = parse(json, JSON_ARRAY, arena, &doc, err);

    if (rc < 0)
        return err_wrap(err, rc, "images.json");
    for (const struct json_node *i = json_first(&doc, &doc.node[0]); i != NULL;
         i = json_next(&doc, &doc.node[0], i)) {
        if (i->kind != JSON_OBJECT || !same_id(json_get_sv(&doc, i, SV("id")), out->image_id))
            continue;
        const struct json_node *names = get(&doc, i, SV("names"), JSON_ARRAY);
        const struct json_node *name = names == NULL ? NULL : json_first(&doc, names);
        if (name != NULL && name->kind == JSON_STRING)
            set_once(&out->image, clip(name->text));
        set_once(&out->image_digest, get_text(&doc, i, SV("digest")));
        break;
    }
    return 0;
}

int bundle_parse_state(struct sv json, struct arena *arena, struct sv *dir, struct err *err)
{
    struct json_doc doc;
    int rc = parse(json, JSON_OBJECT, arena, &doc, err);
    struct sv mark = SV("bundle=");

    if (rc < 0)
        return err_wrap(err, rc, "state of the runtime");
    *dir = get_text(&doc, &doc.node[0], SV("bundle")); /* crun */
    const struct json_node *config = get(&doc, &doc.node[0], SV("config"), JSON_OBJECT);
    const struct json_node *labels = get(&doc, config, SV("labels"), JSON_ARRAY);
    if (labels == NULL)
        return 0;
    for (const struct json_node *l = json_first(&doc, labels); l != NULL;
         l = json_next(&doc, labels, l)) {
        if (l->kind == JSON_STRING && sv_starts(l->text, mark))
            *dir = clip(sv_sub(l->text, mark.len, l->text.len));
    }
    return 0;
}
