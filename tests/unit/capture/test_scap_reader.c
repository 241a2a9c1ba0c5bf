/* Capture files as bytes: every kind of block in every version, and what is wrong with them. */
#include "capture/scap_reader.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "capture/scap_blocks.h"
#include "capture/scap_table.h"
#include "tests/unit/test.h"

enum { PATH_ROOM = 64, ITEMS_MAX = 100 };

static void put(struct buf *out, uint64_t number, size_t len)
{
    buf_bytes(out, &number, len);
}

static void put_text(struct buf *out, const char *text)
{
    put(out, strlen(text), 2);
    buf_str(out, text);
}

/* A file of these bytes. */
struct fixture {
    int fd;
    char path[PATH_ROOM];
    struct scap_reader *reader;
    struct scap_item item;
    struct err err;
};

static int open_file(struct fixture *f, struct sv bytes)
{
    *f = (struct fixture){.fd = memfd_create("scap", MFD_CLOEXEC)};
    CHECK(f->fd >= 0 && file_write_all(f->fd, bytes, NULL) == 0);
    (void)snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
    return scap_reader_open(f->path, &f->reader, &f->err);
}

static void close_file(struct fixture *f)
{
    scap_reader_close(f->reader);
    (void)close(f->fd);
}

static enum scap_item_kind next(struct fixture *f)
{
    int rc = scap_reader_next(f->reader, &f->item, &f->err);

    if (rc < 0)
        TEST_FAIL("%s", err_text(&f->err, rc));
    return f->item.kind;
}

/* Behind the section header. */
static void open_blocks(struct fixture *f, const struct buf *blocks)
{
    scoped(buf_done) struct buf all = {0};

    scap_put_section(&all);
    buf_sv(&all, buf_view(blocks));
    CHECK_INT(open_file(f, buf_view(&all)), 0);
    CHECK_INT(next(f), SCAP_ITEM_SECTION);
}

/* --------------------------------------------------------------------------------------- events */

/* A close that ended with -9. */
static void put_event(struct buf *out, uint32_t block, bool flags, bool counted, size_t length_size)
{
    uint32_t code = scap_event_code(SV("close"), SCAP_EXIT, 1);
    size_t at = scap_block_begin(out, block);

    put(out, 3, 2);
    if (flags)
        put(out, 0x80, 4);
    put(out, 1234567, 8);
    put(out, 77, 8);
    put(out, (counted ? 26 : 22) + length_size + 8, 4);
    put(out, code, 2);
    if (counted)
        put(out, 1, 4);
    put(out, 8, length_size);
    put(out, (uint64_t)-9, 8);
    scap_block_end(out, at);
}

static void events_of_every_version(void **state)
{
    static const struct {
        const char *name;
        uint32_t block;
        bool flags, counted, large;
    } rows[] = {
        {"the first", 0x204, false, false, false},
        {"the first, early number", 0x8010abcd, false, false, false},
        {"with flags", 0x208, true, false, false},
        {"counted", 0x216, false, true, false},
        {"counted, with flags", 0x217, true, true, false},
        {"large", 0x221, false, true, true},
        {"large, with flags", 0x222, true, true, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf blocks = {0};
        struct fixture f;
        const struct scap_event *event = &f.item.event;
        int64_t value = 0;

        test_row(rows[i].name);
        put_event(&blocks, rows[i].block, rows[i].flags, rows[i].counted, rows[i].large ? 4 : 2);
        open_blocks(&f, &blocks);
        CHECK_INT(next(&f), SCAP_ITEM_EVENT);
        CHECK_INT(event->cpu, 3);
        CHECK_INT(event->flags, rows[i].flags ? 0x80 : 0);
        CHECK_INT(event->time_ns, 1234567);
        CHECK_INT(event->tid, 77);
        CHECK_STR(scap_event_info(event->code)->name, "close");
        CHECK_INT(event->param_count, 1);
        CHECK_INT(event->large, rows[i].large);
        CHECK_INT(event->data.len, sizeof(value));
        memcpy(&value, event->data.ptr, sizeof(value));
        CHECK_INT(value, -9);
        CHECK_INT(next(&f), SCAP_ITEM_END);
        CHECK_INT(scap_reader_counts(f.reader).events_odd, 0);
        close_file(&f);
    }
}

/* Its lengths are more than there is; the next one is read. */
static void events_that_contradict_themselves(void **state)
{
    for (size_t at = 0; at < 3; at++) {
        static const struct {
            const char *name;
            size_t place; /* in the block */
            uint32_t value;
        } rows[] = {
            {"length of the event", 8 + 2 + 16, 1u << 30},
            {"count of parameters", 8 + 2 + 22, 1u << 30},
            {"length of a parameter", 8 + 2 + 26, 0xffff},
        };
        scoped(buf_done) struct buf blocks = {0};
        struct fixture f;

        test_row(rows[at].name);
        put_event(&blocks, SCAP_BLOCK_EVENT, false, true, 2);
        memcpy(blocks.ptr + rows[at].place, &rows[at].value, at == 2 ? 2 : 4);
        put_event(&blocks, SCAP_BLOCK_EVENT, false, true, 2);
        open_blocks(&f, &blocks);
        CHECK_INT(next(&f), SCAP_ITEM_EVENT);
        CHECK_INT(f.item.event.tid, 77);
        CHECK_INT(next(&f), SCAP_ITEM_END);
        CHECK_INT(scap_reader_counts(f.reader).events_odd, 1);
        close_file(&f);
    }
}

/* ---------------------------------------------------------------------------------------- lists */

static void put_thread(struct buf *out, unsigned version)
{
    for (uint64_t id = 10; id < 13; id++)
        put(out, id, 8);
    if (version >= 6)
        put(out, 13, 8);
    if (version >= 8)
        put(out, 14, 8);
    put_text(out, "comm");
    put_text(out, "exe");
    if (version >= 7)
        put_text(out, "/bin/exe");
    put(out, 4, 2);
    buf_bytes(out, "a\0b", 4);
    put_text(out, "/cwd/");
    put(out, 1024, 8);
    put(out, 1, 4);
    put(out, 1000, 4);
    put(out, 100, 4);
    if (version >= 2) {
        for (uint64_t size = 1; size < 4; size++)
            put(out, size, 4);
        put(out, 4, 8);
        put(out, 5, 8);
    }
    if (version >= 3)
        put_text(out, "A=1");
    if (version >= 4) {
        put(out, 20, 8);
        put(out, 21, 8);
        put_text(out, "cpu=/");
    }
    if (version >= 5)
        put_text(out, "/root");
    if (version >= 9) {
        put(out, 99, 8);
        put(out, 34816, 4);
        put(out, 1001, 4);
        put(out, 1, 1);
        for (uint64_t set = 1; set < 4; set++)
            put(out, set, 8);
        put(out, 1, 1);
        for (uint64_t time = 7; time < 10; time++)
            put(out, time, 8);
    }
}

static void check_thread(const struct recorded_thread *thread, unsigned version)
{
    CHECK_INT(thread->tid, 10);
    CHECK_INT(thread->pid, 11);
    CHECK_INT(thread->ptid, 12);
    CHECK_INT(thread->sid, version >= 6 ? 13 : -1);
    CHECK_INT(thread->vpgid, version >= 8 ? 14 : -1);
    CHECK_SV(thread->comm, SV("comm"));
    CHECK_SV(thread->exe, SV("exe"));
    CHECK_SV(thread->exe_path, version >= 7 ? SV("/bin/exe") : SV(""));
    CHECK_SV(thread->args, ((struct sv){"a\0b", 4}));
    CHECK_SV(thread->cwd, SV("/cwd/"));
    CHECK_INT(thread->fd_limit, 1024);
    CHECK_INT(thread->uid, 1000);
    CHECK_INT(thread->gid, 100);
    CHECK_INT(thread->vm_rss_kib, version >= 2 ? 2 : 0);
    CHECK_SV(thread->env, version >= 3 ? SV("A=1") : SV(""));
    CHECK_INT(thread->vtid, version >= 4 ? 20 : -1);
    CHECK_SV(thread->cgroups, version >= 4 ? SV("cpu=/") : SV(""));
    CHECK_SV(thread->root, version >= 5 ? SV("/root") : SV(""));
    CHECK_INT(thread->login_uid, version >= 9 ? 1001 : UINT32_MAX);
    CHECK_INT(thread->tty, version >= 9 ? 34816 : 0);
    CHECK_INT(thread->cap_effective, version >= 9 ? 3 : 0);
    CHECK_INT(thread->exe_mtime_wall_ns, version >= 9 ? 9 : 0);
    CHECK_INT(thread->exe_from_memfd, false);
}

static void threads_of_every_version(void **state)
{
    static const uint32_t number[] = {0x202, 0x207, 0x209, 0x210, 0x211,
                                      0x212, 0x213, 0x214, 0x215};

    for (unsigned version = 1; version <= ARRAY_LEN(number); version++) {
        scoped(buf_done) struct buf blocks = {0};
        char name[PATH_ROOM];
        struct fixture f;

        (void)snprintf(name, sizeof(name), "version %u", version);
        test_row(name);
        size_t block = scap_block_begin(&blocks, number[version - 1]);
        for (int twice = 0; twice < 2; twice++) {
            scoped(buf_done) struct buf entry = {0};
            put_thread(&entry, version);
            if (version >= 9)
                put(&blocks, entry.len + 4, 4);
            buf_sv(&blocks, buf_view(&entry));
        }
        scap_block_end(&blocks, block);
        open_blocks(&f, &blocks);
        for (int twice = 0; twice < 2; twice++) {
            CHECK_INT(next(&f), SCAP_ITEM_THREAD);
            check_thread(&f.item.thread, version);
        }
        CHECK_INT(next(&f), SCAP_ITEM_END);
        close_file(&f);
    }
}

static void the_machine_and_its_people(void **state)
{
    const struct scap_machine machine = {
        .cpus = 2, .memory_bytes = 1 << 20, .boot_wall_ns = 77, .hostname = SV("host")};
    const struct scap_interface interface = {.name = SV("lo"), .address = {127, 0, 0, 1}};
    const struct scap_user user = {
        .uid = 5, .gid = 6, .name = SV("ann"), .home = SV("/h"), .shell = SV("/s")};
    scoped(buf_done) struct buf blocks = {0};
    struct fixture f;

    scap_put_machine(&blocks, &machine);
    size_t at = scap_block_begin(&blocks, SCAP_BLOCK_INTERFACES);
    scap_put_interface(&blocks, &interface);
    scap_block_end(&blocks, at);
    at = scap_block_begin(&blocks, SCAP_BLOCK_USERS);
    scap_put_user(&blocks, &user);
    scap_put_group(&blocks, 8, SV("staff"));
    scap_block_end(&blocks, at);
    open_blocks(&f, &blocks);
    CHECK_INT(next(&f), SCAP_ITEM_MACHINE);
    CHECK_SV(f.item.machine.hostname, SV("host"));
    CHECK_INT(f.item.machine.boot_wall_ns, 77);
    CHECK_INT(next(&f), SCAP_ITEM_INTERFACE);
    CHECK_SV(f.item.interface.name, SV("lo"));
    CHECK_INT(f.item.interface.address.family, 4);
    CHECK_INT(f.item.interface.address.byte[0], 127);
    CHECK_INT(next(&f), SCAP_ITEM_USER);
    CHECK_INT(f.item.user.uid, 5);
    CHECK_SV(f.item.user.shell, SV("/s"));
    CHECK_INT(next(&f), SCAP_ITEM_USER);
    CHECK(f.item.user.is_group);
    CHECK_INT(f.item.user.gid, 8);
    CHECK_SV(f.item.user.name, SV("staff"));
    CHECK_INT(next(&f), SCAP_ITEM_END);
    close_file(&f);
}

static void users_without_lengths(void **state)
{
    scoped(buf_done) struct buf blocks = {0};
    struct fixture f;
    size_t at = scap_block_begin(&blocks, 0x206);

    put(&blocks, 0, 1);
    put(&blocks, 5, 4);
    put(&blocks, 6, 4);
    put_text(&blocks, "ann");
    put_text(&blocks, "/h");
    put_text(&blocks, "/s");
    put(&blocks, 1, 1);
    put(&blocks, 8, 4);
    put_text(&blocks, "staff");
    scap_block_end(&blocks, at);
    open_blocks(&f, &blocks);
    CHECK_INT(next(&f), SCAP_ITEM_USER);
    CHECK_SV(f.item.user.home, SV("/h"));
    CHECK_INT(next(&f), SCAP_ITEM_USER);
    CHECK_SV(f.item.user.name, SV("staff"));
    CHECK_INT(next(&f), SCAP_ITEM_END);
    close_file(&f);
}

static void descriptors(void **state)
{
    static const struct scap_fd rows[] = {
        {.num = 1, .ino = 9, .type = SCAP_FD_FILE, .name = SV("/f")},
        {.num = 2, .type = SCAP_FD_IPV4, .local = {1}, .remote = {2}, .remote_port = 80, .l4 = 1},
        {.num = 3, .type = SCAP_FD_IPV6_LISTEN, .local = {3}, .local_port = 53, .l4 = 2},
        {.num = 4, .type = SCAP_FD_UNIX, .name = SV("/s"), .source = 11, .destination = 12},
        {.num = 5, .type = SCAP_FD_FILE_V2, .name = SV("/v"), .open_flags = 3, .dev = 7},
        {.num = 6, .type = SCAP_FD_EPOLL, .name = SV("")},
    };
    scoped(buf_done) struct buf blocks = {0};
    struct fixture f;
    const struct recorded_descriptor *fd = &f.item.descriptor;
    size_t at = scap_block_begin(&blocks, SCAP_BLOCK_FDS);

    scap_put_fds_of(&blocks, 42);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        scap_put_fd(&blocks, &rows[i]);
    scap_block_end(&blocks, at);
    open_blocks(&f, &blocks);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK_INT(next(&f), SCAP_ITEM_DESCRIPTOR);
        CHECK_INT(fd->pid, 42);
        CHECK_INT(fd->num, rows[i].num);
        CHECK_INT(fd->type, "f46ufl"[i]);
        CHECK_SV(fd->name, rows[i].name);
        CHECK_INT(fd->listening, i == 2);
        CHECK_INT(fd->from.byte[0], rows[i].local[0]);
        CHECK_INT(fd->to_port, rows[i].remote_port);
        CHECK_INT(fd->peer, rows[i].destination);
        CHECK_INT(fd->flags, rows[i].open_flags);
        CHECK_INT(fd->dev, rows[i].dev);
    }
    CHECK_INT(next(&f), SCAP_ITEM_END);
    close_file(&f);
}

/* ---------------------------------------------------------------------------------------- files */

/* Two events with a block between them that nobody knows. */
static void put_some(struct buf *out)
{
    scap_put_section(out);
    put_event(out, SCAP_BLOCK_EVENT, false, true, 2);
    size_t at = scap_block_begin(out, 0x7777);
    buf_str(out, "what is this");
    scap_block_end(out, at);
    put_event(out, 0x217, true, true, 2);
}

static void what_is_not_known_is_skipped(void **state)
{
    scoped(buf_done) struct buf all = {0};
    struct fixture f;

    put_some(&all);
    put_some(&all); /* joined end to end */
    CHECK_INT(open_file(&f, buf_view(&all)), 0);
    for (int twice = 0; twice < 2; twice++) {
        CHECK_INT(next(&f), SCAP_ITEM_SECTION);
        CHECK_INT(next(&f), SCAP_ITEM_EVENT);
        CHECK_INT(next(&f), SCAP_ITEM_EVENT);
    }
    CHECK_INT(next(&f), SCAP_ITEM_END);
    CHECK_INT(scap_reader_counts(f.reader).blocks_unknown, 2);
    CHECK_INT(scap_reader_counts(f.reader).bytes, all.len);
    close_file(&f);
}

static void packed_files(void **state)
{
    scoped(buf_done) struct buf all = {0};
    struct fixture f = {.fd = memfd_create("scap", MFD_CLOEXEC)};

    put_some(&all);
    gzFile file = gzdopen(dup(f.fd), "wb");
    CHECK(file != NULL && gzwrite(file, all.ptr, (unsigned)all.len) == (int)all.len);
    CHECK_INT(gzclose(file), Z_OK);
    CHECK_INT(lseek(f.fd, 0, SEEK_SET), 0);
    (void)snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", f.fd);
    CHECK_INT(scap_reader_open(f.path, &f.reader, &f.err), 0);
    CHECK_INT(next(&f), SCAP_ITEM_SECTION);
    CHECK_INT(next(&f), SCAP_ITEM_EVENT);
    CHECK_INT(next(&f), SCAP_ITEM_EVENT);
    CHECK_INT(next(&f), SCAP_ITEM_END);
    close_file(&f);
}

/* Wherever a file is cut: all that is whole before, then an error with the place, except between
 * blocks. */
static void files_that_are_cut_off(void **state)
{
    scoped(buf_done) struct buf all = {0};
    unsigned clean = 0;

    put_some(&all);
    for (size_t len = 8; len < all.len; len++) {
        struct fixture f;
        int items = 0;

        CHECK_INT(open_file(&f, sv_sub(buf_view(&all), 0, len)), 0);
        int rc = 0;
        while ((rc = scap_reader_next(f.reader, &f.item, &f.err)) == 0 &&
               f.item.kind != SCAP_ITEM_END && items < ITEMS_MAX)
            items++;
        clean += rc == 0;
        if (rc < 0) {
            CHECK_INT(rc, -ENODATA);
            CHECK_HAS(f.err.text, "is cut off");
        }
        CHECK(items <= 3);
        close_file(&f);
    }
    CHECK_INT(clean, 3); /* after the section, the event, and the block that is not known */
}

static void files_that_are_damaged(void **state)
{
    static const struct {
        const char *name;
        size_t place;
        uint32_t value;
        const char *says;
    } rows[] = {
        {"another byte order", 8, 0x4d3c2b1a, "big-endian"},
        {"another magic", 8, 0x12345678, "no such version"},
        {"another version", 12, 9, "no such version"},
        {"a short section", 4, 12, "too short"},
        {"a block without room", 28 + 4, 3, "shorter than its frame"},
        {"the second length", 24, 99, "lengths of a block differ"},
        {"an endless event", 28 + 4, 0xfffffff0, "too long"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf all = {0};
        struct fixture f;
        int rc = 0, items = 0;

        test_row(rows[i].name);
        put_some(&all);
        memcpy(all.ptr + rows[i].place, &rows[i].value, sizeof(rows[i].value));
        CHECK_INT(open_file(&f, buf_view(&all)), 0);
        while ((rc = scap_reader_next(f.reader, &f.item, &f.err)) == 0 && items++ < ITEMS_MAX)
            CHECK(f.item.kind != SCAP_ITEM_END);
        CHECK_INT(rc, -EINVAL);
        CHECK_HAS(f.err.text, rows[i].says);
        close_file(&f);
    }
}

static void entries_that_are_damaged(void **state)
{
    static const uint32_t lengths[] = {0, 3, 1000, 0xffffffff};

    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        scoped(buf_done) struct buf blocks = {0};
        struct fixture f;
        size_t at = scap_block_begin(&blocks, SCAP_BLOCK_PROCESSES);

        put(&blocks, lengths[i], 4);
        put(&blocks, 1, 8);
        scap_block_end(&blocks, at);
        open_blocks(&f, &blocks);
        CHECK_INT(scap_reader_next(f.reader, &f.item, &f.err), -EINVAL);
        CHECK_HAS(f.err.text, "is damaged at byte");
        close_file(&f);
    }
}

static void files_that_are_no_captures(void **state)
{
    static const struct {
        const char *name;
        struct sv bytes;
    } rows[] = {
        {"empty", SV("")},
        {"short", SV("\n\r\r\n")},
        {"text", SV("#!/bin/sh\nexit 0\n")},
        {"a packed thing cut off", SV("\x1f\x8b\x08\0\0\0\0\0\0\3")},
    };
    struct fixture f = {.fd = -1};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_row(rows[i].name);
        CHECK(open_file(&f, rows[i].bytes) < 0);
        CHECK(f.err.text[0] != '\0');
        close_file(&f);
    }
    CHECK_INT(scap_reader_open("/nonexistent/file.scap", &f.reader, &f.err), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_of_every_version),
        cmocka_unit_test(events_that_contradict_themselves),
        cmocka_unit_test(threads_of_every_version),
        cmocka_unit_test(the_machine_and_its_people),
        cmocka_unit_test(users_without_lengths),
        cmocka_unit_test(descriptors),
        cmocka_unit_test(what_is_not_known_is_skipped),
        cmocka_unit_test(packed_files),
        cmocka_unit_test(files_that_are_cut_off),
        cmocka_unit_test(files_that_are_damaged),
        cmocka_unit_test(entries_that_are_damaged),
        cmocka_unit_test(files_that_are_no_captures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
