#ifndef CALLDOCKER_BROWSER_SEAL_H
#define CALLDOCKER_BROWSER_SEAL_H
#include <stdbool.h>
#include <stdint.h>

// SRTP as the benchmark's browsers do it: AEAD_AES_128_GCM (RFC 7714) straight on OpenSSL, one SSRC a direction, no replay window.
// The browsers must not use libsrtp2: its tables would grow by their keys, and the relays under measurement look into the same tables.

typedef struct browser_seal browser_seal;

enum { browser_key_length = 28, browser_tag_length = 16 };

/// `local` seals, `remote` opens: master key and salt of each. NULL if OpenSSL refuses.
browser_seal *browser_seal_new(const uint8_t local[browser_key_length], const uint8_t remote[browser_key_length]);
void browser_seal_free(browser_seal *seal);

/// Seals the packet of `length` bytes in place, header of 12 bytes, and returns its new length; 0 if it cannot. Numbers must not wrap.
int browser_protect(browser_seal *seal, uint8_t *packet, int length);
/// Opens a packet in place and returns its new length; 0 if it is not authentic.
int browser_unprotect(browser_seal *seal, uint8_t *packet, int length);
#endif
