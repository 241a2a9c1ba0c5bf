/* tests/unit/enrich/tree.h - a directory of made-up files, for a /proc or a host's root. */
#pragma once

#include <stdint.h>

#include "base/sv.h"

struct tree {
    char root[64];
};

void tree_make(struct tree *tree);   /* under the system's directory for temporary files */
void tree_remove(struct tree *tree); /* with all it holds */

/* Write a file, making its directories; `path` is below the root. */
void tree_file(const struct tree *tree, const char *path, struct sv text);
void tree_text(const struct tree *tree, const char *path, const char *text);
void tree_link(const struct tree *tree, const char *path, const char *target);
void tree_dir(const struct tree *tree, const char *path);
void tree_delete(const struct tree *tree, const char *path); /* one file or a whole directory */

/* A process as /proc shows it; empty texts are left out. */
struct tree_process {
    uint32_t pid, ppid;
    uint64_t start_ticks;
    const char *name;
    struct sv cmdline;
    const char *exe, *cwd, *cgroup;
    uint32_t uid;
};
void tree_process(const struct tree *tree, const struct tree_process *process);
