/* tests/unit/capture/sensor_helper.c - a small static program for tests to execute.
 *
 * helper [CODE]: exits with CODE, 0 without one or when it is no digit.
 * helper orphan PROGRAM [ARG...]: a child executes PROGRAM once this process has gone.
 * helper child PROGRAM [ARG...]: a child executes PROGRAM; exits as it does.
 * helper open FILE: opens it, exits with 0 when it could. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int orphan(char **argv)
{
    pid_t self = getpid();
    pid_t pid = fork();

    if (pid != 0)
        return pid < 0;
    while (getppid() == self)
        (void)poll(NULL, 0, 1);
    (void)execv(argv[0], argv);
    return 127;
}

static int child(char **argv)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        (void)execv(argv[0], argv);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 126;
    return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 0;
    if (argc > 2 && strcmp(argv[1], "orphan") == 0)
        return orphan(argv + 2);
    if (argc > 2 && strcmp(argv[1], "child") == 0)
        return child(argv + 2);
    if (argc > 2 && strcmp(argv[1], "open") == 0)
        return open(argv[2], O_RDONLY | O_CLOEXEC) < 0;
    if (argv[1][0] < '0' || argv[1][0] > '9')
        return 0;
    return argv[1][0] - '0';
}
