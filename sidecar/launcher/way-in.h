/* A script on standard input on its way: handed to the sidecar piece by piece, and what it passes goes on to the shell. */
#ifndef CHAPERONE_WAY_IN_H
#define CHAPERONE_WAY_IN_H

#include "frame.h"

struct way_in {
  bool wanted;          /* the verdict said so */
  int from;             /* where the script comes from; -1 at its end */
  int to;               /* the shell; -1 once it takes no more, or gets no more */
  uint64_t offset;      /* bytes that were handed over */
  size_t unanswered;    /* of them, bytes that nothing was said about */
  struct buffer passed; /* what goes on */
  bool ended;           /* nothing more is passed */
};

/* Whether more of the script may be read now, so that what is held stays bounded. */
bool way_in_wants(const struct way_in *way);
/* Reads what is there into a frame of kind 7. */
void way_in_read(struct way_in *way, struct buffer *frames);
/* False where that is more than was ever handed over at once. */
bool way_in_pass(struct way_in *way, struct slice bytes);
void way_in_write(struct way_in *way);
/* Nothing more is read; what was passed still goes on. */
void way_in_stop(struct way_in *way);

#endif
