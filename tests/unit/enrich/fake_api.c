#include "tests/unit/enrich/fake_api.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/test.h"

enum { HEAD_MAX = 8192, STEPS_MAX = 32 };

static void answer(int fd, const struct fake_api_step *step, size_t count, bool *taken)
{
    static const struct fake_api_step nothing = {"", 503, "", false};
    const struct fake_api_step *found = &nothing;
    char head[HEAD_MAX + 1] = "";
    char start[128];
    size_t len = 0;

    while (len < HEAD_MAX && strstr(head, "\r\n\r\n") == NULL) {
        ssize_t got = recv(fd, head + len, HEAD_MAX - len, 0);
        if (got <= 0)
            return;
        len += (size_t)got;
        head[len] = '\0';
    }
    for (size_t i = 0; i < count && found == &nothing; i++) {
        if (taken[i] || strstr(head, step[i].request) == NULL)
            continue;
        found = &step[i];
        taken[i] = true;
    }
    int start_len = snprintf(start, sizeof(start),
                             "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
                             "Connection: close\r\n\r\n",
                             found->status);
    (void)send(fd, start, (size_t)start_len, MSG_NOSIGNAL);
    (void)send(fd, found->body, strlen(found->body), MSG_NOSIGNAL);
    if (found->holds)
        (void)recv(fd, head, 1, 0);
}

void fake_api_start(struct fake_api *fake, const struct fake_api_step *step, size_t count)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(count <= STEPS_MAX);
    CHECK_INT(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
    CHECK_INT(listen(listener, 16), 0);
    CHECK_INT(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(fake->address, sizeof(fake->address), "http://127.0.0.1:%d",
                   ntohs(address.sin_port));
    (void)fflush(NULL);
    fake->pid = fork();
    CHECK(fake->pid >= 0);
    if (fake->pid == 0) {
        bool taken[STEPS_MAX] = {false};

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            if (fd < 0)
                _exit(1);
            answer(fd, step, count, taken);
            (void)close(fd);
        }
    }
    (void)close(listener);
}

void fake_api_stop(struct fake_api *fake)
{
    (void)kill(fake->pid, SIGKILL);
    (void)waitpid(fake->pid, NULL, 0);
}
