/** A small project in a directory of its own, for the demonstration to build. */
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROMPT } from './script.ts';

const GREET = `#include <stdio.h>

/* What the agent was asked to write. */
int main(void) {
  puts("hello from a guarded shell");
  return 0;
}
`;

/** Compiles where there is a compiler; otherwise a shell script serves. */
const BUILD = `#!/bin/sh
set -e
for unit in parser checker printer linker; do
  printf '\\033[32m   Compiling\\033[0m %s\\n' "$unit"
  sleep 0.2
done
cc -O2 -o greet greet.c 2>/dev/null || { printf '#!/bin/sh\\necho hello from a guarded shell\\n' > greet; chmod +x greet; }
printf '\\033[32m    Finished\\033[0m greet, %s bytes\\n' "$(wc -c < greet)"
`;

export interface Workspace {
  /** The directory of the session and its evidence. */
  directory: string;
  /** HOME and working directory of the shell. */
  home: string;
  /** Where the evidence goes. */
  data: string;
  /** Also done, at the latest, when the process exits. */
  remove(): void;
}

export async function makeWorkspace(): Promise<Workspace> {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-demo-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  const home = join(directory, 'project');
  await mkdir(home);
  await writeFile(join(home, 'greet.c'), GREET);
  await writeFile(join(home, 'build.sh'), BUILD);
  await chmod(join(home, 'build.sh'), 0o755);
  await writeFile(join(home, '.bashrc'), `PS1='\\[\\033[1;34m\\]${PROMPT.trim()}\\[\\033[0m\\] '\n`);
  return {
    directory,
    home,
    data: join(directory, 'evidence'),
    remove,
  };
}
