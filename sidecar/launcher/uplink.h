/* The relay's end of the connection: what goes out, what comes in, and what happens when it breaks. */
#ifndef CHAPERONE_UPLINK_H
#define CHAPERONE_UPLINK_H

#include "relay.h"

/* How long the shell's output may be held back because the sidecar is away, in milliseconds. */
enum { AWAY_AT_MOST = 60000 };

/* Sends as much as is taken without waiting. */
void uplink_send(struct relay *relay);
bool uplink_has_more(const struct relay *relay);
/* Reads and does what the sidecar says. */
void uplink_receive(struct relay *relay);
/* Reconnects where it is time, and gives up where it took too long. */
void uplink_tick(struct relay *relay);
/* When uplink_tick wants to be called at the latest. */
int64_t uplink_next(const struct relay *relay);
void uplink_resize(struct relay *relay, uint16_t columns, uint16_t rows);
void uplink_exited(struct relay *relay);
void uplink_close(struct relay *relay);

#endif
