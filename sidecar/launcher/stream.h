/*
 * One stream of the shell on its way: read, sent to the sidecar, acknowledged, delivered. Places are bytes of the stream
 * since its beginning; what is between the first and the last is held in a ring.
 *
 *      0 ........ delivered ....... acked ....... sent ....... read
 *       forgotten |  may be delivered  |  is stored  |  to be sent |
 *                 +--------------------- held ---------------------+    at most RING
 */
#ifndef CHAPERONE_STREAM_H
#define CHAPERONE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum { RING = 256 * 1024 };

/* How one writes there without ever being held up. */
enum outlet {
  OUTLET_OWN,    /* a description of our own that does not block */
  OUTLET_SOCKET, /* MSG_DONTWAIT */
  OUTLET_SHARED, /* a pipe that could not be opened anew: a page when poll says so */
  OUTLET_FILE    /* it takes what it is given */
};

struct stream {
  unsigned char number; /* 1 stdout, 2 stderr, 3 terminal; 0 where it is not relayed */
  int from;             /* -1 once it has ended, or nobody wants it */
  int to;               /* -1 once nobody reads there */
  enum outlet outlet;
  unsigned char *ring; /* mapped when it is first needed */
  uint64_t base;       /* the place that lies at ring[0] */
  uint64_t read, sent, acked, delivered;
  uint64_t drained; /* the place that a draining ends at */
  bool at_terminal; /* `from` is the master of a pseudo-terminal */
};

/* Makes `to` one that is written to without waiting. */
void stream_open_outlet(struct stream *stream);
bool stream_has_room(const struct stream *stream);
/* Reads what is there; at its end `from` is closed. False where there is no memory. */
bool stream_read(struct stream *stream);
/* The held bytes from a place on, in one or two pieces; returns how many pieces. */
int stream_pieces(const struct stream *stream, uint64_t from, size_t length, struct iovec pieces[2]);
/* Writes what is acknowledged; where the reader is gone, `to` is closed. */
void stream_deliver(struct stream *stream);
/* Who reads there sees the end once all has arrived. */
void stream_let_go(struct stream *stream);
/* The reader is gone: the writer is to notice, and what is there already is still recorded. */
void stream_reader_gone(struct stream *stream);
/* All that was there when it was told to drain has arrived. */
bool stream_drained(const struct stream *stream);
/* Nothing will come any more, and all has arrived. */
bool stream_finished(const struct stream *stream);
/* Counts what there is to read now as what a draining ends with. */
void stream_begin_draining(struct stream *stream);
/* Nothing more of it is wanted, and what is not acknowledged is dropped. */
void stream_cut(struct stream *stream);

#endif
