#define _GNU_SOURCE
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "descriptors.h"

enum { READ_AT_ONCE = 64 * 1024 };

int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int milliseconds_to(int64_t until) {
  int64_t left = until - now();
  return left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

int link_connect(const char *path, int64_t until) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(address.sun_path, path, strlen(path));
  int fd = out_of_the_way(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd < 0) return -1;
  while (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
    /* Too many ask at once; there is no telling when there is room again. */
    if ((errno != EAGAIN && errno != EINTR) || now() >= until) {
      int why = errno;
      close(fd);
      errno = why;
      return -1;
    }
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  return fd;
}

bool link_send(int fd, const unsigned char *from, size_t length, int64_t until) {
  while (length > 0) {
    ssize_t put = send(fd, from, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put >= 0) {
      from += put;
      length -= (size_t)put;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN || now() >= until) return false;
    (void)poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, milliseconds_to(until));
  }
  return true;
}

bool link_fill(struct link *link) {
  buffer_drop(&link->in, link->taken);
  link->taken = 0;
  /* A frame is looked at as soon as its head is there, so that what is held is bounded by the longest. */
  if (link->in.length > QUESTION_LIMIT + FRAME_HEAD) return true;
  if (!buffer_reserve(&link->in, READ_AT_ONCE)) return false;
  ssize_t got;
  do got = recv(link->fd, link->in.at + link->in.length, READ_AT_ONCE, MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got > 0) link->in.length += (size_t)got;
  return got > 0 || (got < 0 && errno == EAGAIN);
}

int link_next(struct link *link, struct frame *into) {
  if (link->in.length == link->taken) return 0;
  int found = frame_next(link->in.at + link->taken, link->in.length - link->taken, into);
  if (found > 0) link->taken += FRAME_HEAD + into->payload.left;
  return found;
}

int link_wait(struct link *link, struct frame *into, int64_t until) {
  for (;;) {
    int found = link_next(link, into);
    if (found != 0) return found;
    int ready = poll(&(struct pollfd){.fd = link->fd, .events = POLLIN}, 1, milliseconds_to(until));
    if (ready > 0 && !link_fill(link)) return -1;
    if (ready <= 0 && now() >= until) return 0;
  }
}

void link_close(struct link *link) {
  if (link->fd >= 0) close(link->fd);
  link->fd = -1;
  link->taken = 0;
  buffer_free(&link->in);
}
