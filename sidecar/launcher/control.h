/* What the waiting process and the relay tell one another, over a pair of SOCK_SEQPACKET sockets. */
#ifndef CHAPERONE_CONTROL_H
#define CHAPERONE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct control {
  enum {
    TO_RELAY_EXITED,  /* the shell has ended: by_signal, code */
    TO_RELAY_RESIZED, /* columns, rows */
    FROM_RELAY_DRAINED, /* what the shell said has arrived; `last`: the relay ends too */
    FROM_RELAY_KILL,    /* the session cannot go on */
    FROM_RELAY_STATUS   /* the script was stopped: `code`, where the shell itself ends with 0 */
  } what;
  bool by_signal, last;
  unsigned char code;
  uint16_t columns, rows;
};

/* What cannot be told is told to nobody: the other side has ended. */
static inline void control_tell(int fd, struct control message) {
  (void)send(fd, &message, sizeof message, MSG_NOSIGNAL);
}

#endif
