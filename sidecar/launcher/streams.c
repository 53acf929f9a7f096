#define _GNU_SOURCE
#include "streams.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static enum stream_kind kind_of(int fd, const struct stat *found) {
  switch (found->st_mode & S_IFMT) {
    case S_IFIFO: return PIPE;
    case S_IFSOCK: return SOCKET;
    case S_IFREG: return REGULAR;
    case S_IFCHR:
      /* https://www.kernel.org/doc/Documentation/admin-guide/devices.txt */
      if (found->st_rdev == makedev(1, 3)) return DEV_NULL;
      return isatty(fd) ? TERMINAL : OTHER;
    default: return OTHER;
  }
}

struct description describe(int fd) {
  struct stat found;
  if (fstat(fd, &found) != 0) return (struct description){CLOSED, 0, 0};
  return (struct description){kind_of(fd, &found), found.st_dev, found.st_ino};
}

bool is_full_terminal(const struct description streams[3]) {
  for (int i = 0; i < 3; i++)
    if (streams[i].kind != TERMINAL || streams[i].inode != streams[0].inode ||
        streams[i].device != streams[0].device)
      return false;
  return true;
}

bool can_relay(enum stream_kind kind) {
  return kind == PIPE || kind == SOCKET || kind == REGULAR;
}
