/*
 * A pseudo-terminal between the terminal that we were started on and the shell, which is the leader of a session on it.
 * https://man7.org/linux/man-pages/man7/pty.7.html
 *
 *     agent's terminal ══ raw ══ us ── master ══ slave ── shell
 */
#ifndef CHAPERONE_TERMINAL_H
#define CHAPERONE_TERMINAL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct terminal {
  int outer;  /* where it is typed; -1 once that is gone */
  int master;
  int slave;  /* until the shell has it */
  struct termios cooked;
  bool raw;
  unsigned char typed[4096]; /* and not yet taken by the shell */
  size_t typed_length;
};

/* False and errno where there is no pseudo-terminal to be had. Modes and size are those of the outer terminal. */
bool terminal_open(struct terminal *terminal, int outer);
/* Passes key by key, where we are in the foreground. */
void terminal_raw(struct terminal *terminal);
void terminal_restore(struct terminal *terminal);
/* Whether the signal is ours to act on, and none of the shell's. */
bool terminal_takes(struct terminal *terminal, int signal, int control);
struct pollfd terminal_watched(const struct terminal *terminal);
void terminal_typed(struct terminal *terminal, short happened);

#endif
