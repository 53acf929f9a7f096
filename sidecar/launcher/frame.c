#include "frame.h"

#include <stdlib.h>
#include <string.h>

bool buffer_reserve(struct buffer *buffer, size_t more) {
  if (buffer->failed) return false;
  if (more <= buffer->room - buffer->length) return true;
  size_t room = buffer->room == 0 ? 4096 : buffer->room;
  while (room - buffer->length < more && room < SIZE_MAX / 4) room *= 2;
  unsigned char *at = room - buffer->length < more ? NULL : realloc(buffer->at, room);
  if (at == NULL) {
    buffer->failed = true;
    return false;
  }
  buffer->at = at;
  buffer->room = room;
  return true;
}

void buffer_drop(struct buffer *buffer, size_t first) {
  if (first == 0) return;
  buffer->length -= first;
  if (buffer->length > 0) memmove(buffer->at, buffer->at + first, buffer->length);
}

void buffer_free(struct buffer *buffer) {
  free(buffer->at);
  *buffer = (struct buffer){0};
}

void put_raw(struct buffer *to, const void *from, size_t length) {
  if (length == 0 || !buffer_reserve(to, length)) return;
  memcpy(to->at + to->length, from, length);
  to->length += length;
}

void write_number(unsigned char *at, uint64_t value, size_t length) {
  for (size_t i = 0; i < length; i++) at[i] = (unsigned char)(value >> (8 * (length - 1 - i)));
}

uint64_t read_number(const unsigned char *at, size_t length) {
  uint64_t value = 0;
  for (size_t i = 0; i < length; i++) value = (value << 8) | at[i];
  return value;
}

void put_number(struct buffer *to, uint64_t value, size_t length) {
  unsigned char bytes[8];
  write_number(bytes, value, length);
  put_raw(to, bytes, length);
}

void put_bytes(struct buffer *to, const void *from, size_t length) {
  put_number(to, length, 4);
  put_raw(to, from, length);
}

void put_string(struct buffer *to, const char *text) {
  put_bytes(to, text, strlen(text));
}

size_t frame_begin(struct buffer *to, enum kind kind) {
  size_t begun = to->length;
  put_number(to, 0, 4);
  put_number(to, VERSION, 1);
  put_number(to, (uint64_t)kind, 1);
  return begun;
}

void frame_end(struct buffer *to, size_t begun) {
  if (!to->failed) write_number(to->at + begun, to->length - begun - 4, 4);
}

struct slice get_slice(struct fields *from, size_t length) {
  if (from->bad || length > from->left) {
    from->bad = true;
    return (struct slice){(const unsigned char *)"", 0};
  }
  struct slice found = {from->at, length};
  from->at += length;
  from->left -= length;
  return found;
}

uint64_t get_number(struct fields *from, size_t length) {
  struct slice found = get_slice(from, length);
  return read_number(found.at, found.length);
}

struct slice get_bytes(struct fields *from) {
  return get_slice(from, (size_t)get_number(from, 4));
}

bool fields_end(const struct fields *from) {
  return !from->bad && from->left == 0;
}

/* The longest payload that a sidecar may send; -1 where there is no such kind. A verdict gives back what was asked about. */
static long limit_of(unsigned char kind) {
  switch (kind) {
    case KIND_VERDICT: return QUESTION_LIMIT;
    case KIND_WAIT:
    case KIND_ACK:
    case KIND_PASS:
    case KIND_STOP:
    case KIND_CLOSE: return OTHER_LIMIT;
    default: return -1;
  }
}

int frame_next(const unsigned char *from, size_t length, struct frame *into) {
  if (length < FRAME_HEAD) return 0;
  uint64_t told = read_number(from, 4);
  long limit = limit_of(from[5]);
  if (from[4] != VERSION || limit < 0 || told < 2 || told - 2 > (uint64_t)limit) return -1;
  if (length < told + 4) return 0;
  *into = (struct frame){from[5], {from + FRAME_HEAD, (size_t)told - 2, false}};
  return 1;
}
