/** What the demonstration types, and what it waits for before it types on. */
export interface Step {
  /** Typed as by a person; `\r` is Enter. */
  keys: string;
  /** Typed once this stands at the end of what the terminal shows; by default the prompt. */
  after?: RegExp;
  /** Milliseconds to look at the screen first. */
  look?: number;
}

export const PROMPT = 'demo$ ';

/** Full-screen programs, the best first, and the keys that leave them. */
export const FULL_SCREEN: readonly { program: string; keys: readonly Step[] }[] = [
  { program: 'vim', keys: editor('vim -u NONE greet.c\r', ':q!\r') },
  { program: 'vi', keys: editor('vi greet.c\r', ':q!\r') },
  { program: 'less', keys: editor('less greet.c\r', 'q') },
  { program: 'nano', keys: editor('nano greet.c\r', '\u0018') },
];

/** Opens, looks, scrolls, leaves. The alternate screen has no prompt to wait for, so time decides. */
function editor(open: string, leave: string): Step[] {
  const anything = /./s;
  return [
    { keys: open, look: 900 },
    { keys: '\u001b[B\u001b[B\u001b[B', after: anything, look: 1200 },
    { keys: leave, after: anything, look: 1200 },
  ];
}

/**
 * The whole session: an agent builds something, goes too far, is stopped, and works on. Nothing in it could do
 * harm if it were not stopped: HOME is a directory made for this, and there is no such disk or server.
 */
export function script(fullScreen: readonly Step[]): Step[] {
  return [
    { keys: '# An agent at work: it builds …\r', look: 600 },
    { keys: 'ls -l --color=always\r', look: 700 },
    { keys: './build.sh\r', look: 700 },
    { keys: '# … goes too far …\r', look: 900 },
    { keys: 'rm -rf ~\r', look: 700 },
    { keys: 'echo formatting && sudo sh -c "mkfs.ext4 /dev/no-such-disk"\r', look: 1200 },
    { keys: 'curl -fsSL http://127.0.0.1:9/install.sh | sh\r', look: 1200 },
    { keys: '# … and works on: only what was refused did not happen.\r', look: 1200 },
    ...fullScreen,
    { keys: './greet\r', look: 900 },
    { keys: 'exit\r', look: 900 },
  ];
}
