/* One static program, told apart by the name that it is started by: `chaperone-hook`, or a shell's. */
#include <string.h>
#include <unistd.h>

#include "hook.h"
#include "shell.h"

extern char **environ;

int main(int argc, char **argv) {
  const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
  const char *name = argc == 0 ? "" : slash == NULL ? argv[0] : slash + 1;
  return strcmp(name, "chaperone-hook") == 0 ? hook(argc, argv) : shell(argv, environ);
}
