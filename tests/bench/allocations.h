/* tests/bench/allocations.h - how often the program asked for memory, its libraries included. */
#pragma once

#include <stdint.h>

uint64_t allocations_count(void); /* so far, by all threads */
