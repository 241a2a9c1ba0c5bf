/* store/block.h - many records of evidence in one piece: compressed, with a filter of their words.
 *
 * A block holds records of one source in the order they came. Its bytes are made by
 * block_finish() and read by block_open(), which believes nothing: damaged bytes are an error,
 * never a crash. One thread each. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "store/bloom.h"
#include "store/store.h"

struct err;

#define BLOCK_BYTES                                                                                \
    ((size_t)256 << 10) /* of records, when a block is full; one record may be more */

struct block {
    struct buf records;
    struct bloom_set words;
    uint32_t count;
    uint64_t from_ns, to_ns; /* event times of the first and the last, both inside */
};

void block_init(struct block *block);
void block_done(struct block *block);
void block_reset(struct block *block); /* empty, memory kept */

/* Append a record. -ENOMEM, -E2BIG: nothing was added. */
must_check int block_add(struct block *block, const struct store_evidence *evidence);
/* Append all records of `other`. */
must_check int block_add_all(struct block *block, const struct block *other);

bool block_has_id(const struct block *block, struct sv id); /* a false yes is possible */

/* The block as bytes: `data` compressed, `filter` for block_may_have_*(). -ENOMEM. */
must_check int block_finish(const struct block *block, struct buf *data, struct buf *filter);

/* May a block with this filter hold a record with all words of `text`, or with the id? */
bool block_may_have_words(struct sv filter, struct sv text);
bool block_may_have_id(struct sv filter, struct sv id);

/* Undo block_finish() into `records`. -EBADMSG when the bytes are damaged. */
must_check int block_open(struct sv data, struct buf *records, struct err *err);
/* Take the next record off the front of *records (source stays 0); false at the end, or where they
 * are damaged: then something is left of *records. */
must_check bool block_next(struct sv *records, struct store_evidence *out);
