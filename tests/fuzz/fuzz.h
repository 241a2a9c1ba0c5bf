/* tests/fuzz/fuzz.h - what a fuzz target offers, to libFuzzer and to replay_main.c alike. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Feed `size` bytes, which may be any bytes, to the parser under test; returns 0. `data` is an
 * exact heap block, so that one byte read too far is seen by ASan. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
