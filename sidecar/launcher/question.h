/* What the sidecar is asked: who is to run what, where, and with which streams. */
#ifndef CHAPERONE_QUESTION_H
#define CHAPERONE_QUESTION_H

#include "frame.h"
#include "streams.h"

/* What an agent started us with, and what stands behind. */
struct invocation {
  const char *name; /* of the shell that we stand in for */
  const char *shell; /* the real one */
  char *const *argv;
  char *const *environment;
  struct description streams[3];
};

/* A whole frame; empty where there is no memory. `running`: it was let run while nobody could be asked. */
struct buffer question_frame(const struct invocation *invocation, bool running);

#endif
