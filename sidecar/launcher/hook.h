/* chaperone-hook, what Cursor starts as a hook. */
#ifndef CHAPERONE_HOOK_H
#define CHAPERONE_HOOK_H

int hook(int argc, char **argv);

#endif
