#define _GNU_SOURCE
#include "question.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "descriptors.h"
#include "environment.h"
#include "script.h"

enum { RUNNING = 0x80, PARENT_LIMIT = 4096 };

static void put_window(struct buffer *to, const struct invocation *invocation) {
  struct winsize size = {0};
  for (int fd = 0; fd < 3; fd++)
    if (invocation->streams[fd].kind == TERMINAL && ioctl(fd, TIOCGWINSZ, &size) == 0) break;
  put_number(to, size.ws_col, 2);
  put_number(to, size.ws_row, 2);
}

static void put_working_directory(struct buffer *to) {
  char path[PATH_MAX];
  /* One that was removed, or lies outside our root, has no path that says where we are. */
  const char *found = getcwd(path, sizeof path);
  put_string(to, found == NULL || *found != '/' ? "" : found);
}

/* https://man7.org/linux/man-pages/man5/proc_pid_cmdline.5.html */
static void put_parent(struct buffer *to) {
  char path[64];
  char line[PARENT_LIMIT];
  (void)snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)getppid());
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? 0 : read_some(fd, line, sizeof line);
  if (fd >= 0) close(fd);
  put_bytes(to, line, length < 0 ? 0 : (size_t)length);
}

static void put_list(struct buffer *to, char *const *list) {
  uint64_t count = 0;
  while (list[count] != NULL) count++;
  put_number(to, count, 4);
  for (; *list != NULL; list++) put_string(to, *list);
}

struct buffer question_frame(const struct invocation *invocation, bool running) {
  struct buffer frame = {0};
  size_t begun = frame_begin(&frame, KIND_SHELL);
  unsigned flags = running ? RUNNING : 0;
  for (unsigned i = 0; i < 3; i++)
    if (invocation->streams[i].kind == TERMINAL) flags |= 1u << i;
  put_number(&frame, flags, 1);
  put_window(&frame, invocation);
  put_number(&frame, (uint64_t)getpid(), 4);
  put_number(&frame, (uint64_t)getppid(), 4);
  for (int i = 0; i < 3; i++) {
    put_number(&frame, invocation->streams[i].kind, 1);
    put_number(&frame, invocation->streams[i].device, 8);
    put_number(&frame, invocation->streams[i].inode, 8);
  }
  put_string(&frame, invocation->shell);
  put_working_directory(&frame);
  put_list(&frame, invocation->argv);
  put_environment(&frame, invocation->environment);
  put_parent(&frame);
  put_script(&frame, invocation->argv);
  frame_end(&frame, begun);
  if (frame.failed) buffer_free(&frame);
  return frame;
}
