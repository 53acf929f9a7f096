/* The script that a shell is to run, as far as it can be read before it runs. */
#ifndef CHAPERONE_SCRIPT_H
#define CHAPERONE_SCRIPT_H

#include "frame.h"

enum { SCRIPT_LIMIT = 256 * 1024 };

/* `bytes script, flags`: the file that is the first operand, or standard input where that is a file and the script. */
void put_script(struct buffer *to, char *const *argv);

#endif
