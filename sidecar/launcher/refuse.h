/* Refuses: one clear line on standard error, and the status of what may not run. */
#ifndef CHAPERONE_REFUSE_H
#define CHAPERONE_REFUSE_H

enum { REFUSED = 126, NO_SHELL = 127 };

void refuse(int status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

#endif
