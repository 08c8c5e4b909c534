#ifndef CALLDOCKER_CLINUX_H
#define CALLDOCKER_CLINUX_H
// What Glibc's module does not show to Swift. Never define _GNU_SOURCE here: it changes types that Glibc's module shows as well.
#include <stddef.h>
#include <stdint.h>
#include <ifaddrs.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

extern int accept4(int, struct sockaddr *, socklen_t *, int);
extern int pthread_setname_np(pthread_t, const char *);

// The state of the kernel's clock, asked and not set: TIME_OK and its kin, or -1; `error` is its largest error in microseconds.
static inline int shim_clock_state(int64_t *error) {
  struct timex question = {.modes = 0};
  int state = adjtimex(&question);
  *error = question.maxerror;
  return state < 0 ? -1 : (question.status & STA_UNSYNC) ? TIME_ERROR : state;
}

static inline int32_t shim_thread_id(void) { return (int32_t)syscall(SYS_gettid); }
#endif
