#ifndef CALLDOCKER_VIRTUAL_CLOCK_H
#define CALLDOCKER_VIRTUAL_CLOCK_H
#include <stdint.h>

// OpenSSL asks the wall's clock when a DTLS flight is due again, and takes no answer from its caller (gettimeofday).
// The program that links this has gettimeofday replaced by one that tells a thread the time which was set for it.

/// From now on the calling thread's gettimeofday shows so many microseconds since 1970, until it is set anew.
void virtual_clock_set(int64_t microseconds);

/// The calling thread is told the machine's time again.
void virtual_clock_clear(void);
#endif
