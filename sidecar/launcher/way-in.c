#define _GNU_SOURCE
#include "way-in.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* A line may be long before anybody can judge it. */
enum { AT_ONCE = 32 * 1024, HELD = 2 * 1024 * 1024 };

bool way_in_wants(const struct way_in *way) {
  return way->from >= 0 && way->unanswered + way->passed.length < HELD;
}

static void close_source(struct way_in *way) {
  if (way->from >= 0) close(way->from);
  way->from = -1;
}

void way_in_read(struct way_in *way, struct buffer *frames) {
  unsigned char piece[AT_ONCE];
  ssize_t got = read(way->from, piece, sizeof piece);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  size_t begun = frame_begin(frames, KIND_SCRIPT);
  put_number(frames, way->offset, 8);
  if (got > 0) {
    put_raw(frames, piece, (size_t)got);
    way->offset += (uint64_t)got;
    way->unanswered += (size_t)got;
  } else {
    close_source(way);
  }
  frame_end(frames, begun);
}

bool way_in_pass(struct way_in *way, struct slice bytes) {
  if (!way->wanted) return false;
  if (bytes.length == 0) way->ended = true;
  way->unanswered -= bytes.length < way->unanswered ? bytes.length : way->unanswered;
  if (way->to < 0) return true;
  put_raw(&way->passed, bytes.at, bytes.length);
  return !way->passed.failed && way->passed.length <= HELD + AT_ONCE;
}

void way_in_write(struct way_in *way) {
  while (way->to >= 0 && way->passed.length > 0) {
    ssize_t put = send(way->to, way->passed.at, way->passed.length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && errno == ENOTSOCK) put = write(way->to, way->passed.at, way->passed.length);
    if (put > 0) buffer_drop(&way->passed, (size_t)put);
    else if (put < 0 && errno == EAGAIN) return;
    else if (put == 0 || errno != EINTR) {
      /* The shell has read what it wanted. */
      way_in_stop(way);
      way->passed.length = 0;
    }
  }
  if (way->to < 0 || !way->ended || way->passed.length > 0) return;
  close(way->to);
  way->to = -1;
}

void way_in_stop(struct way_in *way) {
  close_source(way);
  way->ended = true;
}
