/*
 * The frames of sidecar/agent/frame.ts and the fields in them. Everything that is read is hostile: no length is believed
 * before it is there, and a reader that met a lie says so at its end.
 *
 *      0       4         5      6
 *     | length | version | kind | payload |     length: big-endian, of all that follows it
 */
#ifndef CHAPERONE_FRAME_H
#define CHAPERONE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VERSION = 1, FRAME_HEAD = 6, QUESTION_LIMIT = 1024 * 1024, OTHER_LIMIT = 64 * 1024 };

enum kind {
  KIND_HOOK = 1,
  KIND_ANSWER = 2,
  KIND_SHELL = 3,
  KIND_VERDICT = 4,
  KIND_DATA = 5,
  KIND_RESIZE = 6,
  KIND_SCRIPT = 7,
  KIND_EXITED = 8,
  KIND_END = 9,
  KIND_RESUME = 10,
  KIND_WAIT = 11,
  KIND_ACK = 12,
  KIND_PASS = 13,
  KIND_STOP = 14,
  KIND_CLOSE = 15
};

/* Grows as it is written to; `failed` where there was no memory, and nothing is written then. */
struct buffer {
  unsigned char *at;
  size_t length;
  size_t room;
  bool failed;
};

bool buffer_reserve(struct buffer *buffer, size_t more);
void buffer_drop(struct buffer *buffer, size_t first);
void buffer_free(struct buffer *buffer);

void put_raw(struct buffer *to, const void *from, size_t length);
void put_number(struct buffer *to, uint64_t value, size_t length);
void put_bytes(struct buffer *to, const void *from, size_t length);
void put_string(struct buffer *to, const char *text);

/* A frame is begun, its fields are put, and it is ended: only then is its length known. */
size_t frame_begin(struct buffer *to, enum kind kind);
void frame_end(struct buffer *to, size_t begun);
void write_number(unsigned char *at, uint64_t value, size_t length);
uint64_t read_number(const unsigned char *at, size_t length);

struct slice {
  const unsigned char *at;
  size_t length;
};

/* What is not there reads as zero or empty, and `bad` stays set. */
struct fields {
  const unsigned char *at;
  size_t left;
  bool bad;
};

struct frame {
  unsigned char kind;
  struct fields payload;
};

uint64_t get_number(struct fields *from, size_t length);
struct slice get_slice(struct fields *from, size_t length);
struct slice get_bytes(struct fields *from);
/* Whether all was there, and nothing more. */
bool fields_end(const struct fields *from);

/*
 * Looks for a frame that a sidecar may send in front of `from`: 1 and the frame, a view of it; 0 where it is not whole yet;
 * -1 where it is none.
 */
int frame_next(const unsigned char *from, size_t length, struct frame *into);

#endif
