/*
 * The relay: a process in a session of its own that reads what the shell writes, hands it to the sidecar, and delivers it
 * when it is stored. It outlives the shell where children of it still hold the pipes.
 */
#ifndef CHAPERONE_RELAY_H
#define CHAPERONE_RELAY_H

#include "control.h"
#include "link.h"
#include "stream.h"
#include "way-in.h"

enum { STREAMS = 3 };

struct relay {
  const char *path; /* of the sidecar's socket */
  struct link link;
  enum { LIVE, ASKING, AWAY } state;
  int64_t away_since, next_try, answer_until, backoff; /* milliseconds */
  struct slice token;
  struct buffer question; /* asked late, where the shell runs without an answer */
  bool lenient;           /* what cannot be stored goes on all the same, and is told as a gap */

  struct buffer out; /* frames that are no data, and how much of them went out */
  size_t out_sent;
  struct {
    struct stream *stream; /* whose frame is going out; NULL where there is none */
    uint64_t at;
    size_t length, sent; /* of its data; of the whole frame */
    unsigned char head[FRAME_HEAD + 9];
  } flight;

  struct stream streams[STREAMS];
  struct way_in way_in;
  struct buffer parting; /* why the script was stopped: said behind what the shell still wrote */
  int control; /* to the waiting process; -1 once it has ended */
  bool ended, by_signal, told_exit, told_drained, cut, quiet;
  unsigned char code;
  int64_t quiet_until; /* what a terminal still holds cannot be counted */
  int64_t done_at;     /* when there was nothing left to do but tell the sidecar; 0 before */
  uint16_t columns, rows;
};

/* Runs until all is done. */
void relay_run(struct relay *relay);
/* The session cannot go on: the shell is to be killed, and nothing that is not stored is delivered. */
void relay_cut(struct relay *relay, struct slice message);
/* Tells it where the shell tells its errors. */
void relay_say(struct relay *relay, struct slice message);

#endif
