#ifndef CALLDOCKER_ALLOCATION_COUNTER_H
#define CALLDOCKER_ALLOCATION_COUNTER_H
#include <stdbool.h>
#include <stdint.h>

// Counts what a thread asks of the heap, whoever asks: Swift, libsrtp2, libopus, OpenSSL.
// The program that links this has its malloc, calloc, realloc and aligned kin replaced by ones that count and go on to glibc's.

/// Blocks that the calling thread has asked for since it began.
uint64_t allocation_count(void);

/// False where a sanitizer owns malloc: nothing is counted then.
bool allocation_counting_is_on(void);
#endif
