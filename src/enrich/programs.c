#include "enrich/programs.h"

#include <assert.h>

#include "base/alloc.h"

/* Where the next text goes; the block was sized for all of them. */
struct writer {
    char *at;
    const char *end;
};

static struct sv put(struct writer *w, struct sv text)
{
    struct sv placed = {w->at, text.len};

    assert((size_t)(w->end - w->at) >= text.len);
    if (text.len == 0)
        return (struct sv){NULL, 0};
    memcpy(w->at, text.ptr, text.len);
    w->at += text.len;
    return placed;
}

/* A list of texts ended by NULs; the last one gets the NUL that cutting took from it. */
static struct sv put_list(struct writer *w, struct sv list)
{
    struct sv placed = put(w, list);

    if (placed.len == 0 || list.ptr[list.len - 1] == '\0')
        return placed;
    (void)put(w, SV("\0"));
    placed.len++;
    return placed;
}

static struct sv clip(struct sv text, size_t max, bool *cut)
{
    *cut = *cut || text.len > max;
    return sv_sub(text, 0, max);
}

/* argv[0], a space, the other arguments with spaces for NULs; args_line is its end. */
static void put_lines(struct writer *w, struct program *view, struct sv name)
{
    struct sv exe_line = put(w, view->exe);
    struct sv joined = {NULL, 0};

    if (exe_line.ptr == NULL)
        exe_line.ptr = w->at;
    if (view->args.len > 0) {
        (void)put(w, SV(" "));
        joined = put(w, sv_sub(view->args, 0, view->args.len - 1));
        exe_line.len += 1 + joined.len;
    }
    for (size_t i = 0; i < joined.len; i++) {
        char *c = (char *)joined.ptr + i;
        *c = *c == '\0' ? ' ' : *c;
    }
    view->exe_line = exe_line.len > 0 ? exe_line : (struct sv){NULL, 0};
    view->args_line = joined;
    if (sv_ends(view->exe, name)) { /* "/usr/bin/ls -l" ends in "ls -l" */
        view->command_line = sv_sub(exe_line, view->exe.len - name.len, exe_line.len);
        return;
    }
    view->command_line = put(w, name);
    if (view->args.len > 0) {
        (void)put(w, SV(" "));
        (void)put(w, joined);
        view->command_line.len += 1 + joined.len;
    }
}

static void put_args(struct writer *w, struct program *view, struct sv args, struct sv name)
{
    struct sv whole = put_list(w, args);

    if (whole.len == 0) {
        view->exe = put(w, name);
        return;
    }
    view->exe = sv_split(&whole, '\0');
    view->args = whole.len > 0 ? whole : (struct sv){NULL, 0};
    view->arg_count = (uint32_t)sv_count(view->args, '\0');
}

struct program_image *program_image_new(const struct change_program *program, struct sv name)
{
    bool path_cut = false;
    bool args_cut = program->args_cut;
    bool env_cut = program->env_cut;
    struct sv args = clip(program->args, PROGRAM_ARGS_MAX, &args_cut);
    struct sv env = clip(program->env, PROGRAM_ENV_MAX, &env_cut);
    struct sv path = clip(program->path, PROGRAM_PATH_MAX, &path_cut);
    struct sv filename = clip(program->filename, PROGRAM_PATH_MAX, &path_cut);
    struct sv cwd = clip(program->cwd, PROGRAM_PATH_MAX, &path_cut);
    name = sv_sub(name, 0, PROGRAM_PATH_MAX);
    /* Arguments as they are, in exe_line and in command_line, each with a NUL or space more. */
    size_t room =
        path.len + filename.len + cwd.len + env.len + 1 + 3 * (args.len + 2) + 3 * (name.len + 1);
    struct program_image *image = xcalloc(1, sizeof(*image) + room);
    struct writer w = {image->text, image->text + room};

    image->refs = 1;
    image->known = program->args.len > 0 || program->path.len > 0;
    image->cwd = put(&w, cwd);
    image->view = (struct program){
        .path = put(&w, path),
        .filename = put(&w, filename),
        .env = put_list(&w, env),
        .ino = program->ino,
        .ctime_wall_ns = program->ctime_wall_ns,
        .mtime_wall_ns = program->mtime_wall_ns,
        .process_start_ns = program->process_start_ns,
        .dev = program->dev,
        .args_cut = args_cut,
        .env_cut = env_cut,
        .from_memfd = program->from_memfd,
        .upper_layer = program->upper_layer,
        .lower_layer = program->lower_layer,
        .deleted = program->deleted,
        .writable = program->writable,
    };
    put_args(&w, &image->view, args, name);
    put_lines(&w, &image->view, name);
    return image;
}

struct program_image *program_image_renamed(const struct program_image *image, struct sv name)
{
    const struct program *view = &image->view;
    const struct change_program program = {
        .path = view->path,
        .filename = view->filename,
        .cwd = image->cwd,
        /* Both lie in one list, in this order. */
        .args = image->known ? (struct sv){view->exe.ptr, view->args.len == 0
                                                              ? view->exe.len
                                                              : view->exe.len + 1 + view->args.len}
                             : (struct sv){NULL, 0},
        .env = view->env,
        .ino = view->ino,
        .ctime_wall_ns = view->ctime_wall_ns,
        .mtime_wall_ns = view->mtime_wall_ns,
        .process_start_ns = view->process_start_ns,
        .dev = view->dev,
        .args_cut = view->args_cut,
        .env_cut = view->env_cut,
        .from_memfd = view->from_memfd,
        .upper_layer = view->upper_layer,
        .lower_layer = view->lower_layer,
        .deleted = view->deleted,
        .writable = view->writable,
    };

    return program_image_new(&program, name);
}

bool program_image_is_named(const struct program_image *image, struct sv name)
{
    struct sv line = image->view.command_line;

    return sv_starts(line, name) && (line.len == name.len || line.ptr[name.len] == ' ');
}

struct program_image *program_image_ref(struct program_image *image)
{
    image->refs++;
    return image;
}

bool program_image_unref(struct program_image *image)
{
    assert(image->refs > 0);
    if (--image->refs > 0)
        return false;
    free(image);
    return true;
}
