#define _GNU_SOURCE
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AT_ONCE = 60 * 1024, PAGE = 4096, MUCH = 1024 * 1024 };

void stream_open_outlet(struct stream *stream) {
  struct stat found;
  if (fstat(stream->to, &found) != 0) return;
  stream->outlet = S_ISSOCK(found.st_mode) ? OUTLET_SOCKET : S_ISFIFO(found.st_mode) ? OUTLET_SHARED : OUTLET_FILE;
  if (stream->outlet != OUTLET_SHARED && !stream->at_terminal) return;
  /* Whether a description blocks is seen by all who have it: ours alone may not. */
  char path[32];
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", stream->to);
  int own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (own < 0) return;
  close(stream->to);
  stream->to = own;
  stream->outlet = OUTLET_OWN;
}

bool stream_has_room(const struct stream *stream) {
  return stream->read - stream->delivered < RING;
}

int stream_pieces(const struct stream *stream, uint64_t from, size_t length, struct iovec pieces[2]) {
  size_t at = (size_t)((from - stream->base) % RING);
  size_t first = length < RING - at ? length : RING - at;
  pieces[0] = (struct iovec){stream->ring + at, first};
  pieces[1] = (struct iovec){stream->ring, length - first};
  return first == length ? 1 : 2;
}

static void close_source(struct stream *stream) {
  if (stream->from >= 0) close(stream->from);
  stream->from = -1;
}

bool stream_read(struct stream *stream) {
  if (stream->ring == NULL) {
    void *ring = mmap(NULL, RING, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED) return false;
    stream->ring = ring;
  }
  /* A shell that says little only ever touches the first pages. */
  if (stream->delivered == stream->read) stream->base = stream->read;
  struct iovec pieces[2];
  size_t room = RING - (size_t)(stream->read - stream->delivered);
  int count = stream_pieces(stream, stream->read, room < AT_ONCE ? room : AT_ONCE, pieces);
  ssize_t got = readv(stream->from, pieces, count);
  if (got > 0) {
    /* Who writes much writes on while what it wrote is stored. All pipes of a user have one limit: not for everybody. */
    if (stream->read < MUCH && stream->read + (uint64_t)got >= MUCH) (void)fcntl(stream->from, F_SETPIPE_SZ, RING);
    stream->read += (uint64_t)got;
  }
  /* EIO: nobody has the terminal open any more. ECONNRESET: a socket was closed with something unread in it. */
  else if (got == 0 || (errno != EAGAIN && errno != EINTR)) close_source(stream);
  return true;
}

static ssize_t put(struct stream *stream, struct iovec *pieces, int count) {
  if (stream->outlet == OUTLET_SOCKET) {
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)count};
    return sendmsg(stream->to, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  return writev(stream->to, pieces, count);
}

void stream_deliver(struct stream *stream) {
  while (stream->to >= 0 && stream->delivered < stream->acked) {
    size_t length = (size_t)(stream->acked - stream->delivered);
    if (stream->outlet == OUTLET_SHARED && length > PAGE) length = PAGE;
    struct iovec pieces[2];
    int count = stream_pieces(stream, stream->delivered, length, pieces);
    ssize_t done = put(stream, pieces, count);
    if (done > 0) stream->delivered += (uint64_t)done;
    else if (done < 0 && errno == EAGAIN) return;
    else if (done < 0 && errno != EINTR) stream_reader_gone(stream);
    if (stream->outlet == OUTLET_SHARED) return;
  }
  if (stream->to < 0) stream->delivered = stream->acked;
}

void stream_let_go(struct stream *stream) {
  if (stream->to < 0 || !stream_finished(stream)) return;
  close(stream->to);
  stream->to = -1;
}

void stream_reader_gone(struct stream *stream) {
  close(stream->to);
  stream->to = -1;
  stream->delivered = stream->acked;
  while (stream->from >= 0 && stream_has_room(stream)) {
    uint64_t before = stream->read;
    if (!stream_read(stream) || stream->read == before) break;
  }
  close_source(stream);
}

void stream_begin_draining(struct stream *stream) {
  int waiting = 0;
  if (stream->from >= 0 && !stream->at_terminal && ioctl(stream->from, FIONREAD, &waiting) != 0) waiting = 0;
  stream->drained = stream->read + (uint64_t)(waiting > 0 ? waiting : 0);
}

bool stream_finished(const struct stream *stream) {
  return stream->from < 0 && stream->delivered == stream->read;
}

bool stream_drained(const struct stream *stream) {
  return stream->delivered >= stream->drained || stream_finished(stream);
}

void stream_cut(struct stream *stream) {
  close_source(stream);
  stream->read = stream->sent = stream->acked;
}
