#include "lang/falco/append_outputs.h"

#include <errno.h>

#include "lang/output.h"
#include "lang/parse.h"

/* What Falco 0.44 with its container plugin suggests, in its order. Only the fields of system calls
 * are suggested by anything. */
static const struct sv suggested = SV(
    "container_id=%container.id container_name=%container.name "
    "container_image_repository=%container.image.repository "
    "container_image_tag=%container.image.tag k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name");

int append_outputs_add(struct items *items, const struct output_append *append)
{
    struct rule_file *file = arena_try(items->arena, sizeof(*file));
    struct append_info *info =
        items_room(items, &items->appends) ? &items->appends.item[items->appends.count] : NULL;

    if (file == NULL || info == NULL)
        return -E2BIG;
    file->name = append->file;
    *info = (struct append_info){
        .append = append,
        .spot = {.file = file, .at = append->at, .type = "append_output", .name = SV("")}};
    items->appends.count++;
    return 0;
}

static bool has_tag(const struct rule_info *info, struct sv tag)
{
    for (uint32_t i = 0; i < info->tags.count; i++) {
        if (sv_eq(info->tags.item[i], tag))
            return true;
    }
    return false;
}

static bool is_for(const struct output_append *append, const struct rule_info *info)
{
    if (append->source != OUTPUT_APPEND_ANY_SOURCE && append->source != info->source)
        return false;
    if (append->rule != NULL && !sv_eq(info->name, sv(append->rule)))
        return false;
    for (uint32_t i = 0; i < append->tag_count; i++) {
        if (!has_tag(info, sv(append->tag[i])))
            return false;
    }
    return true;
}

static int complain(struct items *items, const struct append_info *entry, const char *what,
                    const struct parse_problem *problem)
{
    return items_report(items, DIAG_ERR_COMPILE_OUTPUT, &entry->spot, problem->mend, "%s: %s", what,
                        problem->message);
}

static int compile(struct items *items, const struct append_info *entry, const char *what,
                   struct sv text, enum event_source source, struct output **out)
{
    struct parse_problem problem;

    int rc = output_compile(text, source, items->arena, out, &problem);
    return rc < 0 ? complain(items, entry, what, &problem) : 0;
}

/* The member of output_fields that a bare name stands for. */
static int compile_member(struct items *items, const struct append_info *entry, const char *name,
                          enum event_source source, struct output **out)
{
    const struct parse_problem no_field = {.message = "is not the name of a field",
                                           .mend = "write NAME: FORMAT for other values"};
    struct sv text = arena_printf(items->arena, "%%%s", name);

    int rc = compile(items, entry, name, text, source, out);
    if (rc < 0)
        return rc;
    if (output_field_count(*out) != 1 || !sv_eq(output_field_name(*out, 0), sv(name)))
        return complain(items, entry, name, &no_field);
    return 0;
}

static int compile_members(struct items *items, struct append_info *entry, enum event_source source)
{
    const struct output_append *append = entry->append;
    struct output **made = arena_array(items->arena, struct output *, append->field_count);
    int rc = 0;

    if (made == NULL)
        return items_full(items, &entry->spot);
    for (uint32_t i = 0; i < append->field_count; i++) {
        const struct output_append_field *field = &append->field[i];
        struct sv format;
        int one = 0;
        if (field->format == NULL)
            one = compile_member(items, entry, field->name, source, &made[i]);
        else if (!items_text(items, sv(field->format), &format))
            one = items_full(items, &entry->spot);
        else
            one = compile(items, entry, field->name, format, source, &made[i]);
        rc = rc < 0 ? rc : one;
    }
    entry->member[source] = made;
    return rc;
}

/* Compile an entry by itself when a rule of the source first wants it: a fault is told where it is,
 * and once. */
static bool is_fine(struct items *items, struct append_info *entry, enum event_source source)
{
    struct output *output = NULL;

    if (entry->tried[source])
        return entry->fine[source];
    entry->tried[source] = true;
    int rc = entry->append->text == NULL
                 ? 0
                 : compile(items, entry, "extra_output", sv(entry->append->text), source, &output);
    int members = compile_members(items, entry, source);
    entry->fine[source] = rc == 0 && members == 0;
    return entry->fine[source];
}

static int add_text(struct items *items, const struct append_info *entry, struct sv text,
                    struct parts *out)
{
    if (!items_room(items, out))
        return items_full(items, &entry->spot);
    out->item[out->count++] = (struct part){.text = text, .spot = entry->spot};
    return 0;
}

int append_outputs_text(struct items *items, const struct rule_info *info, struct parts *out)
{
    enum event_source source = (enum event_source)info->source;

    for (uint32_t i = 0; i < items->appends.count; i++) {
        struct append_info *entry = &items->appends.item[i];
        int rc = 0;
        if (!is_for(entry->append, info))
            continue;
        if (!is_fine(items, entry, source))
            return -EINVAL;
        if (entry->append->text != NULL)
            rc = add_text(items, entry, sv(entry->append->text), out);
        if (rc == 0 && entry->append->suggested && source == SOURCE_SYSCALL)
            rc = add_text(items, entry, suggested, out);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int append_outputs_members(struct items *items, const struct rule_info *info, struct output *output)
{
    for (uint32_t i = 0; i < items->appends.count; i++) {
        const struct append_info *entry = &items->appends.item[i];
        const struct output_append *append = entry->append;
        if (!is_for(append, info))
            continue;
        for (uint32_t k = 0; k < append->field_count; k++) {
            struct output_member member = {.value = entry->member[info->source][k],
                                           .is_text = append->field[k].format != NULL};
            if (!items_text(items, sv(append->field[k].name), &member.name) ||
                output_add_member(output, &member, items->arena) < 0)
                return items_full(items, &entry->spot);
        }
    }
    return 0;
}
