#define _GNU_SOURCE
#include "witness.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STACK = 16 * 1024, ROUND_NS = 50 * 1000 * 1000, GROUP_NS = 100 * 1000 };

/*
 * Standard signals are taken in the order of their numbers, and the last realtime signal after all of them: when that one
 * comes from us, everything before it was seen. https://man7.org/linux/man-pages/man7/signal.7.html
 */
static int run(void *argument) {
  struct witness *witness = argument;
  uint64_t all = ~(uint64_t)0;
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != witness->watcher) _exit(0);
  for (;;) {
    siginfo_t info;
    long signal = syscall(SYS_rt_sigtimedwait, &all, &info, NULL, sizeof all);
    if (signal <= 0 || signal >= SIGNALS) continue;
    if (signal == SIGRTMAX && info.si_code == SI_QUEUE && info.si_pid == witness->watcher) {
      witness->rounds++;
      (void)syscall(SYS_futex, &witness->rounds, FUTEX_WAKE, 1, NULL, NULL, 0);
    } else {
      witness->seen[signal]++;
    }
  }
}

/* The stack of the second process; it is started once. */
static _Alignas(16) char stack[STACK];

void witness_start(struct witness *witness) {
  witness->watcher = getpid();
  /* With the descriptors shared as well, it holds none open that we close. */
  witness->pid = clone(run, stack + sizeof stack, CLONE_VM | CLONE_FILES, witness);
}

bool witness_saw(struct witness *witness, int signal) {
  if (witness->pid < 0 || signal == SIGRTMAX) return false;
  /* Whoever signals a group is not done with all of it when the first wakes up. */
  (void)nanosleep(&(struct timespec){.tv_nsec = GROUP_NS}, NULL);
  unsigned before = witness->rounds;
  if (sigqueue(witness->pid, SIGRTMAX, (union sigval){.sival_int = 0}) != 0) return false;
  struct timespec most = {.tv_nsec = ROUND_NS};
  while (witness->rounds == before)
    if (syscall(SYS_futex, &witness->rounds, FUTEX_WAIT, before, &most, NULL, 0) != 0 && errno == ETIMEDOUT) break;
  bool seen = witness->seen[signal] != witness->matched[signal];
  witness->matched[signal] = witness->seen[signal];
  return seen;
}

void witness_continue(const struct witness *witness) {
  if (witness->pid > 0) (void)kill(witness->pid, SIGCONT);
}

void witness_dismiss(const struct witness *witness) {
  if (witness->pid > 0) (void)kill(witness->pid, SIGKILL);
}

void witness_end(struct witness *witness) {
  if (witness->pid < 0) return;
  witness_dismiss(witness);
  while (waitpid(witness->pid, NULL, __WALL) < 0 && errno == EINTR) continue;
  witness->pid = -1;
}
