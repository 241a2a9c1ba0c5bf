/* enrich/programs.h - started programs: texts built once, shared by the processes that fork.
 *
 * An image is made by an exec (or read from /proc) and freed with its last process. Views in it
 * point into the image itself. One thread. */
#pragma once

#include "base/attr.h"
#include "event/change.h"
#include "event/process.h"

#define PROGRAM_PATH_MAX 4096u  /* bytes kept of one path */
#define PROGRAM_ARGS_MAX 16384u /* bytes kept of a command line; the rest is cut and marked */
#define PROGRAM_ENV_MAX 16384u  /* bytes kept of an environment, likewise */

struct program_image {
    struct program view;
    struct sv cwd; /* at the exec */
    uint32_t refs;
    bool known; /* false: only the name is */
    char text[];
};

/* An image with one reference. `name` is the process's comm, which command_line begins with.
 * Without arguments the name stands for argv[0], as for kernel threads. */
must_check struct program_image *program_image_new(const struct change_program *program,
                                                   struct sv name);
/* The same program under another name. */
must_check struct program_image *program_image_renamed(const struct program_image *image,
                                                       struct sv name);
/* Whether the command line begins with the name. */
bool program_image_is_named(const struct program_image *image, struct sv name);
must_check struct program_image *program_image_ref(struct program_image *image);
/* True when that was the last reference and the image is gone. */
bool program_image_unref(struct program_image *image);
