#include "environment.h"

#include <stdlib.h>
#include <string.h>

/* What decides which programs run, as whom and where, and who started it. A `*` at the end: whatever follows. */
static const char *const told[] = {
    "PATH",    "HOME",      "PWD",       "USER",         "LOGNAME",   "SHELL",     "IFS",       "PS4",
    "ENV",     "BASH_ENV",  "ZDOTDIR",   "PROMPT_COMMAND", "SHELLOPTS", "BASHOPTS", "TERM",     "KUBECONFIG",
    "CDPATH",  "LD_*",      "GIT_*",     "BASH_FUNC_*",  "CURSOR_*",  "CLAUDE*",   "CODEX_*",   "GEMINI_*",
    "SHLVL",   "POSIXLY_CORRECT", "CHAPERONE_*",
};

static size_t name_length(const char *variable) {
  return strcspn(variable, "=");
}

static bool matters(const char *variable) {
  size_t length = name_length(variable);
  for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
    size_t wanted = strlen(told[i]);
    bool open = told[i][wanted - 1] == '*';
    if (open) wanted--;
    if ((open ? length >= wanted : length == wanted) && strncmp(variable, told[i], wanted) == 0) return true;
  }
  return false;
}

const char *value_of(char *const *environment, const char *name) {
  size_t length = strlen(name);
  for (; *environment != NULL; environment++)
    if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
      return *environment + length + 1;
  return NULL;
}

void put_environment(struct buffer *to, char *const *environment) {
  size_t count_at = to->length;
  uint64_t count = 0;
  put_number(to, 0, 4);
  for (; *environment != NULL; environment++) {
    if (!matters(*environment)) continue;
    put_string(to, *environment);
    count++;
  }
  if (!to->failed) write_number(to->at + count_at, count, 4);
}

static size_t count_of(char *const *list) {
  size_t count = 0;
  while (list[count] != NULL) count++;
  return count;
}

static bool is_changed(const char *variable, char *const *changes) {
  size_t length = name_length(variable);
  for (; *changes != NULL; changes++)
    if (name_length(*changes) == length && strncmp(*changes, variable, length) == 0) return true;
  return false;
}

char **changed_environment(char *const *environment, char *const *changes) {
  char **changed = calloc(count_of(environment) + count_of(changes) + 1, sizeof *changed);
  if (changed == NULL) return NULL;
  size_t count = 0;
  for (; *environment != NULL; environment++)
    if (!is_changed(*environment, changes)) changed[count++] = *environment;
  for (; *changes != NULL; changes++)
    if (strchr(*changes, '=') != NULL) changed[count++] = *changes;
  return changed;
}
