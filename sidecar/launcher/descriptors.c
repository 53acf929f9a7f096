#define _GNU_SOURCE
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int out_of_the_way(int fd) {
  if (fd < 0 || fd > STDERR_FILENO) return fd;
  int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  int why = errno;
  close(fd);
  errno = why;
  return above;
}

/* linux/kcmp.h, which is not everywhere. */
static const int kcmp_file = 0;

static int ascending(const void *one, const void *other) {
  const int *a = one;
  const int *b = other;
  return (*a > *b) - (*a < *b);
}

/* Older kernels than 5.9 have to be asked for one after another. https://man7.org/linux/man-pages/man2/close_range.2.html */
static void close_between(int first, int last) {
  if (first > last || syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0) == 0) return;
  struct rlimit limit;
  int most = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536;
  for (int fd = first; fd <= last && fd < most; fd++) close(fd);
}

void close_all_but(int *kept, size_t count) {
  qsort(kept, count, sizeof *kept, ascending);
  int next = 0;
  for (size_t i = 0; i < count; i++) {
    if (kept[i] < next) continue;
    close_between(next, kept[i] - 1);
    next = kept[i] + 1;
  }
  close_between(next, 0x7fffffff);
}

bool write_all(int to, const void *from, size_t length) {
  const unsigned char *at = from;
  while (length > 0) {
    ssize_t put = write(to, at, length);
    if (put >= 0) {
      at += put;
      length -= (size_t)put;
    } else if (errno != EINTR) return false;
  }
  return true;
}

ssize_t read_some(int from, void *into, size_t wanted) {
  size_t have = 0;
  while (have < wanted) {
    ssize_t got = read(from, (char *)into + have, wanted - have);
    if (got > 0) have += (size_t)got;
    else if (got == 0) break;
    else if (errno != EINTR) return -1;
  }
  return (ssize_t)have;
}

/* kcmp may be forbidden; then pipes and sockets of one inode are taken for one, and files that are at one place.
   https://man7.org/linux/man-pages/man2/kcmp.2.html */
bool same_description(int one, int other) {
  struct stat a, b;
  if (fstat(one, &a) != 0 || fstat(other, &b) != 0) return false;
  if (a.st_dev != b.st_dev || a.st_ino != b.st_ino) return false;
  if (!S_ISREG(a.st_mode)) return true;
  pid_t self = getpid();
  long compared = syscall(SYS_kcmp, self, self, kcmp_file, one, other);
  if (compared >= 0) return compared == 0;
  return lseek(one, 0, SEEK_CUR) == lseek(other, 0, SEEK_CUR);
}
