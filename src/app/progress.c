#include "app/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { BAR = 30, PERCENT = 100, MIB_SHIFT = 20, DRAWS_A_SECOND = 5 };

void progress_begin(struct progress *progress, const char *what)
{
    *progress = (struct progress){.what = what, .wanted = isatty(STDERR_FILENO) != 0};
    progress->begun_ns = clock_mono_ns();
    progress->next_ns = progress->begun_ns + CLOCK_NS;
}

void progress_show(struct progress *progress, uint64_t done, uint64_t total, uint64_t events)
{
    char bar[BAR + 1] = "";
    uint64_t now_ns = progress->wanted ? clock_mono_ns() : 0;

    if (now_ns < progress->next_ns || !progress->wanted)
        return;
    progress->next_ns = now_ns + CLOCK_NS / DRAWS_A_SECOND;
    progress->shown = true;
    uint64_t part = total == 0 ? 0 : done * BAR / total;
    for (uint64_t i = 0; i < BAR; i++)
        bar[i] = i < part ? '#' : '.';
    uint64_t rate = events * CLOCK_NS / (now_ns - progress->begun_ns);
    if (total > 0)
        (void)fprintf(stderr, "\r%s [%s] %3llu%% %llu MiB, %llu events/s\033[K", progress->what,
                      bar, (unsigned long long)(done * PERCENT / total),
                      (unsigned long long)(done >> MIB_SHIFT), (unsigned long long)rate);
    else
        (void)fprintf(stderr, "\r%s %llu MiB, %llu events/s\033[K", progress->what,
                      (unsigned long long)(done >> MIB_SHIFT), (unsigned long long)rate);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        (void)fprintf(stderr, "\r\033[K");
    progress->shown = false;
}
