#ifndef CALLDOCKER_COPUS_H
#define CALLDOCKER_COPUS_H
#include <opus.h>
#endif
