/*
 * chaperone-hook: what Cursor starts as a hook. Hands its standard input to the sidecar and gives back the answer; it
 * decides nothing itself, and where it gets no answer it denies (exit status 2, which Cursor takes for a refusal).
 *
 *     chaperone-hook [SOCKET]        by default $CHAPERONE_SOCKET
 */
#include "hook.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptors.h"
#include "link.h"

enum {
  DENIED = 2,
  ANSWER_HEAD = 5,     /* status, length of what is said on standard output */
  SEND_PATIENCE = 10000 /* milliseconds: the sidecar reads at once, or is not well */
};

/* As the sidecar has it; an answer is a few lines. */
static const size_t question_limit = 32u * 1024 * 1024;
static const size_t answer_limit = 1024 * 1024;

static void deny(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void deny(const char *format, ...) {
  va_list arguments;
  fputs("chaperone: ", stderr);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputs(", so it is refused\n", stderr);
  exit(DENIED);
}

/* Standard input to its end, as a frame. */
static struct buffer read_question(void) {
  struct buffer question = {0};
  size_t begun = frame_begin(&question, KIND_HOOK);
  for (;;) {
    if (!buffer_reserve(&question, 65536)) deny("there is no memory for what the hook was given");
    ssize_t got = read(STDIN_FILENO, question.at + question.length, 65536);
    if (got < 0 && errno != EINTR) deny("it cannot be read: %s", strerror(errno));
    if (got > 0) question.length += (size_t)got;
    if (question.length - FRAME_HEAD > question_limit - 2) deny("the hook was given more than is looked at");
    if (got == 0) break;
  }
  frame_end(&question, begun);
  return question;
}

static int connected(const char *path) {
  int sidecar = link_connect(path, now() + SEND_PATIENCE);
  if (sidecar >= 0) return sidecar;
  if (errno == ENAMETOOLONG) deny("the path of the socket is too long");
  deny("nobody answers at %s (%s): start chaperone", path, strerror(errno));
}

/* A person may be asked meanwhile: how long that may take is for who started us to say. */
static size_t read_some_of(int sidecar, unsigned char *into, size_t wanted) {
  size_t have = 0;
  while (have < wanted) {
    ssize_t got = read(sidecar, into + have, wanted - have);
    if (got > 0) have += (size_t)got;
    else if (got == 0) break;
    else if (errno == EAGAIN) (void)poll(&(struct pollfd){.fd = sidecar, .events = POLLIN}, 1, -1);
    else if (errno != EINTR) break;
  }
  return have;
}

static struct fields read_answer(int sidecar) {
  unsigned char head[FRAME_HEAD];
  if (read_some_of(sidecar, head, FRAME_HEAD) != FRAME_HEAD) deny("the sidecar gave no answer");
  uint64_t length = read_number(head, 4);
  if (head[4] != VERSION || head[5] != KIND_ANSWER) deny("the sidecar's answer is not understood");
  if (length < 2 + ANSWER_HEAD || length > answer_limit) deny("the sidecar's answer has no right length");
  size_t left = (size_t)length - 2;
  unsigned char *answer = malloc(left);
  if (answer == NULL) deny("there is no memory for the answer");
  if (read_some_of(sidecar, answer, left) != left) deny("the sidecar's answer broke off");
  return (struct fields){answer, left, false};
}

int hook(int argc, char **argv) {
  const char *path = argc > 1 ? argv[1] : getenv("CHAPERONE_SOCKET");
  if (argc > 2 || path == NULL || *path == '\0') deny("usage: chaperone-hook SOCKET");
  signal(SIGPIPE, SIG_IGN);

  struct buffer question = read_question();
  int sidecar = connected(path);
  if (!link_send(sidecar, question.at, question.length, now() + SEND_PATIENCE))
    deny("the sidecar does not take it");
  buffer_free(&question);

  struct fields answer = read_answer(sidecar);
  const unsigned char *whole = answer.at;
  int status = (int)get_number(&answer, 1);
  struct slice said = get_bytes(&answer);
  if (answer.bad) deny("the sidecar's answer is not understood");
  bool told = write_all(STDOUT_FILENO, said.at, said.length);
  (void)write_all(STDERR_FILENO, answer.at, answer.left);
  free((void *)(uintptr_t)whole);
  close(sidecar);
  /* An answer that nobody read allows nothing. */
  return told ? status : DENIED;
}
