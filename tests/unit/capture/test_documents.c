#include "capture/documents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/unit/test.h"

static char *write_file(struct sv text, bool zipped)
{
    char *path = strdup("/tmp/tiercel-documents-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    if (zipped) {
        gzFile file = gzdopen(fd, "wb");
        assert_int_equal(gzwrite(file, text.ptr, (unsigned)text.len), (int)text.len);
        assert_int_equal(gzclose(file), Z_OK);
    } else {
        assert_int_equal(file_write_all(fd, text, NULL), 0);
        (void)close(fd);
    }
    return path;
}

static void remove_file(char *path)
{
    (void)unlink(path);
    free(path);
}

/* "line:text|line:text" of a file. */
static void read_all(const char *path, struct buf *out)
{
    scoped(documents_close) struct documents *documents = NULL;
    struct sv text;
    uint64_t line;
    int rc;

    assert_int_equal(documents_open(path, &documents, NULL), 0);
    while ((rc = documents_next(documents, &text, &line, NULL)) == 0)
        buf_printf(out, "%llu:%.*s|", (unsigned long long)line, SV_ARG(text));
    CHECK_INT(rc, DOCUMENTS_END);
}

static void documents_of_a_file(void **state)
{
    static const struct {
        const char *row, *text, *seen;
    } rows[] = {
        {"nothing", "", ""},
        {"white space", " \n\n", ""},
        {"one", "{\"a\":1}", "1:{\"a\":1}|"},
        {"lines", "{\"a\":1}\n{\"b\":2}\r\n\n[3]\n", "1:{\"a\":1}|2:{\"b\":2}|4:[3]|"},
        {"behind each other", "{}{} []", "1:{}|1:{}|1:[]|"},
        {"over lines", "{\n \"a\": [\n1\n]\n}\n{}", "1:{\n \"a\": [\n1\n]\n}|6:{}|"},
        {"brackets in texts", "{\"a\":\"}{\\\"]\"}\n{}", "1:{\"a\":\"}{\\\"]\"}|2:{}|"},
        {"no JSON", "hello\n{}\n", "1:hello|2:{}|"},
        {"closed too early", "}\n{}\n", "1:}|2:{}|"},
        {"closed too often", "{}}\n{}\n", "1:{}|1:}|2:{}|"},
        {"cut line", "{\"a\":1\n{\"b\":2}\n{}\n", "1:{\"a\":1|2:{\"b\":2}|3:{}|"},
        {"cut in a text", "{\"a\":\"x\n{\"b\":2}\n", "1:{\"a\":\"x|2:{\"b\":2}|"},
        {"cut before a value", "{\"a\":\n{\"b\":2}\n{\"c\":3}\n",
         "1:{\"a\":|2:{\"b\":2}|3:{\"c\":3}|"},
        {"cut at the end", "{}\n{\"a\":[1,", "1:{}|2:{\"a\":[1,|"},
        {"list over lines", "[{\"a\":1},\n{\"b\":2}\n]\n", "1:[{\"a\":1},\n{\"b\":2}\n]|"},
        {"never closed", "[\n1,\n2\n", "1:[|2:1,|3:2|"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows) * 2; i++) {
        scoped(buf_done) struct buf seen = {0};
        char *path = write_file(sv(rows[i / 2].text), i % 2 == 1);

        test_row(rows[i / 2].row);
        read_all(path, &seen);
        CHECK_STR(buf_cstr(&seen), rows[i / 2].seen);
        remove_file(path);
    }
}

/* Many documents of many sizes, so that they lie across every border of what is read at once. */
static void long_files(void **state)
{
    enum { COUNT = 3000 };
    scoped(buf_done) struct buf text = {0};
    scoped(documents_close) struct documents *documents = NULL;
    struct sv one;
    uint64_t line;

    for (int i = 0; i < COUNT; i++) {
        buf_printf(&text, "{\"n\":%d,\"pad\":\"", i);
        for (int pad = 0; pad < i % 577; pad++)
            buf_char(&text, '{');
        buf_str(&text, i % 2 == 0 ? "\"}\n" : "\"\n}\n");
    }
    char *path = write_file(buf_view(&text), true);
    assert_int_equal(documents_open(path, &documents, NULL), 0);
    uint64_t expected_line = 1;
    for (int i = 0; i < COUNT; i++) {
        char start[32];
        (void)snprintf(start, sizeof(start), "{\"n\":%d,", i);
        assert_int_equal(documents_next(documents, &one, &line, NULL), 0);
        CHECK(sv_starts(one, sv(start)));
        CHECK_INT(line, expected_line);
        expected_line += i % 2 == 0 ? 1 : 2;
    }
    CHECK_INT(documents_next(documents, &one, &line, NULL), DOCUMENTS_END);
    CHECK(documents_offset(documents) > 0);
    remove_file(path);
}

static void what_cannot_be_read(void **state)
{
    scoped(documents_close) struct documents *documents = NULL;
    scoped(buf_done) struct buf text = {0};
    struct err err;
    struct sv one;
    uint64_t line;

    CHECK_INT(documents_open("/nonexistent/x", &documents, &err), -ENOENT);
    CHECK_HAS(err.text, "/nonexistent/x");
    CHECK_INT(documents_open("/tmp", &documents, &err), -EISDIR);

    /* a gzip file that was cut: what was read before the cut, then an error, then the end */
    for (int i = 0; i < 100000; i++)
        buf_printf(&text, "{\"number\":%d}\n", i * 7919);
    char *path = write_file(buf_view(&text), true);
    assert_int_equal(truncate(path, 100000), 0);
    assert_int_equal(documents_open(path, &documents, &err), 0);
    int documents_read = 0;
    int rc;
    while ((rc = documents_next(documents, &one, &line, &err)) == 0)
        documents_read++;
    CHECK(documents_read > 1000);
    CHECK_INT(rc, -EIO);
    CHECK_HAS(err.text, path);
    while ((rc = documents_next(documents, &one, &line, &err)) == 0)
        documents_read++;
    CHECK_INT(rc, DOCUMENTS_END);
    remove_file(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_of_a_file),
        cmocka_unit_test(long_files),
        cmocka_unit_test(what_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
