/* The connection to the sidecar. https://man7.org/linux/man-pages/man7/unix.7.html */
#ifndef CHAPERONE_LINK_H
#define CHAPERONE_LINK_H

#include "frame.h"

/* How long the sidecar may say nothing at all, in milliseconds. */
enum { PATIENCE = 5000 };

struct link {
  int fd;           /* -1 where there is none */
  struct buffer in; /* what came and was not looked at */
  size_t taken;     /* of it, by frames that were */
};

/* Milliseconds that only go forward. */
int64_t now(void);
/* A descriptor that blocks nobody and ends with exec, never 0, 1 or 2; -1 and errno where there is no such sidecar. */
int link_connect(const char *path, int64_t until);
/* False where it was not all taken until then. */
bool link_send(int fd, const unsigned char *from, size_t length, int64_t until);
/* Reads what is there; false where the connection has ended. */
bool link_fill(struct link *link);
/* As frame_next. The frame is a view that holds until the next call of link_fill. */
int link_next(struct link *link, struct frame *into);
/* The same, and waits for it; 0 where nothing came until then, -1 where nothing will. */
int link_wait(struct link *link, struct frame *into, int64_t until);
void link_close(struct link *link);

#endif
