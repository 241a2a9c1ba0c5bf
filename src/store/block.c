/* A record is a header of fixed size, its id and its JSON; numbers are little-endian, as the
 * machine's. `data` is a frame of zstd, which carries its size and a checksum. */
#include "store/block.h"

#include <errno.h>
#include <zstd.h>

#include "base/err.h"
#include "base/hash.h"
#include "store/words.h"

enum { LEVEL = 1 };

DEFINE_SCOPED(ZSTD_CCtx *, ZSTD_freeCCtx)

#define ID_SEED 0x65766964656e6365ULL
/* What the records of one block may come to: a full one and the largest record on top. */
#define RECORDS_MAX (BLOCK_BYTES + STORE_FINDING_MAX + 4096)

struct header {
    uint64_t time_ns, arrival_ns;
    uint32_t json_len;
    uint16_t id_len, zero;
};
_Static_assert(sizeof(struct header) == 24, "the layout on disk");

void block_init(struct block *block)
{
    *block = (struct block){0};
    buf_init(&block->records, 2 * RECORDS_MAX);
}

void block_done(struct block *block)
{
    buf_done(&block->records);
    bloom_set_done(&block->words);
}

void block_reset(struct block *block)
{
    buf_reset(&block->records);
    bloom_set_reset(&block->words);
    block->count = 0;
}

static void add_word(void *ctx, uint64_t word)
{
    bloom_set_add(ctx, word);
}

static uint64_t id_number(struct sv id)
{
    return hash_seed(id, ID_SEED);
}

static void add_times(struct block *block, uint64_t from_ns, uint64_t to_ns)
{
    if (block->count == 0 || from_ns < block->from_ns)
        block->from_ns = from_ns;
    if (block->count == 0 || to_ns > block->to_ns)
        block->to_ns = to_ns;
}

int block_add(struct block *block, const struct store_evidence *evidence)
{
    struct header header = {
        .time_ns = evidence->time_ns,
        .arrival_ns = evidence->arrival_ns,
        .json_len = (uint32_t)evidence->json.len,
        .id_len = (uint16_t)evidence->id.len,
    };
    size_t bytes = sizeof(header) + evidence->id.len + evidence->json.len;

    if (buf_room(&block->records, bytes) == NULL)
        return block->records.error;
    buf_bytes(&block->records, &header, sizeof(header));
    buf_sv(&block->records, evidence->id);
    buf_sv(&block->records, evidence->json);
    words_of_json(evidence->json, add_word, &block->words);
    if (evidence->id.len > 0)
        bloom_set_add(&block->words, id_number(evidence->id));
    add_times(block, evidence->time_ns, evidence->time_ns);
    block->count++;
    return 0;
}

int block_add_all(struct block *block, const struct block *other)
{
    buf_sv(&block->records, buf_view(&other->records));
    if (block->records.error != 0)
        return block->records.error;
    if (other->count == 0)
        return 0;
    for (uint32_t i = 0; i < other->words.size; i++) {
        if (other->words.slot[i] != 0)
            bloom_set_add(&block->words, other->words.slot[i]);
    }
    block->words.zero |= other->words.zero;
    add_times(block, other->from_ns, other->to_ns);
    block->count += other->count;
    return 0;
}

bool block_has_id(const struct block *block, struct sv id)
{
    return bloom_set_has(&block->words, id_number(id));
}

int block_finish(const struct block *block, struct buf *data, struct buf *filter)
{
    size_t bound = ZSTD_compressBound(block->records.len);
    scoped(ZSTD_freeCCtx) ZSTD_CCtx *zstd = ZSTD_createCCtx();

    char *room = buf_room(data, bound);
    if (zstd == NULL || room == NULL)
        return -ENOMEM;
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, LEVEL);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    size_t bytes = ZSTD_compress2(zstd, room, bound, block->records.ptr, block->records.len);
    if (ZSTD_isError(bytes))
        return -ENOMEM;
    data->len += bytes;
    bloom_write(&block->words, filter);
    return filter->error;
}

struct question {
    struct sv filter;
    bool all;
};

static void ask(void *ctx, uint64_t word)
{
    struct question *question = ctx;

    question->all = question->all && bloom_may_have(question->filter, word);
}

bool block_may_have_words(struct sv filter, struct sv text)
{
    struct question question = {filter, true};

    words_of_text(text, ask, &question);
    return question.all;
}

bool block_may_have_id(struct sv filter, struct sv id)
{
    return bloom_may_have(filter, id_number(id));
}

int block_open(struct sv data, struct buf *records, struct err *err)
{
    unsigned long long size = ZSTD_getFrameContentSize(data.ptr, data.len);

    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > RECORDS_MAX)
        return err_set(err, -EBADMSG, "a block of evidence is damaged: its size");
    buf_reset(records);
    char *room = buf_room(records, (size_t)size + 1);
    if (room == NULL)
        return err_set(err, -ENOMEM, "no memory for a block of evidence");
    size_t got = ZSTD_decompress(room, (size_t)size, data.ptr, data.len);
    if (ZSTD_isError(got) || got != size)
        return err_set(err, -EBADMSG, "a block of evidence is damaged: %s",
                       ZSTD_isError(got) ? ZSTD_getErrorName(got) : "its length");
    records->len = got;
    return 0;
}

bool block_next(struct sv *records, struct store_evidence *out)
{
    struct header header;

    if (records->len < sizeof(header))
        return false;
    memcpy(&header, records->ptr, sizeof(header));
    size_t bytes = sizeof(header) + header.id_len + header.json_len;
    if (bytes > records->len)
        return false;
    *out = (struct store_evidence){
        .time_ns = header.time_ns,
        .arrival_ns = header.arrival_ns,
        .id = sv_sub(*records, sizeof(header), header.id_len),
        .json = sv_sub(*records, sizeof(header) + header.id_len, header.json_len),
    };
    *records = sv_sub(*records, bytes, records->len);
    return true;
}
