#include "VirtualClock.h"

#include <sys/time.h>
#include <time.h>

static _Thread_local int64_t shown = -1;

void virtual_clock_set(int64_t microseconds) { shown = microseconds; }
void virtual_clock_clear(void) { shown = -1; }

__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  if (shown >= 0) {
    time->tv_sec = shown / 1000000;
    time->tv_usec = shown % 1000000;
    return 0;
  }
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}
