/* Runs a fuzz target over the empty input and every file of the given directories, in order of
 * name, and prints how many there were. A corpus that is missing or empty is a failure. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 16 << 20 }; /* bytes */

static void feed(struct sv input)
{
    scoped(free) uint8_t *exact = xmalloc(input.len == 0 ? 1 : input.len);

    if (input.len > 0)
        memcpy(exact, input.ptr, input.len);
    (void)LLVMFuzzerTestOneInput(exact, input.len);
}

static int replay(const char *dir, struct err *err)
{
    scoped(arena_free) struct arena *arena = arena_new(4096);
    struct file_list files;

    int rc = file_list(dir, NULL, arena, &files, err);
    if (rc < 0)
        return rc;
    if (files.count == 0)
        return err_set(err, -ENOENT, "'%s' holds no input", dir);
    for (size_t i = 0; i < files.count; i++) {
        scoped(buf_done) struct buf input = {.limit = INPUT_MAX};

        rc = file_read(files.path[i].ptr, INPUT_MAX, &input, err);
        if (rc < 0)
            return rc;
        /* Named first, so that a crash shows which input it was. */
        printf("%s\n", files.path[i].ptr);
        (void)fflush(stdout);
        feed(buf_view(&input));
    }
    printf("%zu inputs replayed from %s\n", files.count, dir);
    return 0;
}

int main(int argc, char **argv)
{
    struct err err = {0};

    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s DIRECTORY...\n", argv[0]);
        return 2;
    }
    feed((struct sv){NULL, 0});
    for (int i = 1; i < argc; i++) {
        int rc = replay(argv[i], &err);
        if (rc < 0) {
            (void)fprintf(stderr, "replay: %s\n", err_text(&err, rc));
            return 1;
        }
    }
    return 0;
}
