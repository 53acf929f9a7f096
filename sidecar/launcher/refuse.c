#include "refuse.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "descriptors.h"

void refuse(int status, const char *format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  size_t written = length < 0 ? 0 : (size_t)length < sizeof line ? (size_t)length : sizeof line - 1;
  (void)write_all(STDERR_FILENO, "chaperone: ", 11);
  (void)write_all(STDERR_FILENO, line, written);
  (void)write_all(STDERR_FILENO, "\n", 1);
  _exit(status);
}
