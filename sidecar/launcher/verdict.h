/* What the sidecar answers to a shell. */
#ifndef CHAPERONE_VERDICT_H
#define CHAPERONE_VERDICT_H

#include "frame.h"

enum { RELAY_STDOUT = 1, RELAY_STDERR = 2, RELAY_TERMINAL = 4, RELAY_SCRIPT = 8 };

struct verdict {
  bool refused;
  unsigned char relayed;
  struct slice message;
  char **argv; /* what is run instead, ending with NULL; empty where it is what was asked about */
  char **environment;
  struct slice token;
};

/* False where it is none. The texts are views of the frame and of memory of their own: `verdict_free`. */
bool verdict_read(struct fields payload, struct verdict *into);
void verdict_free(struct verdict *verdict);

#endif
