/* A commit must be durable also when it holds three records, and blocks are small only when they
 * are full of records. So a commit writes what it has as a small block, marked open, and keeps its
 * records in memory too; when there are enough for a full block, one takes the place of the open
 * ones. Each record is compressed twice at most, and after a restart the open blocks are read back.
 *
 * Whether a record is there already is asked of the blocks that its event time falls into: the same
 * record has the same time. For a stream of records of now, these are the last few, which stay in
 * memory; only for records from before `older_ns`, past all that have left memory, is the table
 * asked. A filter answers no at once for all but one in a hundred; then the block is read. A record
 * without a time of its own has that of its arrival: the same one may have come at any time in the
 * days before, in which its sender may send it again. */
#include "store/sqlite_evidence.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "store/block.h"
#include "store/sqlite_db.h"

enum {
    RECENT_BLOCKS = 16, /* of each source, whose filters stay in memory */
};

#define SENT_AGAIN_NS (3 * 86400 * CLOCK_NS) /* GitHub sends what is three days old again */

enum statement {
    INSERT,
    REMOVE_OPEN,
    TRIM,
    CANDIDATES, /* the writer's: sees the open transaction */
    DATA,       /* likewise */
    OPEN,
    LATEST,
    IN_TIME,
    READ,
    TOTALS,
    STATEMENT_COUNT,
};

static const struct {
    bool reads;
    struct sv sql;
} statements[STATEMENT_COUNT] = {
    [INSERT] = {false, SV("INSERT INTO evidence_block"
                          " (source, from_ns, to_ns, records, is_open, filter, data)"
                          " VALUES (?, ?, ?, ?, ?, ?, ?)")},
    [REMOVE_OPEN] = {false, SV("DELETE FROM evidence_block WHERE source = ? AND is_open")},
    [TRIM] = {false, SV("DELETE FROM evidence_block WHERE (?1 >> source & 1) = 1 AND to_ns < ?2"
                        " AND NOT is_open")},
    [CANDIDATES] = {false, SV("SELECT sequence, filter FROM evidence_block"
                              " WHERE source = ?1 AND to_ns >= ?2 AND from_ns <= ?3"
                              " AND NOT is_open")},
    [DATA] = {false, SV("SELECT data FROM evidence_block WHERE sequence = ?")},
    [OPEN] = {true, SV("SELECT source, data FROM evidence_block WHERE is_open ORDER BY sequence")},
    [LATEST] = {true, SV("SELECT source, max(to_ns) FROM evidence_block GROUP BY source")},
    [IN_TIME] = {true, SV("SELECT sequence FROM evidence_block"
                          " WHERE source = ?1 AND to_ns >= ?2 AND from_ns < ?3")},
    [READ] = {true, SV("SELECT source, filter, data FROM evidence_block WHERE sequence = ?")},
    [TOTALS] = {true, SV("SELECT coalesce(sum(records), 0), count(*),"
                         " coalesce(sum(length(data) + length(filter)), 0) FROM evidence_block")},
};

/* A full block of which only the filter is kept. */
struct recent {
    int64_t sequence;
    uint64_t from_ns, to_ns;
    struct buf filter;
};

struct source {
    struct block open;    /* committed, in open rows */
    struct block pending; /* of this transaction, in no row yet */
    bool open_taken;      /* this transaction has put `open` into a full block */
    struct recent recent[RECENT_BLOCKS];
    uint32_t recent_count, recent_next;
    uint64_t older_ns; /* no full block out of memory ends after it */
    bool has_older;
};

struct sqlite_evidence {
    sqlite3 *writer, *reader;
    sqlite3_stmt *statement[STATEMENT_COUNT];
    struct source *source[STORE_SOURCES_MAX]; /* NULL: nothing came from it since the start */
    struct buf data, filter, records;
};

/* --- sources --------------------------------------------------------------------------------- */

static struct source *source_of(struct sqlite_evidence *e, uint32_t number)
{
    if (e->source[number] == NULL) {
        struct source *source = xcalloc(1, sizeof(*source));
        block_init(&source->open);
        block_init(&source->pending);
        e->source[number] = source;
    }
    return e->source[number];
}

static void source_free(struct source *source)
{
    if (source == NULL)
        return;
    block_done(&source->open);
    block_done(&source->pending);
    for (uint32_t i = 0; i < RECENT_BLOCKS; i++)
        buf_done(&source->recent[i].filter);
    free(source);
}

/* What leaves memory is asked of the table from now on. */
static void remember(struct source *source, int64_t sequence, const struct block *block,
                     struct sv filter)
{
    struct recent *recent = &source->recent[source->recent_next];

    if (source->recent_count == RECENT_BLOCKS) {
        if (!source->has_older || recent->to_ns > source->older_ns)
            source->older_ns = recent->to_ns;
        source->has_older = true;
    } else {
        source->recent_count++;
    }
    recent->sequence = sequence;
    recent->from_ns = block->from_ns;
    recent->to_ns = block->to_ns;
    buf_reset(&recent->filter);
    buf_sv(&recent->filter, filter);
    source->recent_next = (source->recent_next + 1) % RECENT_BLOCKS;
}

/* --- duplicates ------------------------------------------------------------------------------ */

static bool in_records(struct sv records, struct sv id)
{
    struct store_evidence record;

    while (block_next(&records, &record)) {
        if (sv_eq(record.id, id))
            return true;
    }
    return false;
}

/* The time from which on the same record may have come; it ends with the record's. */
static uint64_t earliest_ns(const struct store_evidence *record)
{
    if (record->time_ns != record->arrival_ns)
        return record->time_ns;
    return record->time_ns - (record->time_ns < SENT_AGAIN_NS ? record->time_ns : SENT_AGAIN_NS);
}

static bool in_memory(const struct block *block, const struct store_evidence *record)
{
    return block->count > 0 && record->time_ns >= block->from_ns &&
           earliest_ns(record) <= block->to_ns && block_has_id(block, record->id) &&
           in_records(buf_view(&block->records), record->id);
}

/* Look into a block; 1 when the id is there. */
static int in_block(struct sqlite_evidence *e, enum statement which, int64_t sequence, struct sv id,
                    struct err *err)
{
    sqlite3_stmt *statement = e->statement[which];
    int rc = 0;

    sqlite_db_bind_number(statement, 1, sequence);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        rc = block_open(sqlite_db_column(statement, 0), &e->records, err);
    else if (code != SQLITE_DONE)
        rc = sqlite_db_error(e->writer, code, "look for a record", err);
    (void)sqlite3_reset(statement);
    if (rc < 0 || code == SQLITE_DONE)
        return rc;
    return in_records(buf_view(&e->records), id);
}

static int in_recent(struct sqlite_evidence *e, const struct source *source,
                     const struct store_evidence *record, struct err *err)
{
    for (uint32_t i = 0; i < source->recent_count; i++) {
        const struct recent *recent = &source->recent[i];
        if (record->time_ns < recent->from_ns || earliest_ns(record) > recent->to_ns ||
            !block_may_have_id(buf_view(&recent->filter), record->id))
            continue;
        int rc = in_block(e, DATA, recent->sequence, record->id, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int in_table(struct sqlite_evidence *e, const struct store_evidence *record, struct err *err)
{
    sqlite3_stmt *statement = e->statement[CANDIDATES];
    int rc = 0;
    int code;

    sqlite_db_bind_number(statement, 1, record->source);
    sqlite_db_bind_number(statement, 2, (int64_t)earliest_ns(record));
    sqlite_db_bind_number(statement, 3, (int64_t)record->time_ns);
    while (rc == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (block_may_have_id(sqlite_db_column(statement, 1), record->id))
            rc = in_block(e, DATA, sqlite3_column_int64(statement, 0), record->id, err);
    }
    if (rc == 0 && code != SQLITE_DONE)
        rc = sqlite_db_error(e->writer, code, "look for a record", err);
    (void)sqlite3_reset(statement);
    return rc;
}

/* 1 when a record with its id is there. */
static int is_there(struct sqlite_evidence *e, const struct source *source,
                    const struct store_evidence *record, struct err *err)
{
    if (record->id.len == 0)
        return 0;
    if (in_memory(&source->pending, record) ||
        (!source->open_taken && in_memory(&source->open, record)))
        return 1;
    int rc = in_recent(e, source, record, err);
    if (rc == 0 && source->has_older && earliest_ns(record) <= source->older_ns)
        rc = in_table(e, record, err);
    return rc;
}

/* --- writing --------------------------------------------------------------------------------- */

static int step(struct sqlite_evidence *e, enum statement which, const char *what, struct err *err)
{
    int code = sqlite3_step(e->statement[which]);
    int rc = code == SQLITE_DONE ? 0 : sqlite_db_error(e->writer, code, what, err);

    (void)sqlite3_reset(e->statement[which]);
    return rc;
}

static int insert(struct sqlite_evidence *e, uint32_t number, const struct block *block, bool open,
                  struct err *err)
{
    sqlite3_stmt *statement = e->statement[INSERT];

    buf_reset(&e->data);
    buf_reset(&e->filter);
    int rc = block_finish(block, &e->data, &e->filter);
    if (rc < 0)
        return err_set(err, rc, "no memory for a block of evidence");
    sqlite_db_bind_number(statement, 1, number);
    sqlite_db_bind_number(statement, 2, (int64_t)block->from_ns);
    sqlite_db_bind_number(statement, 3, (int64_t)block->to_ns);
    sqlite_db_bind_number(statement, 4, block->count);
    sqlite_db_bind_number(statement, 5, open);
    sqlite_db_bind_blob(statement, 6, buf_view(&e->filter));
    sqlite_db_bind_blob(statement, 7, buf_view(&e->data));
    return step(e, INSERT, "append evidence", err);
}

/* A full block of what is open and what is pending. */
static int insert_full(struct sqlite_evidence *e, uint32_t number, struct err *err)
{
    struct source *source = e->source[number];
    struct block *block = &source->pending;
    int rc = 0;

    if (!source->open_taken && source->open.count > 0) {
        /* in the order they came: what is open goes first, and `open` itself must stay as it is */
        struct block both;
        block_init(&both);
        rc = block_add_all(&both, &source->open);
        if (rc == 0)
            rc = block_add_all(&both, &source->pending);
        block_done(&source->pending);
        source->pending = both;
        if (rc < 0)
            return err_set(err, rc, "no memory for a block of evidence");
        sqlite_db_bind_number(e->statement[REMOVE_OPEN], 1, number);
        rc = step(e, REMOVE_OPEN, "append evidence", err);
    }
    if (rc == 0)
        rc = insert(e, number, block, false, err);
    if (rc < 0)
        return rc;
    source->open_taken = true;
    remember(source, sqlite3_last_insert_rowid(e->writer), block, buf_view(&e->filter));
    block_reset(block);
    return 0;
}

int sqlite_evidence_append(struct sqlite_evidence *e, const struct store_evidence *record,
                           struct err *err)
{
    struct source *source = source_of(e, record->source);

    int rc = is_there(e, source, record, err);
    if (rc != 0)
        return rc < 0 ? rc : STORE_DUPLICATE;
    rc = block_add(&source->pending, record);
    if (rc < 0)
        return err_set(err, rc, "no memory for a record of evidence");
    size_t bytes = source->pending.records.len;
    if (!source->open_taken)
        bytes += source->open.records.len;
    return bytes < BLOCK_BYTES ? 0 : insert_full(e, record->source, err);
}

int sqlite_evidence_flush(struct sqlite_evidence *e, struct err *err)
{
    int rc = 0;

    for (uint32_t i = 0; i < STORE_SOURCES_MAX && rc == 0; i++) {
        if (e->source[i] != NULL && e->source[i]->pending.count > 0)
            rc = insert(e, i, &e->source[i]->pending, true, err);
    }
    return rc;
}

void sqlite_evidence_committed(struct sqlite_evidence *e)
{
    for (uint32_t i = 0; i < STORE_SOURCES_MAX; i++) {
        struct source *source = e->source[i];
        if (source == NULL)
            continue;
        if (source->open_taken)
            block_reset(&source->open);
        source->open_taken = false;
        int rc = block_add_all(&source->open, &source->pending);
        assert(rc == 0); /* less than two full blocks */
        (void)rc;
        block_reset(&source->pending);
    }
}

/* Filters of blocks that are not there after all would only cost a look; forget them, so that a
 * sequence that is used again does not meet its old filter. */
void sqlite_evidence_undone(struct sqlite_evidence *e)
{
    for (uint32_t i = 0; i < STORE_SOURCES_MAX; i++) {
        struct source *source = e->source[i];
        if (source == NULL)
            continue;
        for (uint32_t j = 0; j < source->recent_count; j++) {
            if (!source->has_older || source->recent[j].to_ns > source->older_ns)
                source->older_ns = source->recent[j].to_ns;
            source->has_older = true;
        }
        source->recent_count = 0;
        source->recent_next = 0;
        source->open_taken = false;
        block_reset(&source->pending);
    }
}

/* --- reading --------------------------------------------------------------------------------- */

struct reading {
    const struct store_evidence_query *query;
    store_evidence_fn row;
    void *ctx;
};

static bool wanted(const struct store_evidence_query *query, const struct store_evidence *record)
{
    return record->time_ns >= query->from_ns &&
           (query->to_ns == 0 || record->time_ns < query->to_ns);
}

static int hand_over(const struct reading *reading, uint32_t source, struct sv records,
                     struct err *err)
{
    struct store_evidence record;
    int rc = 0;

    while (rc == 0 && block_next(&records, &record)) {
        record.source = source;
        if (wanted(reading->query, &record))
            rc = reading->row(reading->ctx, &record);
    }
    if (rc == 0 && records.len > 0)
        return err_set(err, -EBADMSG, "a block of evidence is damaged: a record");
    return rc;
}

/* The same from the last to the first: their places are found first. */
static int hand_over_backward(const struct reading *reading, uint32_t source, struct sv records,
                              struct err *err)
{
    struct store_evidence record;
    size_t count = 0;
    int rc = 0;

    for (struct sv left = records; block_next(&left, &record);)
        count++;
    scoped(free) struct sv *start = xcalloc(count + 1, sizeof(*start));
    count = 0;
    for (struct sv left = records;;) {
        start[count] = left;
        if (!block_next(&left, &record)) {
            if (left.len > 0)
                return err_set(err, -EBADMSG, "a block of evidence is damaged: a record");
            break;
        }
        count++;
    }
    while (rc == 0 && count-- > 0) {
        struct sv at = start[count];
        if (!block_next(&at, &record))
            break;
        record.source = source;
        if (wanted(reading->query, &record))
            rc = reading->row(reading->ctx, &record);
    }
    return rc;
}

static bool may_match(const struct store_evidence_query *query, struct sv filter)
{
    bool may = true;

    for (uint32_t i = 0; i < query->text_count && may; i++)
        may = block_may_have_words(filter, query->text[i]);
    return may;
}

static int read_block(struct sqlite_evidence *e, const struct reading *reading, int64_t sequence,
                      struct err *err)
{
    sqlite3_stmt *statement = e->statement[READ];
    scoped(buf_done) struct buf records = {0};
    uint32_t source = 0;
    int rc = 0;

    sqlite_db_bind_number(statement, 1, sequence);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW && may_match(reading->query, sqlite_db_column(statement, 1))) {
        source = (uint32_t)sqlite3_column_int64(statement, 0);
        rc = block_open(sqlite_db_column(statement, 2), &records, err);
    } else if (code != SQLITE_ROW) {
        rc = sqlite_db_error(e->reader, code, "read evidence", err);
    }
    (void)sqlite3_reset(statement);
    if (rc < 0)
        return rc;
    return reading->query->newest_first
               ? hand_over_backward(reading, source, buf_view(&records), err)
               : hand_over(reading, source, buf_view(&records), err);
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Append the blocks of one source that lie in the query's time. */
static int list_source(struct sqlite_evidence *e, const struct store_evidence_query *query,
                       uint32_t source, struct buf *list, struct err *err)
{
    sqlite3_stmt *statement = e->statement[IN_TIME];
    int code;

    sqlite_db_bind_number(statement, 1, source);
    sqlite_db_bind_number(statement, 2, (int64_t)query->from_ns);
    sqlite_db_bind_number(statement, 3, query->to_ns == 0 ? INT64_MAX : (int64_t)query->to_ns);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t sequence = sqlite3_column_int64(statement, 0);
        buf_bytes(list, &sequence, sizeof(sequence));
    }
    int rc = code == SQLITE_DONE ? 0 : sqlite_db_error(e->reader, code, "read evidence", err);
    (void)sqlite3_reset(statement);
    if (rc == 0 && list->error != 0)
        rc = err_set(err, list->error, "no memory for a list of blocks");
    return rc;
}

static int read_all(struct sqlite_evidence *e, const struct reading *reading, struct err *err)
{
    const struct store_evidence_query *query = reading->query;
    scoped(buf_done) struct buf list = {0};
    int rc = 0;

    for (uint32_t i = 0; i < STORE_SOURCES_MAX && rc == 0; i++) {
        if (query->sources == 0 || (query->sources >> i & 1) != 0)
            rc = list_source(e, query, i, &list, err);
    }
    size_t count = list.len / sizeof(int64_t);
    if (rc < 0 || count == 0)
        return rc;
    int64_t *sequence = (void *)list.ptr;
    qsort(sequence, count, sizeof(*sequence), by_number);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = read_block(e, reading, sequence[query->newest_first ? count - 1 - i : i], err);
    return rc;
}

/* One state of the store from the first block to the last: blocks may be replaced meanwhile. */
int sqlite_evidence_read(struct sqlite_evidence *e, const struct store_evidence_query *query,
                         store_evidence_fn row, void *ctx, struct err *err)
{
    const struct reading reading = {query, row, ctx};
    bool outermost = sqlite3_get_autocommit(e->reader);

    int rc = outermost ? sqlite_db_exec(e->reader, "BEGIN", err) : 0;
    if (rc < 0)
        return rc;
    rc = read_all(e, &reading, err);
    if (outermost && !sqlite3_get_autocommit(e->reader))
        (void)sqlite3_exec(e->reader, "COMMIT", NULL, NULL, NULL);
    return rc;
}

int sqlite_evidence_count(struct sqlite_evidence *e, struct store_evidence_counts *out,
                          struct err *err)
{
    sqlite3_stmt *statement = e->statement[TOTALS];
    int code = sqlite3_step(statement);
    int rc = 0;

    if (code == SQLITE_ROW)
        *out = (struct store_evidence_counts){
            .records = (uint64_t)sqlite3_column_int64(statement, 0),
            .blocks = (uint64_t)sqlite3_column_int64(statement, 1),
            .bytes = (uint64_t)sqlite3_column_int64(statement, 2),
        };
    else
        rc = sqlite_db_error(e->reader, code, "count evidence", err);
    (void)sqlite3_reset(statement);
    return rc;
}

int sqlite_evidence_trim(struct sqlite_evidence *e, uint64_t sources, uint64_t before_ns,
                         struct err *err)
{
    sqlite_db_bind_number(e->statement[TRIM], 1, (int64_t)sources);
    sqlite_db_bind_number(e->statement[TRIM], 2, (int64_t)before_ns);
    return step(e, TRIM, "remove evidence", err);
}

/* --- opening --------------------------------------------------------------------------------- */

/* The records of open blocks, back into memory. */
static int read_open(struct sqlite_evidence *e, struct err *err)
{
    sqlite3_stmt *statement = e->statement[OPEN];
    struct store_evidence record;
    int rc = 0;
    int code;

    while (rc == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        uint32_t number = (uint32_t)sqlite3_column_int64(statement, 0) % STORE_SOURCES_MAX;
        rc = block_open(sqlite_db_column(statement, 1), &e->records, err);
        struct sv left = buf_view(&e->records);
        while (rc == 0 && block_next(&left, &record)) {
            rc = block_add(&source_of(e, number)->open, &record);
            if (rc < 0)
                (void)err_set(err, rc, "no memory for open blocks of evidence");
        }
    }
    if (rc == 0 && code != SQLITE_DONE)
        rc = sqlite_db_error(e->reader, code, "read evidence", err);
    (void)sqlite3_reset(statement);
    return rc;
}

static int read_older(struct sqlite_evidence *e, struct err *err)
{
    sqlite3_stmt *statement = e->statement[LATEST];
    int code;

    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        uint32_t number = (uint32_t)sqlite3_column_int64(statement, 0) % STORE_SOURCES_MAX;
        struct source *source = source_of(e, number);
        source->has_older = true;
        source->older_ns = (uint64_t)sqlite3_column_int64(statement, 1);
    }
    int rc = code == SQLITE_DONE ? 0 : sqlite_db_error(e->reader, code, "read evidence", err);
    (void)sqlite3_reset(statement);
    return rc;
}

int sqlite_evidence_open(sqlite3 *writer, sqlite3 *reader, struct sqlite_evidence **out,
                         struct err *err)
{
    scoped(sqlite_evidence_close) struct sqlite_evidence *e = xcalloc(1, sizeof(*e));
    int rc = 0;

    e->writer = writer;
    e->reader = reader;
    for (size_t i = 0; i < STATEMENT_COUNT && rc == 0; i++) {
        sqlite3 *db = statements[i].reads ? reader : writer;
        if (db != NULL)
            rc = sqlite_db_prepare(db, statements[i].sql, &e->statement[i], err);
    }
    if (rc == 0 && writer != NULL)
        rc = read_open(e, err);
    if (rc == 0 && writer != NULL)
        rc = read_older(e, err);
    if (rc < 0)
        return rc;
    *out = take(e);
    return 0;
}

void sqlite_evidence_close(struct sqlite_evidence *e)
{
    if (e == NULL)
        return;
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite_db_finalize(e->statement[i]);
    for (size_t i = 0; i < STORE_SOURCES_MAX; i++)
        source_free(e->source[i]);
    buf_done(&e->data);
    buf_done(&e->filter);
    buf_done(&e->records);
    free(e);
}
