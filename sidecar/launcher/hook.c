/*
 * chaperone-hook: what Cursor starts as a hook. Hands its standard input to the sidecar and gives back the answer; it
 * decides nothing itself, and where it gets no answer it denies (exit status 2, which Cursor takes for a refusal).
 *
 *     chaperone-hook [SOCKET]        by default $CHAPERONE_SOCKET
 *
 * The frames are those of sidecar/agent/frame.ts:
 *
 *      0       4         5      6
 *     | length | version | kind | payload |     length: big-endian, of all that follows it
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
  DENIED = 2,
  VERSION = 1,
  KIND_HOOK = 1,
  KIND_ANSWER = 2,
  HEAD = 6,         /* length, version, kind */
  ANSWER_HEAD = 5,  /* status, length of what is said on standard output */
  SEND_SECONDS = 10 /* the sidecar reads at once, or is not well */
};

/* As the sidecar has it; an answer is a few lines. */
static const size_t question_limit = 32u * 1024 * 1024;
static const size_t answer_limit = 1024 * 1024;

struct bytes {
  unsigned char *at;
  size_t length;
};

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

static void put32(unsigned char *at, size_t value) {
  at[0] = (unsigned char)(value >> 24);
  at[1] = (unsigned char)(value >> 16);
  at[2] = (unsigned char)(value >> 8);
  at[3] = (unsigned char)value;
}

static size_t get32(const unsigned char *at) {
  return ((size_t)at[0] << 24) | ((size_t)at[1] << 16) | ((size_t)at[2] << 8) | at[3];
}

/* Reads up to `wanted` bytes; fewer only where the other side ended. */
static size_t read_some(int from, unsigned char *into, size_t wanted) {
  size_t have = 0;
  while (have < wanted) {
    ssize_t got = read(from, into + have, wanted - have);
    if (got > 0) have += (size_t)got;
    else if (got == 0) break;
    else if (errno != EINTR) deny("it cannot be read: %s", strerror(errno));
  }
  return have;
}

/* False where the other side does not take it. */
static int write_all(int to, const unsigned char *from, size_t length) {
  while (length > 0) {
    ssize_t put = write(to, from, length);
    if (put >= 0) {
      from += put;
      length -= (size_t)put;
    } else if (errno != EINTR) return 0;
  }
  return 1;
}

/* Standard input to its end, with room for a head in front of it. */
static struct bytes read_question(void) {
  struct bytes question = {NULL, HEAD};
  size_t room = 0;
  for (;;) {
    if (question.length == room || room == 0) {
      room = room == 0 ? 65536 : room * 2;
      unsigned char *more = realloc(question.at, room);
      if (more == NULL) deny("there is no memory for what the hook was given");
      question.at = more;
    }
    size_t got = read_some(STDIN_FILENO, question.at + question.length, room - question.length);
    question.length += got;
    if (question.length - HEAD > question_limit - 2) deny("the hook was given more than is looked at");
    if (question.length < room) return question;
  }
}

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct timeval patience = {.tv_sec = SEND_SECONDS};
  if (strlen(path) >= sizeof address.sun_path) deny("the path of the socket is too long");
  memcpy(address.sun_path, path, strlen(path));
  int sidecar = socket(AF_UNIX, SOCK_STREAM, 0);
  if (sidecar < 0) deny("no socket can be made: %s", strerror(errno));
  if (connect(sidecar, (const struct sockaddr *)&address, sizeof address) != 0)
    deny("nobody answers at %s (%s): start chaperone", path, strerror(errno));
  (void)setsockopt(sidecar, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return sidecar;
}

/* A person may be asked meanwhile: how long that may take is for who started us to say. */
static struct bytes read_answer(int sidecar) {
  unsigned char head[HEAD];
  if (read_some(sidecar, head, HEAD) != HEAD) deny("the sidecar gave no answer");
  size_t length = get32(head);
  if (head[4] != VERSION || head[5] != KIND_ANSWER) deny("the sidecar's answer is not understood");
  if (length < 2 + ANSWER_HEAD || length > answer_limit) deny("the sidecar's answer has no right length");
  struct bytes answer = {malloc(length - 2), length - 2};
  if (answer.at == NULL) deny("there is no memory for the answer");
  if (read_some(sidecar, answer.at, answer.length) != answer.length) deny("the sidecar's answer broke off");
  if (get32(answer.at + 1) > answer.length - ANSWER_HEAD) deny("the sidecar's answer is not understood");
  return answer;
}

int main(int argc, char **argv) {
  const char *path = argc > 1 ? argv[1] : getenv("CHAPERONE_SOCKET");
  if (argc > 2 || path == NULL || *path == '\0') deny("usage: chaperone-hook SOCKET");
  signal(SIGPIPE, SIG_IGN);

  struct bytes question = read_question();
  put32(question.at, question.length - 4);
  question.at[4] = VERSION;
  question.at[5] = KIND_HOOK;
  int sidecar = connect_to(path);
  if (!write_all(sidecar, question.at, question.length)) deny("the sidecar does not take it");
  free(question.at);

  struct bytes answer = read_answer(sidecar);
  size_t said = get32(answer.at + 1);
  const unsigned char *text = answer.at + ANSWER_HEAD;
  int told = write_all(STDOUT_FILENO, text, said);
  (void)write_all(STDERR_FILENO, text + said, answer.length - ANSWER_HEAD - said);
  /* An answer that nobody read allows nothing. */
  int status = told ? answer.at[0] : DENIED;
  free(answer.at);
  return status;
}
