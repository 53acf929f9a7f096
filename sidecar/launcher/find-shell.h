/* The real shell behind the launcher. */
#ifndef CHAPERONE_FIND_SHELL_H
#define CHAPERONE_FIND_SHELL_H

/*
 * The name of the shell that we stand in for: of argv[0], where a leading `-` means a login shell, else of the file that was
 * run, since argv[0] may be anything. NULL where neither is a shell's.
 */
const char *shell_name(const char *argv0);

/*
 * The next file of that name on `path`, or in the usual places, that is no launcher. A copy that the caller frees, or NULL.
 */
char *find_shell(const char *name, const char *path);

#endif
