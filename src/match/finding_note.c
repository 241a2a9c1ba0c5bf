/* match/finding_note.c - see the header. Members in the order that finding.c has. */
#include "match/finding_note.h"

#include "base/json.h"
#include "match/finding_id.h"

static void put(struct json_writer *w, struct sv key, const char *text)
{
    json_key_made(w, key);
    json_sv(w, sv(text));
}

static void put_output(struct json_writer *w, const struct finding_note *note)
{
    scoped(buf_done) struct buf text = {0};

    finding_output_start(&text, note->time_ns, note->priority);
    buf_str(&text, note->rule);
    for (size_t i = 0; i < note->field_count; i++) {
        buf_str(&text, i == 0 ? " (" : " ");
        buf_str(&text, note->field[i].name);
        buf_char(&text, '=');
        buf_u64(&text, note->field[i].value);
    }
    if (note->field_count > 0)
        buf_char(&text, ')');
    json_key_made(w, JSON_KEY("output"));
    json_sv(w, buf_view(&text));
}

static void put_fields(struct json_writer *w, const struct finding_note *note)
{
    json_key_made(w, JSON_KEY("output_fields"));
    json_object_begin(w);
    for (size_t i = 0; i < note->field_count; i++) {
        json_key(w, note->field[i].name);
        json_u64(w, note->field[i].value);
    }
    json_key_made(w, JSON_KEY("evt.time.iso8601"));
    json_u64(w, note->time_ns);
    json_object_end(w);
}

static void put_tiercel(struct json_writer *w, const struct finding_place *place,
                        const struct finding_note *note, const char *id)
{
    json_key_made(w, JSON_KEY("tiercel"));
    json_object_begin(w);
    put(w, JSON_KEY("id"), id);
    json_key_made(w, JSON_KEY("rule"));
    json_object_begin(w);
    put(w, JSON_KEY("description"), note->description);
    json_object_end(w);
    put(w, JSON_KEY("node"), place->node);
    if (place->cluster[0] != '\0')
        put(w, JSON_KEY("cluster"), place->cluster);
    json_object_end(w);
}

static void make_id(const struct finding_place *place, const struct finding_note *note,
                    char id[FINDING_ID_LEN + 1])
{
    scoped(buf_done) struct buf parts = {0};

    buf_bytes(&parts, place->hostname, strlen(place->hostname) + 1);
    buf_bytes(&parts, note->rule, strlen(note->rule) + 1);
    buf_bytes(&parts, &note->time_ns, sizeof(note->time_ns));
    finding_id(buf_view(&parts), id);
}

int finding_note_make(struct buf *json, const struct finding_place *place,
                      const struct finding_note *note)
{
    char id[FINDING_ID_LEN + 1], time[CLOCK_ISO8601_LEN];
    struct json_writer w = json_writer_on(json);

    make_id(place, note, id);
    json_object_begin(&w);
    put(&w, JSON_KEY("hostname"), place->hostname);
    put_output(&w, note);
    put_fields(&w, note);
    put(&w, JSON_KEY("priority"), rule_priority_name(note->priority));
    put(&w, JSON_KEY("rule"), note->rule);
    put(&w, JSON_KEY("source"), FINDING_NOTE_SOURCE);
    json_key_made(&w, JSON_KEY("tags"));
    json_array_begin(&w);
    json_array_end(&w);
    json_key_made(&w, JSON_KEY("time"));
    json_sv(&w, clock_iso8601_text(note->time_ns, time));
    put_tiercel(&w, place, note, id);
    put(&w, JSON_KEY("uuid"), id);
    json_object_end(&w);
    return json->error;
}
