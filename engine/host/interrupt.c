#include "host/interrupt.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int listening = -1;

int interrupt_listen(watch *w) {
  sigset_t set;
  if (listening >= 0) return listening;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  listening = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (listening < 0) return -1;
  sigprocmask(SIG_BLOCK, &set, NULL);
  atomic_store(&w->batch, true);
  return listening;
}

bool interrupt_came(void) {
  struct signalfd_siginfo one;
  bool came = false;
  while (listening >= 0 && read(listening, &one, sizeof one) == (ssize_t)sizeof one) came = true;
  return came;
}
