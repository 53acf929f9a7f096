/*
 * The launcher: asks the sidecar whether the shell may run, and runs it.
 *
 *     agent ── us: wait, pass signals on, end as the shell ended
 *                ├─ the real shell, whose stdout and stderr are pipes to
 *                └─ the relay, which records and delivers
 *
 * Where nothing is to be relayed, the shell takes our place instead. What the frames say is in sidecar/agent/shell-frame.ts.
 */
#define _GNU_SOURCE
#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "descriptors.h"
#include "environment.h"
#include "find-shell.h"
#include "refuse.h"
#include "run.h"

static const char usual_socket[] = "/run/chaperone/agent.sock";

/* A file that the sidecar writes beside its socket says what is to happen where it does not answer. */
static bool runs_without_answer(const char *socket_path) {
  char path[256];
  char told[16] = "";
  int length = snprintf(path, sizeof path, "%s.on-failure", socket_path);
  if (length < 0 || (size_t)length >= sizeof path) return false;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return false;
  ssize_t got = read_some(fd, told, sizeof told - 1);
  close(fd);
  return got >= 8 && strncmp(told, "continue", 8) == 0 && (told[8] == '\0' || told[8] == '\n');
}

/* Why there is no verdict; NULL where there is one. A person may be asked meanwhile: the sidecar says so every second. */
static const char *ask(struct run *run, const struct buffer *question, struct verdict *verdict) {
  struct frame frame;
  run->link.fd = link_connect(run->socket_path, now() + PATIENCE);
  if (run->link.fd < 0) return errno == EAGAIN ? "the sidecar is too busy" : "nobody answers there";
  if (!link_send(run->link.fd, question->at, question->length, now() + PATIENCE))
    return "the sidecar does not take the question";
  for (;;) {
    int found = link_wait(&run->link, &frame, now() + PATIENCE);
    if (found == 0) return "the sidecar does not answer";
    if (found < 0) return "the sidecar gave no answer";
    if (frame.kind == KIND_VERDICT) return verdict_read(frame.payload, verdict) ? NULL : "its answer is not understood";
    if (frame.kind != KIND_WAIT || !fields_end(&frame.payload)) return "its answer is not understood";
  }
}

static void __attribute__((noreturn)) obey(struct run *run, const struct verdict *verdict) {
  if (verdict->refused) {
    (void)write_all(STDERR_FILENO, verdict->message.at, verdict->message.length);
    _exit(REFUSED);
  }
  if (verdict->argv[0] != NULL) run->argv = verdict->argv;
  run->environment = changed_environment(run->environment, verdict->environment);
  if (run->environment == NULL) refuse(REFUSED, "%s is refused, because there is no memory", run->invocation->name);
  run->relayed = to_relay(run->invocation, verdict->relayed);
  /* A session of its own is told how it ended, although nothing is recorded of what it wrote. */
  if (run->relayed == 0 && verdict->token.length == 0) run_in_place(run);
  struct buffer token = {0};
  put_raw(&token, verdict->token.at, verdict->token.length);
  run->token = (struct slice){token.at, token.length};
  run_relayed(run);
}

static void __attribute__((noreturn)) run_unanswered(struct run *run, struct invocation *invocation) {
  link_close(&run->link);
  run->question = question_frame(invocation, true);
  run->relayed = to_relay(invocation, RELAY_STDOUT | RELAY_STDERR | RELAY_TERMINAL);
  if (run->relayed == 0 || run->question.length == 0) run_in_place(run);
  run_relayed(run);
}

int shell(char **argv, char **environment) {
  struct invocation invocation = {.name = shell_name(argv[0]), .argv = argv, .environment = environment};
  struct verdict verdict;
  if (invocation.name == NULL) refuse(REFUSED, "the launcher stands in for bash, sh or zsh: install it by such a name");
  invocation.shell = find_shell(invocation.name, value_of(environment, "PATH"));
  if (invocation.shell == NULL) refuse(NO_SHELL, "there is no %s behind the launcher: install one", invocation.name);
  for (int fd = 0; fd < 3; fd++) invocation.streams[fd] = describe(fd);

  struct run run = {.invocation = &invocation, .own_argv = argv, .argv = argv, .environment = environment};
  run.link.fd = -1;
  run.socket_path = value_of(environment, "CHAPERONE_SOCKET");
  if (run.socket_path == NULL || *run.socket_path == '\0') run.socket_path = usual_socket;
  run.lenient = runs_without_answer(run.socket_path);
  struct buffer question = question_frame(&invocation, false);
  if (question.length == 0) refuse(REFUSED, "%s is refused, because there is no memory", invocation.name);
  if (question.length > QUESTION_LIMIT + FRAME_HEAD)
    refuse(REFUSED, "%s is refused, because its arguments are longer than is looked at", invocation.name);

  const char *why = ask(&run, &question, &verdict);
  buffer_free(&question);
  if (why == NULL) obey(&run, &verdict);
  if (run.lenient) run_unanswered(&run, &invocation);
  refuse(REFUSED, "%s is refused, because %s: start chaperone at %s", invocation.name, why, run.socket_path);
}
