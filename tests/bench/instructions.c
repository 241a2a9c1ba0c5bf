#include "instructions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/file.h"

enum {
    ARGS_MAX = 16,
    OPTION_SIZE = 256,
    OUTPUT_MAX = 64 << 20, /* bytes of callgrind's file */
    NO_PROGRAM = 127,
};

static _Noreturn void run(const char *const *argv, const char *function, const char *path)
{
    char out[OPTION_SIZE];
    char toggle[OPTION_SIZE];
    const char *args[ARGS_MAX + 1] = {"valgrind", "--tool=callgrind", "--log-file=/dev/null", out,
                                      toggle};
    size_t count = 5;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)snprintf(out, sizeof(out), "--callgrind-out-file=%s", path);
    (void)snprintf(toggle, sizeof(toggle), "--toggle-collect=%s", function);
    for (size_t i = 0; argv[i] != NULL && count < ARGS_MAX; i++)
        args[count++] = argv[i];
    if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
        (void)execvp(args[0], (char *const *)(void *)args);
    _exit(NO_PROGRAM);
}

/* "totals: 123" in callgrind's file. */
static bool read_totals(const char *path, uint64_t *out)
{
    scoped(buf_done) struct buf text = {0};

    if (file_read(path, OUTPUT_MAX, &text, NULL) < 0)
        return false;
    size_t at = sv_find(buf_view(&text), SV("\ntotals: "), 0);
    if (at == SIZE_MAX)
        return false;
    struct sv rest = sv_sub(buf_view(&text), at + 9, text.len);
    return sv_to_u64(sv_split(&rest, '\n'), out);
}

bool instructions_count(const char *const *argv, const char *function, uint64_t *out)
{
    char path[] = "/tmp/bench-instructions-XXXXXX";
    int status = 0;
    int fd = mkstemp(path);

    if (fd < 0) {
        (void)fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
        return false;
    }
    (void)close(fd);
    pid_t pid = fork();
    if (pid == 0)
        run(argv, function, path);
    bool ran = pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
    bool fine = ran && read_totals(path, out);
    (void)unlink(path);
    if (!fine)
        (void)fprintf(stderr, "bench: instructions are not counted: %s\n",
                      WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM
                          ? "no valgrind"
                          : "the program under valgrind failed");
    return fine;
}
