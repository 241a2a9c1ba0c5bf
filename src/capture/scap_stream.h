/* capture/scap_stream.h - the bytes of a capture file, unpacked, through a window that slides.
 *
 * One thread. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/sv.h"

struct err;
struct scap_stream;

/* Errors: -ENOENT, -EACCES, -EISDIR, -EIO. */
must_check int scap_stream_open(const char *path, struct scap_stream **out, struct err *err);
void scap_stream_close(struct scap_stream *stream);

/* What lies ahead: `want` bytes, or fewer where the file ends. Views into the window are valid
 * until the next call. `want` is bounded by the caller. Errors: -EIO, -EINVAL (the packing is
 * damaged), -ENODATA (it breaks off), -ENOMEM. Bytes before the damage are given first. */
must_check int scap_stream_peek(struct scap_stream *stream, size_t want, struct sv *out,
                                struct err *err);
/* Go on; at most by what was peeked. */
void scap_stream_take(struct scap_stream *stream, size_t len);

const char *scap_stream_path(const struct scap_stream *stream);
uint64_t scap_stream_offset(const struct scap_stream *stream); /* of what lies ahead, unpacked */
uint64_t scap_stream_packed(const struct scap_stream *stream); /* bytes read of the file itself */
uint64_t scap_stream_size(const struct scap_stream *stream);   /* of the file, 0 when it has none */
