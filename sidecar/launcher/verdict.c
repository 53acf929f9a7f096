#include "verdict.h"

#include <stdlib.h>
#include <string.h>

/* Pointers first, then the texts, in one piece. A text with a NUL in it would be cut by exec, so it is a lie. */
static char **read_list(struct fields *from) {
  size_t count = (size_t)get_number(from, 4);
  if (from->bad || count > from->left / 4) {
    from->bad = true;
    return NULL;
  }
  char **list = calloc(1, (count + 1) * sizeof *list + from->left + count);
  if (list == NULL) from->bad = true;
  if (from->bad) return NULL;
  char *text = (char *)(list + count + 1);
  for (size_t i = 0; i < count; i++) {
    struct slice one = get_bytes(from);
    if (memchr(one.at, '\0', one.length) != NULL) from->bad = true;
    memcpy(text, one.at, one.length);
    list[i] = text;
    text += one.length + 1;
  }
  return list;
}

bool verdict_read(struct fields payload, struct verdict *into) {
  uint64_t effect = get_number(&payload, 1);
  uint64_t relayed = get_number(&payload, 1);
  *into = (struct verdict){.refused = effect == 1, .relayed = (unsigned char)relayed};
  into->message = get_bytes(&payload);
  into->argv = read_list(&payload);
  into->environment = read_list(&payload);
  into->token = get_bytes(&payload);
  if (fields_end(&payload) && effect <= 1 && relayed <= 15) return true;
  verdict_free(into);
  return false;
}

void verdict_free(struct verdict *verdict) {
  free(verdict->argv);
  free(verdict->environment);
  *verdict = (struct verdict){0};
}
