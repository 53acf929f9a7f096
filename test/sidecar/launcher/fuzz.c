/*
 * Feeds frames that were changed at random to what reads them, under the sanitizers: `fuzz ROUNDS SEED < FRAMES`. Every
 * round takes some of what it was given, changes, cuts or mixes it, and hands it over in a piece of memory of just that
 * length, so that a byte too far is seen.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame.h"
#include "verdict.h"

enum { LONGEST = 2048 };

/* https://en.wikipedia.org/wiki/Xorshift */
static uint64_t random_below(uint64_t *state, uint64_t limit) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return (*state >> 11) % limit;
}

static size_t changed(unsigned char *into, const unsigned char *from, size_t length, uint64_t *state) {
  size_t at = (size_t)random_below(state, length);
  /* Mostly at the beginning of a frame, of which most have the same length of head. */
  if (random_below(state, 4) > 0)
    while (at > 0 && !(length - at > 6 && read_number(from + at, 3) == 0 && from[at + 4] == VERSION && from[at + 5] == KIND_VERDICT)) at--;
  size_t rest = length - at;
  size_t most = rest < LONGEST ? rest : LONGEST;
  size_t taken = 1 + (size_t)random_below(state, most);
  if (random_below(state, 3) > 0 && most > 6 && read_number(from + at, 4) + 4 <= most) taken = (size_t)read_number(from + at, 4) + 4;
  memcpy(into, from + at, taken);
  for (uint64_t flips = random_below(state, 4); flips > 0; flips--) {
    size_t where = (size_t)random_below(state, taken);
    static const unsigned char edges[] = {0, 1, 0x7f, 0x80, 0xff};
    into[where] = random_below(state, 2) > 0 ? edges[random_below(state, sizeof edges)] : (unsigned char)random_below(state, 256);
  }
  return taken;
}

int main(int argc, char **argv) {
  static unsigned char given[1 << 20];
  unsigned long verdicts = 0, broken = 0, lies = 0;
  uint64_t state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  size_t length = 0;
  for (ssize_t got; length < sizeof given && (got = read(0, given + length, sizeof given - length)) > 0;) length += (size_t)got;
  if (length == 0 || argc < 2) return 2;
  for (unsigned long round = strtoul(argv[1], NULL, 10); round > 0; round--) {
    unsigned char made[LONGEST];
    size_t taken = changed(made, given, length, &state);
    unsigned char *exact = malloc(taken);
    if (exact == NULL) return 2;
    memcpy(exact, made, taken);
    struct frame frame;
    struct verdict verdict;
    int found = frame_next(exact, taken, &frame);
    if (found <= 0) lies++;
    else if (frame.kind != KIND_VERDICT || !verdict_read(frame.payload, &verdict)) broken++;
    else {
      verdicts++;
      size_t sum = verdict.message.length + verdict.token.length;
      for (char **one = verdict.argv; *one != NULL; one++) sum += strlen(*one);
      for (char **one = verdict.environment; *one != NULL; one++) sum += strlen(*one);
      if (sum > taken) abort();
      verdict_free(&verdict);
    }
    free(exact);
  }
  printf("%lu verdicts, %lu broken, %lu no frames\n", verdicts, broken, lies);
  return 0;
}
