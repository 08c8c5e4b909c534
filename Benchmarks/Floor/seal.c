#include "BrowserSeal.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { header_length = 12 };

typedef struct {
  EVP_CIPHER_CTX *cipher;
  uint8_t salt[12];
  // How often the sequence has wrapped, and the last number seen.
  uint32_t rollover;
  uint16_t last;
} direction;

struct browser_seal {
  direction out, in;
};

// The key derivation of RFC 3711 §4.3 with a derivation rate of zero, with AES-128 in counter mode as its generator.
static bool derive(const uint8_t master[browser_key_length], uint8_t label, uint8_t *output, int length) {
  uint8_t iv[16] = {0}, zeros[16] = {0};
  memcpy(iv, master + 16, 12);
  iv[7] ^= label;
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
  int written = 0;
  bool is_done = cipher && EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, master, iv) == 1 &&
                 EVP_EncryptUpdate(cipher, output, &written, zeros, length) == 1;
  EVP_CIPHER_CTX_free(cipher);
  return is_done;
}

static bool begin(direction *way, const uint8_t master[browser_key_length]) {
  uint8_t key[16];
  way->cipher = EVP_CIPHER_CTX_new();
  return way->cipher && derive(master, 0, key, 16) && derive(master, 2, way->salt, 12) &&
         EVP_CipherInit_ex(way->cipher, EVP_aes_128_gcm(), NULL, key, NULL, 1) == 1;
}

browser_seal *browser_seal_new(const uint8_t local[browser_key_length], const uint8_t remote[browser_key_length]) {
  browser_seal *seal = calloc(1, sizeof *seal);
  if (begin(&seal->out, local) && begin(&seal->in, remote)) return seal;
  browser_seal_free(seal);
  return NULL;
}

void browser_seal_free(browser_seal *seal) {
  EVP_CIPHER_CTX_free(seal->out.cipher);
  EVP_CIPHER_CTX_free(seal->in.cipher);
  free(seal);
}

// RFC 7714 §8.1: 16 zero bits, SSRC, rollover counter, sequence number, all under the salt.
static void set_iv(direction *way, const uint8_t *packet, uint8_t iv[12]) {
  uint16_t sequence = (uint16_t)(packet[2] << 8 | packet[3]);
  if (sequence < way->last && way->last - sequence > 0x8000) way->rollover++;
  way->last = sequence;
  uint8_t plain[12] = {0};
  memcpy(plain + 2, packet + 8, 4);
  for (int index = 0; index < 4; index++) plain[6 + index] = (uint8_t)(way->rollover >> (24 - 8 * index));
  memcpy(plain + 10, packet + 2, 2);
  for (int index = 0; index < 12; index++) iv[index] = plain[index] ^ way->salt[index];
}

int browser_protect(browser_seal *seal, uint8_t *packet, int length) {
  uint8_t iv[12];
  int written = 0;
  EVP_CIPHER_CTX *cipher = seal->out.cipher;
  set_iv(&seal->out, packet, iv);
  if (EVP_CipherInit_ex(cipher, NULL, NULL, NULL, iv, 1) != 1) return 0;
  if (EVP_CipherUpdate(cipher, NULL, &written, packet, header_length) != 1) return 0;
  if (EVP_CipherUpdate(cipher, packet + header_length, &written, packet + header_length, length - header_length) != 1) return 0;
  if (EVP_CipherFinal_ex(cipher, packet + length, &written) != 1) return 0;
  if (EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, browser_tag_length, packet + length) != 1) return 0;
  return length + browser_tag_length;
}

int browser_unprotect(browser_seal *seal, uint8_t *packet, int length) {
  uint8_t iv[12];
  int written = 0, plain = length - browser_tag_length;
  EVP_CIPHER_CTX *cipher = seal->in.cipher;
  if (plain < header_length) return 0;
  set_iv(&seal->in, packet, iv);
  if (EVP_CipherInit_ex(cipher, NULL, NULL, NULL, iv, 0) != 1) return 0;
  if (EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, browser_tag_length, packet + plain) != 1) return 0;
  if (EVP_CipherUpdate(cipher, NULL, &written, packet, header_length) != 1) return 0;
  if (EVP_CipherUpdate(cipher, packet + header_length, &written, packet + header_length, plain - header_length) != 1) return 0;
  return EVP_CipherFinal_ex(cipher, packet + plain, &written) == 1 ? plain : 0;
}
