/* What an agent starts in place of its shell. */
#ifndef CHAPERONE_SHELL_H
#define CHAPERONE_SHELL_H

int shell(char **argv, char **environment);

#endif
