/* Runs the real shell: in our own place, or with a relay on what it writes. */
#ifndef CHAPERONE_RUN_H
#define CHAPERONE_RUN_H

#include "link.h"
#include "question.h"
#include "verdict.h"

struct run {
  const struct invocation *invocation;
  char **own_argv; /* is overwritten, so that processes of ours are not taken for the shell */
  char *const *argv;
  char *const *environment;
  const char *socket_path;
  unsigned char relayed; /* of enum RELAY_… what there is to relay */
  struct link link;      /* without a connection where it runs although nobody could be asked */
  struct slice token;
  struct buffer question; /* to ask late; empty otherwise */
  bool lenient;
};

/* What of `relayed` can be. A terminal is relayed whole or not at all. */
unsigned char to_relay(const struct invocation *invocation, unsigned char relayed);
/* Both never return; where a process or a pipe is not to be had, it is refused. */
void run_in_place(const struct run *run) __attribute__((noreturn));
void run_relayed(struct run *run) __attribute__((noreturn));

#endif
