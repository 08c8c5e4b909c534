#ifndef CALLDOCKER_CSRTP_H
#define CALLDOCKER_CSRTP_H
#include <srtp2/srtp.h>
#endif
