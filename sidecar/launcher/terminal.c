#define _GNU_SOURCE
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "control.h"
#include "descriptors.h"

/* By its number where the kernel can, since /dev/pts may be another's. */
static int open_slave(int master) {
#ifdef TIOCGPTPEER
  int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave >= 0) return slave;
#endif
  char path[64];
  unsigned number;
  if (ioctl(master, TIOCGPTN, &number) != 0) return -1;
  (void)snprintf(path, sizeof path, "/dev/pts/%u", number);
  return open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

bool terminal_open(struct terminal *terminal, int outer) {
  struct winsize size;
  int unlocked = 0;
  *terminal = (struct terminal){.outer = -1, .master = -1, .slave = -1};
  if (tcgetattr(outer, &terminal->cooked) != 0) return false;
  terminal->master = out_of_the_way(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (terminal->master < 0 || ioctl(terminal->master, TIOCSPTLCK, &unlocked) != 0) return false;
  terminal->slave = out_of_the_way(open_slave(terminal->master));
  if (terminal->slave < 0) return false;
  terminal->outer = fcntl(outer, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  (void)tcsetattr(terminal->slave, TCSANOW, &terminal->cooked);
  if (ioctl(outer, TIOCGWINSZ, &size) == 0) (void)ioctl(terminal->slave, TIOCSWINSZ, &size);
  return terminal->outer >= 0;
}

static bool in_foreground(const struct terminal *terminal) {
  return terminal->outer >= 0 && tcgetpgrp(terminal->outer) == getpgrp();
}

void terminal_raw(struct terminal *terminal) {
  if (terminal->raw || !in_foreground(terminal)) return;
  struct termios raw = terminal->cooked;
  cfmakeraw(&raw);
  terminal->raw = tcsetattr(terminal->outer, TCSANOW, &raw) == 0;
}

void terminal_restore(struct terminal *terminal) {
  if (terminal->raw) (void)tcsetattr(terminal->outer, TCSADRAIN, &terminal->cooked);
  terminal->raw = false;
}

static void resize(struct terminal *terminal, int control) {
  struct winsize size;
  if (ioctl(terminal->outer, TIOCGWINSZ, &size) != 0) return;
  (void)ioctl(terminal->master, TIOCSWINSZ, &size);
  control_tell(control, (struct control){.what = TO_RELAY_RESIZED, .columns = size.ws_col, .rows = size.ws_row});
}

/* As a program does that has put the terminal into a mode of its own. */
static void stop(struct terminal *terminal) {
  sigset_t only;
  terminal_restore(terminal);
  (void)sigaction(SIGTSTP, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
  sigemptyset(&only);
  sigaddset(&only, SIGTSTP);
  (void)kill(getpid(), SIGTSTP);
  (void)sigprocmask(SIG_UNBLOCK, &only, NULL);
  (void)sigprocmask(SIG_BLOCK, &only, NULL);
}

bool terminal_takes(struct terminal *terminal, int signal, int control) {
  switch (signal) {
    case SIGTSTP: stop(terminal); /* fall through */
    case SIGCONT:
      if (in_foreground(terminal) && !terminal->raw) (void)tcgetattr(terminal->outer, &terminal->cooked);
      terminal_raw(terminal);      /* fall through */
    case SIGWINCH: resize(terminal, control); return true;
    case SIGTTIN:
    case SIGTTOU: return true;
    default: return false;
  }
}

struct pollfd terminal_watched(const struct terminal *terminal) {
  if (terminal->typed_length > 0) return (struct pollfd){.fd = terminal->master, .events = POLLOUT};
  return (struct pollfd){.fd = terminal->raw ? terminal->outer : -1, .events = POLLIN};
}

static void write_typed(struct terminal *terminal) {
  while (terminal->typed_length > 0) {
    ssize_t put = write(terminal->master, terminal->typed, terminal->typed_length);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return;
    /* The shell has gone: nobody will ever take it. */
    size_t taken = put < 0 ? terminal->typed_length : (size_t)put;
    terminal->typed_length -= taken;
    memmove(terminal->typed, terminal->typed + taken, terminal->typed_length);
  }
}

void terminal_typed(struct terminal *terminal, short happened) {
  if (terminal->typed_length == 0 && (happened & (POLLIN | POLLHUP | POLLERR)) != 0) {
    ssize_t got = read(terminal->outer, terminal->typed, sizeof terminal->typed);
    if (got > 0) terminal->typed_length = (size_t)got;
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
      /* Who typed is gone. The shell sees it when the master is closed, as it would have seen its terminal go. */
      terminal->raw = false;
      close(terminal->master);
      close(terminal->outer);
      terminal->outer = terminal->master = -1;
    }
  }
  write_typed(terminal);
}
