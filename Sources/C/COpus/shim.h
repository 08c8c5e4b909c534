#ifndef CALLDOCKER_COPUS_H
#define CALLDOCKER_COPUS_H
#include <opus.h>

// The controls are variadic in C, which Swift cannot call.
static inline int shim_opus_set_bitrate(OpusEncoder *encoder, opus_int32 bits) { return opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bits)); }
static inline int shim_opus_set_complexity(OpusEncoder *encoder, opus_int32 level) { return opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(level)); }
static inline int shim_opus_set_fec(OpusEncoder *encoder, opus_int32 on) { return opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(on)); }
static inline int shim_opus_set_loss(OpusEncoder *encoder, opus_int32 percent) { return opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(percent)); }
#endif
