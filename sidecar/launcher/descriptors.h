/* Descriptors of ours among those that are the shell's. */
#ifndef CHAPERONE_DESCRIPTORS_H
#define CHAPERONE_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The same above 2, and gone with exec: where a standard stream is closed, what we open would take its place. */
int out_of_the_way(int fd);
/* Closes every descriptor but those, which are sorted here. */
void close_all_but(int *kept, size_t count);
/* False where it is not taken. For what we say ourselves. */
bool write_all(int to, const void *from, size_t length);
/* Up to `wanted` bytes, fewer only at the end; -1 where it cannot be read. */
ssize_t read_some(int from, void *into, size_t wanted);
/* Whether both are one open description (a duplicate), so that their order and offset are one. */
bool same_description(int one, int other);

#endif
