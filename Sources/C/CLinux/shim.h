#ifndef CALLDOCKER_CLINUX_H
#define CALLDOCKER_CLINUX_H
#include <sys/epoll.h>
#include <sys/eventfd.h>
#endif
