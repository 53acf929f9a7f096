#define _GNU_SOURCE
#include "find-shell.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A note that tells every copy of the launcher from a shell, wherever it was put: two that found each other would start each
 * other for ever. The linker puts notes near the head of the file. https://man7.org/linux/man-pages/man5/elf.5.html
 */
#define OWNER "chaperone\0\0"
#define MARK "chaperone-launcher:1"

static const struct {
  uint32_t owner_length, mark_length, type;
  char owner[12];
  char mark[24];
} note __attribute__((section(".note.chaperone"), used, aligned(4))) = {10, 24, 1, OWNER, MARK};

enum { NOTES_WITHIN = 4096 };

static const char *const shells[] = {"bash", "sh", "zsh", "dash", "ash"};

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

static const char *known(const char *name) {
  for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
    if (strcmp(name, shells[i]) == 0) return shells[i];
  return NULL;
}

static const char *own_path(void) {
  return (const char *)getauxval(AT_EXECFN); /* an address that the kernel gives as a number */
}

const char *shell_name(const char *argv0) {
  const char *name = argv0 == NULL ? "" : argv0;
  const char *found = known(base_name(*name == '-' ? name + 1 : name));
  if (found == NULL && own_path() != NULL) found = known(base_name(own_path()));
  return found;
}

/* Who may run a file but not read it has no launcher there: ours can be read. */
static bool is_marked(const char *path) {
  char head[NOTES_WITHIN];
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return false;
  ssize_t length = read(fd, head, sizeof head);
  close(fd);
  return length > 0 && memmem(head, (size_t)length, note.mark, sizeof note.mark) != NULL;
}

static bool is_shell(const char *path, const struct stat *own) {
  struct stat found;
  if (stat(path, &found) != 0 || !S_ISREG(found.st_mode) || access(path, X_OK) != 0) return false;
  if (found.st_dev == own->st_dev && found.st_ino == own->st_ino) return false;
  return !is_marked(path);
}

/* In one directory of a list, whose end is `:` or NUL; an empty one is the working directory. */
static char *in_directory(const char *directory, size_t length, const char *name, const struct stat *own) {
  char *path = NULL;
  int printed = length == 0 ? asprintf(&path, "./%s", name)
                            : asprintf(&path, "%.*s/%s", (int)length, directory, name);
  if (printed < 0) return NULL;
  if (is_shell(path, own)) return path;
  free(path);
  return NULL;
}

static char *in_list(const char *list, const char *name, const struct stat *own) {
  for (const char *at = list;; at++) {
    size_t length = strcspn(at, ":");
    char *found = in_directory(at, length, name, own);
    if (found != NULL) return found;
    at += length;
    if (*at == '\0') return NULL;
  }
}

char *find_shell(const char *name, const char *path) {
  struct stat own = {0};
  if (stat("/proc/self/exe", &own) != 0 && own_path() != NULL) (void)stat(own_path(), &own);
  char *found = path == NULL || *path == '\0' ? NULL : in_list(path, name, &own);
  return found != NULL ? found : in_list("/bin:/usr/bin:/usr/local/bin", name, &own);
}
