#define _GNU_SOURCE
#include "attend.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"
#include "link.h"
#include "refuse.h"
#include "terminal.h"
#include "witness.h"

enum { GRACE = 2000 /* ms from SIGHUP to SIGKILL */, RELAY_ENDS = 50 /* ms */ };

/* What is known so far. */
struct state {
  struct attended *who;
  int signals;
  int status;
  bool ended, drained, last, killed;
  unsigned char script_status;
  int64_t kill_at, leave_at;
};

void end_as(int wait_status) {
  if (WIFEXITED(wait_status)) _exit(WEXITSTATUS(wait_status));
  int signal = WTERMSIG(wait_status);
  sigset_t only;
  /* The shell left its core, where it was to leave one; ours would only overwrite it. */
  (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  (void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
  sigemptyset(&only);
  sigaddset(&only, signal);
  (void)kill(getpid(), signal);
  (void)sigprocmask(SIG_UNBLOCK, &only, NULL);
  _exit(128 + signal);
}

/* As the shell, and by the same signal. Whoever continues us continues the shell. */
static void stop_too(struct state *state, int signal) {
  sigset_t only, before;
  if (state->who->terminal != NULL) return;
  sigemptyset(&only);
  sigaddset(&only, signal);
  (void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
  (void)kill(getpid(), signal);
  (void)sigprocmask(SIG_UNBLOCK, &only, &before);
  (void)sigprocmask(SIG_SETMASK, &before, NULL);
  witness_continue(state->who->witness);
  (void)kill(state->who->shell, SIGCONT);
}

static void shell_changed(struct state *state) {
  int status;
  while (!state->ended && waitpid(state->who->shell, &status, WNOHANG | WUNTRACED) > 0) {
    if (WIFSTOPPED(status)) {
      stop_too(state, WSTOPSIG(status));
      continue;
    }
    state->ended = true;
    state->status = status;
    witness_dismiss(state->who->witness);
    control_tell(state->who->control, (struct control){.what = TO_RELAY_EXITED,
                                                       .by_signal = WIFSIGNALED(status),
                                                       .code = (unsigned char)(WIFEXITED(status) ? WEXITSTATUS(status)
                                                                                                 : WTERMSIG(status))});
  }
  if (state->last && waitpid(state->who->relay, NULL, WNOHANG) != 0) state->leave_at = 0;
}

static bool is_ignored(int signal) {
  struct sigaction action;
  if (signal == SIGCONT || signal == SIGWINCH || signal == SIGURG || signal == SIGCHLD) return true;
  return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void pass_on(struct state *state, const struct signalfd_siginfo *got) {
  int signal = (int)got->ssi_signo;
  if (signal == SIGCHLD) {
    shell_changed(state);
    if (got->ssi_code != SI_USER && got->ssi_code != SI_QUEUE) return;
  }
  if (state->who->terminal != NULL && terminal_takes(state->who->terminal, signal, state->who->control)) return;
  if (state->ended) {
    /* What would have ended the shell while it still wrote ends what writes for it. */
    if (!is_ignored(signal) && signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU) {
      witness_end(state->who->witness);
      end_as(signal);
    }
    return;
  }
  if (signal != SIGCONT && witness_saw(state->who->witness, signal)) return;
  if (got->ssi_code == SI_QUEUE) {
    siginfo_t info = {.si_signo = signal, .si_code = SI_QUEUE};
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_ptr = (void *)(uintptr_t)got->ssi_ptr;
    if (syscall(SYS_rt_sigqueueinfo, state->who->shell, signal, &info) == 0) return;
  }
  (void)kill(state->who->shell, signal);
}

static void hear_relay(struct state *state) {
  struct control message;
  ssize_t got = recv(state->who->control, &message, sizeof message, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got != (ssize_t)sizeof message) {
    /* The relay ended before its time: nothing is recorded any more, so nothing may run. */
    message = (struct control){.what = FROM_RELAY_KILL};
    if (state->ended && !state->drained) state->status = REFUSED << 8;
    if (state->ended) state->drained = true;
    close(state->who->control);
    state->who->control = -1;
  }
  if (message.what == FROM_RELAY_STATUS) state->script_status = message.code;
  if (message.what == FROM_RELAY_DRAINED) {
    state->drained = true;
    state->last = message.last;
    state->leave_at = message.last ? now() + RELAY_ENDS : 0;
  }
  if (message.what == FROM_RELAY_KILL && !state->ended && !state->killed) {
    state->killed = true;
    state->kill_at = now() + GRACE;
    (void)kill(state->who->shell, SIGHUP);
    (void)kill(state->who->shell, SIGCONT);
  }
}

/* What the agent sees, as a wait status. */
static int outcome(const struct state *state) {
  if (state->killed && WIFSIGNALED(state->status)) return REFUSED << 8;
  if (state->script_status != 0 && state->status == 0) return state->script_status << 8;
  return state->status;
}

static int patience(const struct state *state) {
  int64_t until = state->ended && state->drained ? state->leave_at : state->killed ? state->kill_at : INT64_MAX;
  int64_t left = until - now();
  return until == INT64_MAX ? -1 : left < 0 ? 0 : (int)left;
}

static void wait_for_something(struct state *state) {
  struct pollfd watched[3] = {{.fd = state->signals, .events = POLLIN},
                              {.fd = state->who->control, .events = POLLIN},
                              {.fd = -1}};
  if (state->who->terminal != NULL) watched[2] = terminal_watched(state->who->terminal);
  if (poll(watched, 3, patience(state)) < 0) return;
  if (watched[1].revents != 0) hear_relay(state);
  if (watched[2].revents != 0) terminal_typed(state->who->terminal, watched[2].revents);
  struct signalfd_siginfo got;
  if (watched[0].revents != 0 && read(state->signals, &got, sizeof got) == (ssize_t)sizeof got) pass_on(state, &got);
  if (state->killed && !state->ended && now() >= state->kill_at) (void)kill(state->who->shell, SIGKILL);
}

void attend(struct attended *attended) {
  struct state state = {.who = attended};
  sigset_t all;
  sigfillset(&all);
  state.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  shell_changed(&state);
  while (!state.ended || !state.drained || now() < state.leave_at) wait_for_something(&state);
  if (attended->terminal != NULL) terminal_restore(attended->terminal);
  witness_end(attended->witness);
  end_as(outcome(&state));
}
