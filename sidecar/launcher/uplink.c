#define _GNU_SOURCE
#include "uplink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "verdict.h"

enum { DATA_LIMIT = OTHER_LIMIT - 9, FIRST_BACKOFF = 10, LONGEST_BACKOFF = 1000 };

static struct slice text(const char *words) {
  return (struct slice){(const unsigned char *)words, strlen(words)};
}

void uplink_close(struct relay *relay) {
  link_close(&relay->link);
  relay->state = AWAY;
  relay->out.length = relay->out_sent = 0;
  relay->flight.stream = NULL;
}

/* What was not acknowledged is sent again when there is a connection again. */
static void lost(struct relay *relay) {
  if (relay->state == LIVE) relay->away_since = now();
  uplink_close(relay);
  relay->next_try = now() + relay->backoff;
  relay->told_exit = false;
  for (size_t i = 0; i < STREAMS; i++) relay->streams[i].sent = relay->streams[i].acked;
}

void uplink_resize(struct relay *relay, uint16_t columns, uint16_t rows) {
  relay->columns = columns;
  relay->rows = rows;
  if (relay->state != LIVE) return;
  size_t begun = frame_begin(&relay->out, KIND_RESIZE);
  put_number(&relay->out, columns, 2);
  put_number(&relay->out, rows, 2);
  frame_end(&relay->out, begun);
}

void uplink_exited(struct relay *relay) {
  if (relay->state != LIVE || relay->told_exit) return;
  size_t begun = frame_begin(&relay->out, KIND_EXITED);
  put_number(&relay->out, relay->by_signal, 1);
  put_number(&relay->out, relay->code, 1);
  frame_end(&relay->out, begun);
  relay->told_exit = true;
}

static void put_resume(struct relay *relay) {
  size_t begun = frame_begin(&relay->out, KIND_RESUME);
  put_bytes(&relay->out, relay->token.at, relay->token.length);
  for (size_t i = 0; i < STREAMS; i++) put_number(&relay->out, relay->streams[i].acked, 8);
  frame_end(&relay->out, begun);
}

static void connect_again(struct relay *relay) {
  relay->link.fd = link_connect(relay->path, now());
  relay->backoff = relay->backoff * 2 > LONGEST_BACKOFF ? LONGEST_BACKOFF : relay->backoff * 2;
  relay->next_try = now() + relay->backoff;
  if (relay->link.fd < 0) return;
  if (relay->token.length > 0) put_resume(relay);
  else put_raw(&relay->out, relay->question.at, relay->question.length);
  relay->state = ASKING;
  relay->answer_until = now() + PATIENCE;
}

int64_t uplink_next(const struct relay *relay) {
  int64_t next = relay->state == AWAY ? relay->next_try : relay->state == ASKING ? relay->answer_until : INT64_MAX;
  int64_t last = relay->lenient || relay->state == LIVE ? INT64_MAX : relay->away_since + AWAY_AT_MOST;
  return next < last ? next : last;
}

void uplink_tick(struct relay *relay) {
  if (relay->state == LIVE || relay->cut) return;
  int64_t time = now();
  if (!relay->lenient && time >= relay->away_since + AWAY_AT_MOST) {
    relay_cut(relay, text("chaperone: the sidecar is away, so what runs here is stopped\n"));
    return;
  }
  if (relay->state == ASKING && time >= relay->answer_until) lost(relay);
  if (relay->state == AWAY && time >= relay->next_try) connect_again(relay);
}

/* The next data frame: of whichever stream has something that was not sent. */
static bool begin_flight(struct relay *relay) {
  for (size_t i = 0; i < STREAMS; i++) {
    struct stream *stream = &relay->streams[i];
    if (stream->number == 0 || stream->sent == stream->read) continue;
    uint64_t length = stream->read - stream->sent;
    relay->flight.stream = stream;
    relay->flight.at = stream->sent;
    relay->flight.length = length > DATA_LIMIT ? DATA_LIMIT : (size_t)length;
    relay->flight.sent = 0;
    unsigned char *head = relay->flight.head;
    write_number(head, relay->flight.length + 9 + 2, 4);
    head[4] = VERSION;
    head[5] = KIND_DATA;
    head[6] = stream->number;
    write_number(head + 7, stream->sent, 8);
    stream->sent += relay->flight.length;
    return true;
  }
  return false;
}

/* How much was taken; -1 and errno as send has it. */
static ssize_t send_flight(struct relay *relay) {
  size_t head = sizeof relay->flight.head;
  size_t sent = relay->flight.sent;
  struct iovec pieces[3];
  int count = 0;
  if (sent < head) pieces[count++] = (struct iovec){relay->flight.head + sent, head - sent};
  size_t past = sent < head ? 0 : sent - head;
  count += stream_pieces(relay->flight.stream, relay->flight.at + past, relay->flight.length - past, pieces + count);
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)count};
  ssize_t put = sendmsg(relay->link.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (put > 0) relay->flight.sent += (size_t)put;
  if (relay->flight.sent == head + relay->flight.length) relay->flight.stream = NULL;
  return put;
}

static ssize_t send_out(struct relay *relay) {
  size_t left = relay->out.length - relay->out_sent;
  ssize_t put = send(relay->link.fd, relay->out.at + relay->out_sent, left, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (put > 0) relay->out_sent += (size_t)put;
  if (relay->out_sent == relay->out.length) relay->out_sent = relay->out.length = 0;
  return put;
}

bool uplink_has_more(const struct relay *relay) {
  return relay->state != AWAY && (relay->flight.stream != NULL || relay->out.length > 0);
}

void uplink_send(struct relay *relay) {
  while (relay->state != AWAY) {
    ssize_t put;
    if (relay->out.failed) put = -1, errno = ENOMEM;
    /* A frame that was begun is ended first, and what is no data does not wait behind it. */
    else if (relay->flight.stream != NULL) put = send_flight(relay);
    else if (relay->out.length > 0) put = send_out(relay);
    else if (relay->state == LIVE && begin_flight(relay)) continue;
    else return;
    if (put < 0 && errno == EAGAIN) return;
    if (put < 0 && errno != EINTR) lost(relay);
  }
}

/* An answer to a resumption tells from where to go on. False where it tells what cannot be. */
static bool acknowledge(struct relay *relay, struct fields *payload) {
  for (size_t i = 0; i < STREAMS; i++) {
    struct stream *stream = &relay->streams[i];
    uint64_t stored = get_number(payload, 8);
    if (stream->number == 0 || relay->cut) continue;
    uint64_t most = relay->state == ASKING ? stream->read : stream->sent;
    if (stored > most || (stored < stream->acked && !relay->lenient)) return false;
    if (stored > stream->acked) stream->acked = stored;
    if (relay->state == ASKING) stream->sent = stream->acked;
  }
  return true;
}

static void now_live(struct relay *relay) {
  relay->state = LIVE;
  relay->backoff = FIRST_BACKOFF;
  if (relay->columns > 0) uplink_resize(relay, relay->columns, relay->rows);
}

/* The answer to a question that was asked late, or a resumption that is refused. */
static bool answered(struct relay *relay, struct fields payload) {
  struct verdict verdict;
  if (relay->state != ASKING || !verdict_read(payload, &verdict)) return false;
  if (relay->token.length > 0) {
    if (verdict.refused) relay_cut(relay, verdict.message);
    verdict_free(&verdict);
    return verdict.refused || relay->cut;
  }
  /* It runs already, and was let run: a refusal is recorded, and ends nothing. */
  struct buffer token = {0};
  put_raw(&token, verdict.token.at, verdict.token.length);
  relay->token = (struct slice){token.at, token.length};
  verdict_free(&verdict);
  now_live(relay);
  return true;
}

static bool stopped(struct relay *relay, struct fields *payload) {
  unsigned char status = (unsigned char)get_number(payload, 1);
  struct slice message = get_bytes(payload);
  if (payload->bad || !relay->way_in.wanted) return false;
  if (relay->control >= 0)
    control_tell(relay->control, (struct control){.what = FROM_RELAY_STATUS, .code = status});
  put_raw(&relay->parting, message.at, message.length);
  way_in_stop(&relay->way_in);
  return true;
}

static bool understood(struct relay *relay, struct frame *frame) {
  struct fields *payload = &frame->payload;
  bool live = relay->state == LIVE;
  switch (frame->kind) {
    case KIND_WAIT: relay->answer_until = now() + PATIENCE; return fields_end(payload);
    case KIND_VERDICT: return answered(relay, *payload);
    case KIND_ACK:
      if (relay->token.length == 0 || !acknowledge(relay, payload)) return false;
      if (!live) now_live(relay);
      return fields_end(payload);
    case KIND_PASS: return live && way_in_pass(&relay->way_in, (struct slice){payload->at, payload->left});
    case KIND_STOP: return live && stopped(relay, payload) && fields_end(payload);
    case KIND_CLOSE: {
      struct slice message = get_bytes(payload);
      if (!fields_end(payload)) return false;
      relay_cut(relay, message);
      return true;
    }
    default: return false;
  }
}

void uplink_receive(struct relay *relay) {
  struct frame frame;
  int found = 0;
  bool open = link_fill(&relay->link);
  while (relay->state != AWAY && (found = link_next(&relay->link, &frame)) > 0) {
    if (understood(relay, &frame)) continue;
    found = -1;
    break;
  }
  if (relay->state != AWAY && (!open || found < 0)) lost(relay);
}
