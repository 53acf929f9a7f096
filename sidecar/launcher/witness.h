/*
 * Tells whether a signal that reached us was sent to us alone or to the whole process group. In the group, the shell has got
 * it by itself; else it has to be passed on. The kernel does not say which, so a second process of the group, with every
 * signal blocked, is asked whether it got one too.
 */
#ifndef CHAPERONE_WITNESS_H
#define CHAPERONE_WITNESS_H

#include <stdbool.h>
#include <sys/types.h>

enum { SIGNALS = 65 };

struct witness {
  pid_t pid; /* -1 where there is none: then nothing is known of the group */
  pid_t watcher;
  _Atomic unsigned seen[SIGNALS];
  _Atomic unsigned rounds;
  unsigned matched[SIGNALS];
};

/* Every signal must be blocked already. The witness shares our memory, and costs a stack. */
void witness_start(struct witness *witness);
/* Whether a signal that we just took went to the group. Takes a fraction of a millisecond. */
bool witness_saw(struct witness *witness, int signal);
void witness_continue(const struct witness *witness);
/* Nobody asks it any more; it is waited for in witness_end. */
void witness_dismiss(const struct witness *witness);
void witness_end(struct witness *witness);

#endif
