#include "Floor.h"

#include <arpa/inet.h>
#include <opus.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { batch = 256, browser_batch = 64, room = 2048, rtp_header = 12, pcmu_payload = 160 };

typedef struct {
  int rtp, rtcp;
  struct sockaddr_in browser, phone;
  srtp_t in, out;
  OpusDecoder *decoder;
  OpusEncoder *encoder;
  uint32_t frame;
} floor_call;

struct floor_relay {
  int epoll, browsers;
  uint32_t count;
  floor_call *calls;
  const int16_t *sound;
  uint32_t frames;
  uint8_t buffer[room];
  // Which call sends from a port of 127.0.0.1.
  uint32_t call_of_port[65536];
};

static int bound_socket(void) {
  int file = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (file >= 0 && bind(file, (struct sockaddr *)&here, sizeof here) != 0) {
    close(file);
    return -1;
  }
  return file;
}

static uint16_t port_of(int file) {
  struct sockaddr_in here;
  socklen_t length = sizeof here;
  return getsockname(file, (struct sockaddr *)&here, &length) == 0 ? ntohs(here.sin_port) : 0;
}

static bool watch(floor_relay *relay, int file, uint64_t token) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
  return file >= 0 && epoll_ctl(relay->epoll, EPOLL_CTL_ADD, file, &event) == 0;
}

floor_relay *floor_open(uint32_t calls) {
  floor_relay *relay = calloc(1, sizeof *relay);
  relay->calls = calloc(calls, sizeof *relay->calls);
  relay->count = calls;
  relay->epoll = epoll_create1(EPOLL_CLOEXEC);
  relay->browsers = bound_socket();
  int large = 4 * 1024 * 1024, small = 32 * 1024;
  setsockopt(relay->browsers, SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
  bool is_ready = watch(relay, relay->browsers, 0);
  for (uint32_t index = 0; index < calls; index++) {
    floor_call *call = &relay->calls[index];
    call->rtp = bound_socket();
    call->rtcp = bound_socket();
    setsockopt(call->rtp, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    is_ready = is_ready && watch(relay, call->rtp, 2 * (uint64_t)index + 2) && watch(relay, call->rtcp, 2 * (uint64_t)index + 3);
  }
  if (is_ready) return relay;
  floor_close(relay);
  return NULL;
}

void floor_close(floor_relay *relay) {
  for (uint32_t index = 0; index < relay->count; index++) {
    floor_call *call = &relay->calls[index];
    close(call->rtp);
    close(call->rtcp);
    if (call->in) srtp_dealloc(call->in);
    if (call->out) srtp_dealloc(call->out);
    if (call->decoder) opus_decoder_destroy(call->decoder);
    if (call->encoder) opus_encoder_destroy(call->encoder);
  }
  close(relay->browsers);
  close(relay->epoll);
  free(relay->calls);
  free(relay);
}

uint16_t floor_browser_port(const floor_relay *relay) { return port_of(relay->browsers); }
uint16_t floor_phone_port(const floor_relay *relay, uint32_t call) { return port_of(relay->calls[call].rtp); }

static srtp_t session(const uint8_t *key, srtp_ssrc_type_t direction) {
  srtp_policy_t policy = {0};
  srtp_t session = NULL;
  srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
  srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
  policy.ssrc.type = direction;
  policy.window_size = 1024;
  policy.key = (unsigned char *)key;
  return srtp_create(&session, &policy) == srtp_err_status_ok ? session : NULL;
}

bool floor_connect(
    floor_relay *relay, uint32_t index, uint16_t browser_port, uint16_t phone_port, const uint8_t in[floor_key_length],
    const uint8_t out[floor_key_length]) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  floor_call *call = &relay->calls[index];
  call->browser = call->phone = address;
  call->browser.sin_port = htons(browser_port);
  call->phone.sin_port = htons(phone_port);
  relay->call_of_port[browser_port] = index;
  call->in = session(in, ssrc_any_inbound);
  call->out = session(out, ssrc_any_outbound);
  return call->in != NULL && call->out != NULL;
}

bool floor_transcode(floor_relay *relay, const int16_t *sound, uint32_t frames) {
  relay->sound = sound;
  relay->frames = frames;
  bool is_ready = true;
  for (uint32_t index = 0; index < relay->count; index++) {
    floor_call *call = &relay->calls[index];
    int status = 0;
    call->decoder = opus_decoder_create(8000, 1, &status);
    call->encoder = opus_encoder_create(8000, 1, OPUS_APPLICATION_VOIP, &status);
    is_ready = is_ready && call->decoder && call->encoder;
    if (!call->encoder) continue;
    opus_encoder_ctl(call->encoder, OPUS_SET_BITRATE(24000));
    opus_encoder_ctl(call->encoder, OPUS_SET_COMPLEXITY(5));
    opus_encoder_ctl(call->encoder, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(call->encoder, OPUS_SET_PACKET_LOSS_PERC(10));
  }
  return is_ready;
}

static int read_browser(floor_relay *relay) {
  struct sockaddr_storage source;
  socklen_t length = sizeof source;
  ssize_t count = recvfrom(relay->browsers, relay->buffer, room - 64, 0, (struct sockaddr *)&source, &length);
  if (count < 0) return -1;
  floor_call *call = &relay->calls[relay->call_of_port[ntohs(((struct sockaddr_in *)&source)->sin_port)]];
  int size = (int)count;
  if (srtp_unprotect(call->in, relay->buffer, &size) != srtp_err_status_ok) return 0;
  if (relay->sound) {
    int16_t decoded[960];
    if (opus_decode(call->decoder, relay->buffer + rtp_header, size - rtp_header, decoded, 960, 0) <= 0) return 0;
    size = rtp_header + pcmu_payload;
  }
  return sendto(call->rtp, relay->buffer, (size_t)size, MSG_NOSIGNAL, (struct sockaddr *)&call->phone, sizeof call->phone) > 0;
}

static int read_phone(floor_relay *relay, uint64_t token) {
  struct sockaddr_storage source;
  socklen_t length = sizeof source;
  floor_call *call = &relay->calls[(token >> 1) - 1];
  int file = token & 1 ? call->rtcp : call->rtp;
  ssize_t count = recvfrom(file, relay->buffer, room - 64, 0, (struct sockaddr *)&source, &length);
  if (count < 0 || token & 1) return 0;
  int size = (int)count;
  if (relay->sound) {
    const int16_t *frame = relay->sound + 160 * (call->frame++ % relay->frames);
    int encoded = opus_encode(call->encoder, frame, 160, relay->buffer + rtp_header, room - 64 - rtp_header);
    if (encoded <= 0) return 0;
    size = rtp_header + encoded;
  }
  if (srtp_protect(call->out, relay->buffer, &size) != srtp_err_status_ok) return 0;
  const struct sockaddr *browser = (struct sockaddr *)&call->browser;
  return sendto(relay->browsers, relay->buffer, (size_t)size, MSG_NOSIGNAL, browser, sizeof call->browser) > 0;
}

int floor_turn(floor_relay *relay) {
  struct epoll_event events[batch];
  int sent = 0, count = epoll_wait(relay->epoll, events, batch, 1000);
  for (int index = 0; index < count; index++) {
    if (events[index].data.u64 != 0) {
      sent += read_phone(relay, events[index].data.u64);
      continue;
    }
    for (int packet = 0; packet < browser_batch; packet++) {
      int relayed = read_browser(relay);
      if (relayed < 0) break;
      sent += relayed;
    }
  }
  return sent;
}
