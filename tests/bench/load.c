#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "scene.h"

/* Each runs in a shell of its own until the cgroup is ended; $D is a scratch directory. */
static const char *const load[] = {
    /* a compiler */
    "printf '#include <stdio.h>\\n#include <stdlib.h>\\n#include <string.h>\\n#include <unistd.h>\\n"
    "int main(void) { puts(\"x\"); return 0; }\\n' >$D/a.c\n"
    "while :; do gcc -O1 -o $D/a.out $D/a.c; $D/a.out; done",
    /* archives and searches */
    "while :; do tar cf - /usr/include 2>/dev/null | cat >$D/a.tar; mkdir -p $D/t\n"
    "tar xf $D/a.tar -C $D/t; find /etc /usr/share -name '*.conf' >$D/found\n"
    "grep -rs something_not_there /etc /usr/include $D/t; rm -rf $D/t; done",
    /* shells */
    "while :; do sh -c 'ls -l /etc >$D/ls; id; cat /etc/passwd /etc/hosts /etc/group | wc -l'\n"
    "cp /etc/hosts $D/h; chmod 600 $D/h; mv $D/h $D/h2; rm -f $D/h2; ln -sf /etc/hosts $D/l\n"
    "env | sort | head -n 3; date; uname -a; done",
    /* package tools */
    "while :; do dpkg -l; dpkg -S /bin/bash; dpkg -L coreutils; apt-cache policy bash gcc; done",
    /* a web server and who asks it */
    "mkdir -p $D/www; for i in 1 2 3 4; do cp /etc/services $D/www/$i; done\n"
    "busybox httpd -f -p 127.0.0.1:28017 -h $D/www & sleep 1\n"
    "while :; do for i in 1 2 3 4 5; do busybox wget -q -O - http://127.0.0.1:28017/$i; done; done",
};

_Static_assert(ARRAY_LEN(load) == LOAD_COUNT, "one process each");

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static _Noreturn void run_load(const struct scene *scene, const char *text)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    sigset_t nothing;

    (void)sigemptyset(&nothing);
    (void)sigprocmask(SIG_SETMASK, &nothing, NULL);
    scene_enter(scene, getpid());
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || setenv("D", scene->dir, 1) != 0 ||
        setenv("LC_ALL", "C", 1) != 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
        dup2(null, 2) < 0)
        _exit(127);
    (void)execl("/bin/sh", "sh", "-c", text, (char *)NULL);
    _exit(127);
}

void load_start(const struct scene *scene, pid_t pid[LOAD_COUNT])
{
    for (size_t i = 0; i < ARRAY_LEN(load); i++) {
        pid[i] = fork();
        if (pid[i] < 0)
            give_up("fork");
        if (pid[i] == 0)
            run_load(scene, load[i]);
    }
}

/* Everything in the cgroup was started here. */
void load_stop(const struct scene *scene, const pid_t pid[LOAD_COUNT])
{
    char path[600];

    (void)snprintf(path, sizeof(path), "%s/cgroup.kill", scene->cgroup);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "1", 1) != 1)
        give_up(path);
    (void)close(fd);
    for (size_t i = 0; i < ARRAY_LEN(load); i++)
        (void)waitpid(pid[i], NULL, 0);
}
