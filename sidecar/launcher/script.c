#define _GNU_SOURCE
#include "script.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PRESENT = 1, CUT = 2 };

/* Where a shell reads its commands from. The sidecar reads the same argv and judges by that: this only says what to bring. */
struct source {
  enum { COMMAND_STRING, STANDARD_INPUT, FILE_OPERAND } from;
  const char *file;
};

static bool takes_next(const char *option) {
  return strcmp(option, "--rcfile") == 0 || strcmp(option, "--init-file") == 0 || strcmp(option, "--emulate") == 0;
}

static struct source source_of(char *const *argv) {
  bool from_input = false;
  size_t i = argv[0] == NULL ? 0 : 1;
  for (; argv[i] != NULL; i++) {
    const char *word = argv[i];
    if ((*word != '-' && *word != '+') || strcmp(word, "+") == 0) break;
    if (strcmp(word, "-") == 0 || strcmp(word, "--") == 0) {
      i++;
      break;
    }
    if (word[1] == '-') {
      if (takes_next(word) && argv[i + 1] != NULL) i++;
      continue;
    }
    size_t arguments = 0;
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
      if (*letter == 'c') return (struct source){COMMAND_STRING, NULL};
      if (*letter == 's') from_input = true;
      if (*letter == 'o' || *letter == 'O') arguments++;
    }
    while (arguments-- > 0 && argv[i + 1] != NULL) i++;
  }
  if (from_input || argv[i] == NULL) return (struct source){STANDARD_INPUT, NULL};
  return (struct source){FILE_OPERAND, argv[i]};
}

/* Of a file only: what comes through a pipe is gone when it is read. The offset, which the shell shares, stays. */
static unsigned put_file(struct buffer *to, int fd, off_t from) {
  struct stat found;
  if (fd < 0 || from < 0 || fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) return 0;
  size_t length = 0;
  if (!buffer_reserve(to, SCRIPT_LIMIT + 1)) return 0;
  while (length <= SCRIPT_LIMIT) {
    ssize_t got = pread(fd, to->at + to->length + length, SCRIPT_LIMIT + 1 - length, from + (off_t)length);
    if (got <= 0) break;
    length += (size_t)got;
  }
  bool cut = length > SCRIPT_LIMIT;
  to->length += cut ? SCRIPT_LIMIT : length;
  return PRESENT | (cut ? CUT : 0);
}

void put_script(struct buffer *to, char *const *argv) {
  struct source source = source_of(argv);
  unsigned flags = 0;
  size_t length_at = to->length;
  put_number(to, 0, 4);
  if (source.from == STANDARD_INPUT) flags = put_file(to, STDIN_FILENO, lseek(STDIN_FILENO, 0, SEEK_CUR));
  if (source.from == FILE_OPERAND) {
    int fd = open(source.file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    flags = put_file(to, fd, 0);
    if (fd >= 0) close(fd);
  }
  if (!to->failed) write_number(to->at + length_at, to->length - length_at - 4, 4);
  put_number(to, flags, 1);
}
