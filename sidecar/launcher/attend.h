/* The process that the agent started, while the shell runs: passes signals on, stops as it stops, ends as it ended. */
#ifndef CHAPERONE_ATTEND_H
#define CHAPERONE_ATTEND_H

#include <sys/types.h>

struct terminal;
struct witness;

struct attended {
  pid_t shell, relay;
  int control;    /* to the relay */
  struct witness *witness; /* without a process where the shell is in a group of its own */
  struct terminal *terminal; /* NULL where the shell has none from us */
};

/* Never returns. Every signal must be blocked. */
void attend(struct attended *attended) __attribute__((noreturn));
/* Ends as a process with that wait status did. https://man7.org/linux/man-pages/man2/wait.2.html */
void end_as(int wait_status) __attribute__((noreturn));

#endif
