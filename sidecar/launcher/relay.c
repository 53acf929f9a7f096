#define _GNU_SOURCE
#include "relay.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "descriptors.h"
#include "uplink.h"

enum { QUIET = 20 /* milliseconds after which a terminal that others hold open has said all of the shell's */ };

/* What poll is asked about, and where its answers stand. */
struct watched {
  struct pollfd fds[3 + 2 * STREAMS + 1];
  nfds_t count;
  struct pollfd *link, *control, *script, *shell_input;
  struct pollfd *from[STREAMS], *to[STREAMS];
};

static struct pollfd *watch(struct watched *watched, int fd, short events) {
  if (fd < 0) return NULL;
  struct pollfd *entry = &watched->fds[watched->count++];
  *entry = (struct pollfd){.fd = fd, .events = events};
  return entry;
}

static bool happened(const struct pollfd *entry) {
  return entry != NULL && entry->revents != 0;
}

static void watch_all(struct relay *relay, struct watched *watched) {
  *watched = (struct watched){.count = 0};
  short out = uplink_has_more(relay) ? POLLOUT : 0;
  watched->link = watch(watched, relay->link.fd, (short)(POLLIN | out));
  watched->control = watch(watched, relay->control, POLLIN);
  struct way_in *way = &relay->way_in;
  watched->script = watch(watched, relay->state == LIVE && way_in_wants(way) ? way->from : -1, POLLIN);
  watched->shell_input = watch(watched, way->to, way->passed.length > 0 ? POLLOUT : 0);
  for (size_t i = 0; i < STREAMS; i++) {
    struct stream *stream = &relay->streams[i];
    if (stream->number == 0) continue;
    watched->from[i] = watch(watched, stream_has_room(stream) ? stream->from : -1, POLLIN);
    /* Without an event to wait for, poll still tells that the reader is gone. */
    watched->to[i] = watch(watched, stream->to, stream->delivered < stream->acked ? POLLOUT : 0);
  }
}

static int patience(const struct relay *relay) {
  int64_t until = relay->cut ? INT64_MAX : uplink_next(relay);
  if (relay->ended && !relay->quiet && relay->quiet_until < until) until = relay->quiet_until;
  if (relay->done_at > 0 && relay->done_at + AWAY_AT_MOST < until) until = relay->done_at + AWAY_AT_MOST;
  int64_t left = until - now();
  return until == INT64_MAX ? -1 : left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

static void shell_ended(struct relay *relay, bool by_signal, unsigned char code) {
  relay->ended = true;
  relay->by_signal = by_signal;
  relay->code = code;
  relay->quiet_until = now() + QUIET;
  for (size_t i = 0; i < STREAMS; i++) stream_begin_draining(&relay->streams[i]);
}

static void hear_control(struct relay *relay) {
  struct control message;
  ssize_t got = recv(relay->control, &message, sizeof message, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got != (ssize_t)sizeof message) {
    /* Nothing but SIGKILL ends who waits before the shell, and that takes the shell with it. */
    close(relay->control);
    relay->control = -1;
    if (!relay->ended) shell_ended(relay, true, 9);
    return;
  }
  if (message.what == TO_RELAY_EXITED) shell_ended(relay, message.by_signal, message.code);
  if (message.what == TO_RELAY_RESIZED) uplink_resize(relay, message.columns, message.rows);
}

static bool all_streams(const struct relay *relay, bool (*is)(const struct stream *)) {
  for (size_t i = 0; i < STREAMS; i++)
    if (relay->streams[i].number != 0 && !is(&relay->streams[i])) return false;
  return true;
}

static void move_streams(struct relay *relay, const struct watched *watched) {
  for (size_t i = 0; i < STREAMS; i++) {
    struct stream *stream = &relay->streams[i];
    if (happened(watched->to[i]) && (watched->to[i]->revents & (POLLERR | POLLHUP)) != 0) stream_reader_gone(stream);
    if (happened(watched->from[i]) && stream->from >= 0) {
      uint64_t before = stream->read;
      if (!stream_read(stream))
        relay_cut(relay, (struct slice){(const unsigned char *)"chaperone: no memory to record with\n", 36});
      if (!stream->at_terminal || stream->read == before) continue;
      relay->quiet_until = now() + QUIET;
      if (relay->ended && !relay->told_drained) stream->drained = stream->read;
    }
  }
}

static void deliver(struct relay *relay, const struct watched *watched) {
  for (size_t i = 0; i < STREAMS; i++) {
    struct stream *stream = &relay->streams[i];
    if (stream->number == 0) continue;
    /* Where the policy wants it to go on without us, what nobody could store is a gap. */
    if (relay->lenient && relay->state != LIVE) stream->acked = stream->sent = stream->read;
    bool waits = stream->outlet == OUTLET_SHARED && stream->to >= 0 && stream->delivered < stream->acked;
    if (!waits || (happened(watched->to[i]) && (watched->to[i]->revents & POLLOUT) != 0)) stream_deliver(stream);
    if (relay->told_drained || relay->parting.length == 0) stream_let_go(stream);
  }
}

static bool is_quiet(const struct relay *relay) {
  for (size_t i = 0; i < STREAMS; i++)
    if (relay->streams[i].at_terminal && relay->streams[i].from >= 0) return now() >= relay->quiet_until;
  return true;
}

/* Tells who waits that the shell's output has arrived, and the sidecar that the shell has ended; true where all is done. */
static bool tell(struct relay *relay) {
  if (!relay->ended) return false;
  bool finished = all_streams(relay, stream_finished);
  relay->quiet = relay->quiet || is_quiet(relay);
  if (!relay->told_drained && relay->quiet && all_streams(relay, stream_drained)) {
    relay->told_drained = true;
    relay_say(relay, (struct slice){relay->parting.at, relay->parting.length});
    if (relay->control >= 0)
      control_tell(relay->control, (struct control){.what = FROM_RELAY_DRAINED, .last = finished && relay->state == LIVE});
  }
  if (!relay->told_drained || relay->cut) return relay->told_drained && finished;
  uplink_exited(relay);
  if (!finished) return false;
  if (relay->done_at == 0) relay->done_at = now();
  return relay->told_exit || now() >= relay->done_at + AWAY_AT_MOST;
}

static void say_goodbye(struct relay *relay) {
  if (relay->state != LIVE) return;
  size_t begun = frame_begin(&relay->out, KIND_END);
  frame_end(&relay->out, begun);
  size_t left = relay->out.length - relay->out_sent;
  if (!relay->out.failed) (void)link_send(relay->link.fd, relay->out.at + relay->out_sent, left, now() + PATIENCE);
}

void relay_run(struct relay *relay) {
  struct watched watched;
  do {
    uplink_send(relay);
    watch_all(relay, &watched);
    if (poll(watched.fds, watched.count, patience(relay)) < 0) continue;
    if (happened(watched.control)) hear_control(relay);
    move_streams(relay, &watched);
    if (happened(watched.script)) way_in_read(&relay->way_in, &relay->out);
    uplink_send(relay);
    if (happened(watched.link) && relay->link.fd == watched.link->fd && (watched.link->revents & ~POLLOUT) != 0)
      uplink_receive(relay);
    if (happened(watched.shell_input) && relay->way_in.passed.length == 0) way_in_stop(&relay->way_in);
    way_in_write(&relay->way_in);
    deliver(relay, &watched);
    uplink_tick(relay);
  } while (!tell(relay));
  say_goodbye(relay);
}

void relay_say(struct relay *relay, struct slice message) {
  for (size_t i = STREAMS; i-- > 0 && message.length > 0;) {
    struct stream *stream = &relay->streams[i];
    if (stream->number == 0 || stream->to < 0) continue;
    stream_deliver(stream);
    (void)poll(&(struct pollfd){.fd = stream->to, .events = POLLOUT}, 1, 1000);
    (void)write_all(stream->to, message.at, message.length);
    return;
  }
}

void relay_cut(struct relay *relay, struct slice message) {
  if (relay->cut) return;
  relay->cut = true;
  if (!relay->told_drained) relay_say(relay, message);
  if (relay->control >= 0) control_tell(relay->control, (struct control){.what = FROM_RELAY_KILL});
  for (size_t i = 0; i < STREAMS; i++)
    if (relay->streams[i].number != 0) stream_cut(&relay->streams[i]);
  way_in_stop(&relay->way_in);
  uplink_close(relay);
}
