/* What the standard streams are. */
#ifndef CHAPERONE_STREAMS_H
#define CHAPERONE_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

/* As in sidecar/agent/shell-frame.ts. */
enum stream_kind { CLOSED, PIPE, SOCKET, REGULAR, TERMINAL, DEV_NULL, OTHER };

struct description {
  enum stream_kind kind;
  uint64_t device;
  uint64_t inode;
};

struct description describe(int fd);
/* Whether all three are one terminal. */
bool is_full_terminal(const struct description streams[3]);
/* Whether what goes there can be relayed without a program noticing more than a pipe or a socket. */
bool can_relay(enum stream_kind kind);

#endif
