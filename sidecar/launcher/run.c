#define _GNU_SOURCE
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attend.h"
#include "descriptors.h"
#include "refuse.h"
#include "relay.h"
#include "terminal.h"
#include "witness.h"

/* Both ends of what a standard stream of the shell becomes; -1 where it stays as it is. */
struct channel {
  int ours, theirs;
};

struct plan {
  struct channel streams[3];
  bool merged; /* stdout and stderr are one, and stay one: their order counts */
  struct terminal terminal;
  bool on_terminal;
  int control[2];
  sigset_t mask;            /* as it came */
  struct sigaction child;   /* SIGCHLD as it came */
};

unsigned char to_relay(const struct invocation *invocation, unsigned char relayed) {
  const struct description *streams = invocation->streams;
  if (is_full_terminal(streams)) return relayed & RELAY_TERMINAL;
  unsigned keep = 0;
  if (can_relay(streams[STDOUT_FILENO].kind)) keep |= RELAY_STDOUT;
  if (can_relay(streams[STDERR_FILENO].kind)) keep |= RELAY_STDERR;
  if (streams[STDIN_FILENO].kind == PIPE || streams[STDIN_FILENO].kind == SOCKET) keep |= RELAY_SCRIPT;
  return (unsigned char)(relayed & keep);
}

void run_in_place(const struct run *run) {
  (void)execve(run->invocation->shell, run->argv, run->environment);
  refuse(errno == ENOENT ? NO_SHELL : REFUSED, "%s cannot be run: %s", run->invocation->shell, strerror(errno));
}

/* Of the kind that it stands for: programs look whether they write to a pipe or a socket. */
static struct channel open_channel(enum stream_kind kind, bool to_shell) {
  int ends[2];
  int made = kind == SOCKET ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) : pipe2(ends, O_CLOEXEC);
  if (made != 0) refuse(REFUSED, "the shell is refused, because it gets no pipe: %s", strerror(errno));
  int reads = out_of_the_way(ends[0]);
  int writes = out_of_the_way(ends[1]);
  struct channel channel = to_shell ? (struct channel){writes, reads} : (struct channel){reads, writes};
  (void)fcntl(channel.ours, F_SETFL, fcntl(channel.ours, F_GETFL) | O_NONBLOCK);
  return channel;
}

static void open_channels(struct plan *plan, const struct run *run) {
  const struct description *streams = run->invocation->streams;
  plan->on_terminal = (run->relayed & RELAY_TERMINAL) != 0;
  if (plan->on_terminal) {
    if (!terminal_open(&plan->terminal, STDIN_FILENO))
      refuse(REFUSED, "the shell is refused, because it gets no terminal: %s", strerror(errno));
    return;
  }
  plan->merged = (run->relayed & RELAY_STDOUT) != 0 && (run->relayed & RELAY_STDERR) != 0 &&
                 same_description(STDOUT_FILENO, STDERR_FILENO);
  if ((run->relayed & RELAY_SCRIPT) != 0) plan->streams[0] = open_channel(streams[0].kind, true);
  if ((run->relayed & RELAY_STDOUT) != 0) plan->streams[1] = open_channel(streams[1].kind, false);
  if (plan->merged) plan->streams[2] = plan->streams[1];
  else if ((run->relayed & RELAY_STDERR) != 0) plan->streams[2] = open_channel(streams[2].kind, false);
}

/* Who looks for processes by name or arguments finds the shell once, and not us beside it. */
static void rename_to(char **argv, const char *name) {
  (void)prctl(PR_SET_NAME, name);
  size_t room = 0;
  for (size_t i = 0; argv[i] != NULL; i++) {
    size_t length = strlen(argv[i]);
    memset(argv[i], 0, length);
    if (i == 0) room = length;
  }
  if (argv[0] != NULL) memcpy(argv[0], name, room < strlen(name) ? room : strlen(name));
}

static struct stream relayed_stream(unsigned char number, int from, int to) {
  struct stream stream = {.number = number, .from = from, .to = to};
  stream.at_terminal = number == STREAMS;
  return stream;
}

static void __attribute__((noreturn)) be_relay(const struct plan *plan, struct run *run) {
  struct relay relay = {.path = run->socket_path, .link = run->link, .token = run->token, .lenient = run->lenient};
  /* Every signal stays blocked: until now we were in the shell's group, and what is sent to that is not for us. */
  (void)setsid();
  relay.state = run->link.fd >= 0 ? LIVE : AWAY;
  relay.away_since = relay.next_try = now();
  relay.backoff = 10;
  relay.question = run->question;
  relay.control = plan->control[1];
  relay.way_in.from = relay.way_in.to = -1;
  int kept[16] = {relay.control, relay.link.fd < 0 ? relay.control : relay.link.fd};
  size_t count = 2;
  for (unsigned char i = 1; i <= 2; i++) {
    struct stream *stream = &relay.streams[i - 1];
    bool wanted = !plan->on_terminal && plan->streams[i].ours >= 0 && !(i == 2 && plan->merged);
    *stream = wanted ? relayed_stream(i, plan->streams[i].ours, i) : relayed_stream(0, -1, -1);
  }
  relay.streams[2] = plan->on_terminal ? relayed_stream(3, plan->terminal.master, STDOUT_FILENO)
                                       : relayed_stream(0, -1, -1);
  if (plan->streams[0].ours >= 0) {
    relay.way_in.wanted = true;
    relay.way_in.from = STDIN_FILENO;
    relay.way_in.to = plan->streams[0].ours;
    kept[count++] = relay.way_in.from;
    kept[count++] = relay.way_in.to;
  }
  for (size_t i = 0; i < STREAMS; i++) {
    if (relay.streams[i].number == 0) continue;
    kept[count++] = relay.streams[i].from;
    kept[count++] = relay.streams[i].to;
  }
  close_all_but(kept, count);
  for (size_t i = 0; i < STREAMS; i++)
    if (relay.streams[i].number != 0) stream_open_outlet(&relay.streams[i]);
  if (*run->socket_path == '/') (void)chdir("/");
  rename_to(run->own_argv, "chaperone-relay");
  relay_run(&relay);
  _exit(0);
}

/* Between vfork and exec, in memory that is our parent's: nothing but system calls. */
static void __attribute__((noreturn)) be_shell(const struct plan *plan, const struct run *run, pid_t parent) {
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(REFUSED);
  if (plan->on_terminal) {
    (void)setsid();
    (void)ioctl(plan->terminal.slave, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++) (void)dup2(plan->terminal.slave, fd);
  }
  for (int fd = 0; fd < 3; fd++)
    if (plan->streams[fd].theirs >= 0) (void)dup2(plan->streams[fd].theirs, fd);
  (void)sigaction(SIGCHLD, &plan->child, NULL);
  (void)sigprocmask(SIG_SETMASK, &plan->mask, NULL);
  (void)execve(run->invocation->shell, run->argv, run->environment);
  static const char why[] = "chaperone: the real shell cannot be run\n";
  (void)write_all(STDERR_FILENO, why, sizeof why - 1);
  _exit(errno == ENOENT ? NO_SHELL : REFUSED);
}

void run_relayed(struct run *run) {
  struct plan plan = {.streams = {{-1, -1}, {-1, -1}, {-1, -1}}};
  sigset_t all;
  pid_t self = getpid();
  open_channels(&plan, run);
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, plan.control) != 0)
    refuse(REFUSED, "the shell is refused, because it gets no socket: %s", strerror(errno));
  plan.control[0] = out_of_the_way(plan.control[0]);
  plan.control[1] = out_of_the_way(plan.control[1]);
  sigfillset(&all);
  (void)sigprocmask(SIG_SETMASK, &all, &plan.mask);
  (void)sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &plan.child);

  struct witness witness = {.pid = -1};
  struct attended attended = {.control = plan.control[0], .witness = &witness};
  /* The shell first: it takes longer to begin than the relay, and what it writes waits in the pipe. */
  if (!plan.on_terminal) witness_start(&witness);
  attended.shell = vfork();
  if (attended.shell == 0) be_shell(&plan, run, self);
  attended.relay = attended.shell < 0 ? -1 : fork();
  if (attended.relay == 0) be_relay(&plan, run);
  if (attended.relay < 0) {
    int why = errno;
    if (attended.shell > 0) (void)kill(attended.shell, SIGKILL);
    witness_end(&witness);
    refuse(REFUSED, "the shell is refused, because there is no process for it: %s", strerror(why));
  }
  attended.terminal = plan.on_terminal ? &plan.terminal : NULL;
  int kept[3] = {attended.control, plan.terminal.master, plan.terminal.outer};
  close_all_but(kept, plan.on_terminal ? 3 : 1);
  if (plan.on_terminal) terminal_raw(&plan.terminal);
  if (*run->socket_path == '/') (void)chdir("/");
  rename_to(run->own_argv, "chaperone-wait");
  attend(&attended);
}
