#ifndef CALLDOCKER_FLOOR_H
#define CALLDOCKER_FLOOR_H
#include <stdbool.h>
#include <stdint.h>

#include "BrowserSeal.h"

// The least that a relay of these calls can do, in C: wait, receive, open or seal, send. It keeps no order, no clock, no statistics,
// reads no header and rewrites none. What the gateway takes above it is the gateway's own.

typedef struct floor_relay floor_relay;

/// Key and salt of one direction of one call, as AEAD_AES_128_GCM wants them (RFC 7714 §12).
enum { floor_key_length = 28 };

/// One socket for all browsers, a pair for each phone, one epoll for all: as the gateway has them. NULL if the system refuses.
floor_relay *floor_open(uint32_t calls);
void floor_close(floor_relay *relay);

uint16_t floor_browser_port(const floor_relay *relay);
uint16_t floor_phone_port(const floor_relay *relay, uint32_t call);

/// Tells where a call's ends are on 127.0.0.1, and the keys: `in` opens what its browser sends, `out` seals what it hears.
bool floor_connect(
    floor_relay *relay, uint32_t call, uint16_t browser_port, uint16_t phone_port, const uint8_t in[floor_key_length],
    const uint8_t out[floor_key_length]);

/// From now on the browser's Opus is decoded to 8 kHz and `sound` (frames of 160 samples, again and again) is encoded for each
/// packet of the phone, with the gateway's settings. The G.711 side is one table look-up a sample: left out.
bool floor_transcode(floor_relay *relay, const int16_t *sound, uint32_t frames);

/// Waits once and relays what is there, reading the sockets as the gateway does; says how many packets it sent.
int floor_turn(floor_relay *relay);
#endif
