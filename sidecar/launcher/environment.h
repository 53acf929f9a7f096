/* The environment: what of it is told, and what the verdict changes. */
#ifndef CHAPERONE_ENVIRONMENT_H
#define CHAPERONE_ENVIRONMENT_H

#include "frame.h"

/* Of one that need not be our own; NULL where it is not set. */
const char *value_of(char *const *environment, const char *name);
/* The variables that matter, as a list. */
void put_environment(struct buffer *to, char *const *environment);
/* `NAME=value` sets, `NAME` alone unsets; everything else stays as it came, doubles and oddities too. NULL: no memory. */
char **changed_environment(char *const *environment, char *const *changes);

#endif
