/** The guarded shell is still the user's own: start-up files, prompts, history, aliases, completion, many things at once. */
import t from 'tap';
import type { Journal } from '../../../recorder/log/ports.ts';
import { needs } from '../../tool.ts';
import { type GuardedOptions, guarded, PROMPT } from './guarded.ts';
import { bodies, decisions } from './recorded.ts';

t.setTimeout(600_000);

const shell = (name: string, login = false): Pick<GuardedOptions, 'request'> => ({
  request: { kind: 'shell', shell: name, login },
});
const say = (name: string) => `SEEN="$SEEN ${name}"\n`;
const PROMPTS = {
  bash: "PS1='[$?]$ '\n",
  zsh: "PROMPT='[%?]%% '\nunsetopt prompt_sp prompt_cr\nunset zle_bracketed_paste\n",
};

t.test('bash reads what it would have read', async (t) => {
  const files = {
    '.bashrc': say('bashrc') + PROMPTS.bash,
    '.bash_profile': `${say('profile')}. ~/.bashrc\n`,
    '.profile': say('wrong'),
    '.bash_logout': 'echo logged out\n',
  };
  const plain = await guarded(t, { ...shell('bash'), files });
  await plain.typist.sees(PROMPT);
  t.match((await plain.typist.line('echo "<$SEEN>"')).shown, /\n< bashrc>\r\n/);
  const login = await guarded(t, { ...shell('bash', true), files });
  await login.typist.sees(PROMPT);
  t.match((await login.typist.line('echo "<$SEEN>"')).shown, /\n< profile bashrc>\r\n/);
  login.typist.type('exit\r');
  await login.ended;
  t.match(login.typist.shown, /logged out/);
});

t.test('zsh reads what it would have read, in its order, with its own ZDOTDIR', async (t) => {
  if (!needs(t, 'zsh')) return;
  const files = {
    '.zshenv': `${say('env')}`,
    '.zprofile': say('profile'),
    '.zshrc': `${say('rc')}typeset local_looking=global\n${PROMPTS.zsh}`,
    '.zlogin': say('login'),
  };
  const plain = await guarded(t, { ...shell('zsh'), files });
  await plain.typist.sees(PROMPT);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell expands it.
  const report = 'echo "<$SEEN|$local_looking|${ZDOTDIR-unset}>"';
  t.match((await plain.typist.line(report)).shown, /\n< env rc\|global\|unset>\r\n/);
  t.match((await plain.typist.line('refused')).shown, /refused by/);
  const login = await guarded(t, { ...shell('zsh', true), files });
  await login.typist.sees(PROMPT);
  t.match((await login.typist.line(report)).shown, /\n< env profile rc login\|global\|unset>\r\n/);
  t.match((await login.typist.line('refused')).shown, /refused by/);
});

t.test("zsh: a ZDOTDIR of the user's, set outside or in .zshenv, and no further files", async (t) => {
  if (!needs(t, 'zsh')) return;
  const dots = 'SEEN=dots; PROMPT="[%?]%% "; unset zle_bracketed_paste; unsetopt prompt_sp prompt_cr';
  const files = {
    '.zshenv': `mkdir -p ~/dots\necho '${dots}' > ~/dots/.zshrc\nZDOTDIR=~/dots\n`,
  };
  const moved = await guarded(t, { ...shell('zsh'), files });
  await moved.typist.sees(/\[0\]% /);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell expands it.
  t.match((await moved.typist.line('echo "<$SEEN|${ZDOTDIR:t}>"')).shown, /\n<dots\|dots>\r\n/);
  const none = await guarded(t, { ...shell('zsh'), files: { '.zshenv': `${PROMPTS.zsh}setopt no_rcs\n` } });
  await none.typist.sees(/\[0\]% /);
  none.typist.type('refused\r');
  t.match(await none.typist.sees(/refused by/), /refused/);
});

t.test('bash: judged after history and aliases', async (t) => {
  const guardedShell = await guarded(t, shell('bash'));
  const { typist } = guardedShell;
  await typist.sees(PROMPT);
  await typist.line("alias say='echo said'");
  t.match((await typist.line('say it')).shown, /\nsaid it\r\n/);
  t.match((await typist.line('!! again')).shown, /\nsaid it again\r\n/);
  await typist.line('echo "two\r\u0016\tlines"');
  const lines = (await decisions(guardedShell)).map(([line]) => line);
  t.same(lines.slice(0, 3), ["alias say='echo said'", 'echo said it', 'echo said it again']);
});

t.test('bash: a text with newlines and odd bytes is judged as it is', async (t) => {
  const guardedShell = await guarded(t, shell('bash'));
  const { typist } = guardedShell;
  await typist.sees(PROMPT);
  typist.type("echo 'a\r");
  await typist.sees(/> $/);
  await typist.line("b' $'\\x1c0' \u00e9");
  t.same(await decisions(guardedShell), [["echo 'a\nb' '\x1c0' \u00e9", true]]);
});

t.test('a prompt does not flood the log, and cannot bring a loop about', async (t) => {
  const files = {
    '.bashrc': `${PROMPTS.bash}PROMPT_COMMAND='true p1; true p2; refused prompt; for i in 1 2; do true p3; done'\n`,
    '.zshrc': `${PROMPTS.zsh}precmd() { true p1; true p2; refused prompt }\n`,
  };
  for (const name of ['bash', 'zsh']) {
    if (!needs(t, name)) return;
    const guardedShell = await guarded(t, { ...shell(name), files });
    const { typist } = guardedShell;
    await typist.sees(PROMPT);
    for (let i = 0; i < 5; i++) await typist.line('true typed');
    const lines = (await decisions(guardedShell)).map(([line]) => line);
    const count = (text: string) => lines.filter((line) => line === text).length;
    t.equal(count('true typed'), 5, `${name}: what is typed, each time`);
    t.equal(count('true p1'), 1, `${name}: what the prompt runs, once`);
    t.equal(count('refused prompt'), 1);
    t.equal(typist.shown.match(/refused by/g)?.length, 1, `${name}: said once`);
    t.notMatch(typist.shown, /not found/, `${name}: and never run`);
  }
});

t.test('bash: what a completion runs is judged', async (t) => {
  const files = {
    '.bashrc': `${PROMPTS.bash}_c() { refused completing; COMPREPLY=(completed); }\ncomplete -F _c thing\n`,
  };
  const guardedShell = await guarded(t, { ...shell('bash'), files });
  const { typist } = guardedShell;
  await typist.sees(PROMPT);
  typist.type('echo; thing \t');
  await typist.sees(/completed/);
  typist.type('\u0015');
  await typist.line('');
  t.same(
    (await decisions(guardedShell)).find(([line]) => line === 'refused completing'),
    ['refused completing', false],
  );
});

for (const name of ['bash', 'zsh']) {
  t.test(`${name}: forty subshells at once do not mix their answers`, async (t) => {
    if (!needs(t, name)) return;
    const guardedShell = await guarded(t, shell(name));
    const { typist } = guardedShell;
    await typist.sees(PROMPT);
    const half = (i: number) => (i % 2 === 0 ? `eval "echo fine${i}"` : `eval "refused ${i}; echo BAD"`);
    const line = `set +m; ${Array.from({ length: 40 }, (_, i) => `(${half(i)}) &`).join(' ')} wait; sleep 0.2`;
    typist.type(`{ ${line}; } > out 2>&1\r`);
    await typist.sees(PROMPT);
    const decided = await bodies(guardedShell, 'command.decided');
    t.notMatch(typist.shown, /\nBAD/);
    t.ok(decided.filter(({ line }) => /^echo fine/.test(line)).every(({ allowed }) => allowed));
    t.ok(decided.filter(({ line }) => /^refused/.test(line)).every(({ allowed }) => !allowed));
    t.match(
      (await typist.line('cat out | tr "\\n" " "; echo')).shown.replace(/^[^\n]*\n/, ''),
      /^(?!.*BAD)/s,
    );
  });
}

for (const name of ['bash', 'zsh']) {
  t.test(`${name}: no descriptor of ours and no secret reaches the shell and what it runs`, async (t) => {
    if (!needs(t, name)) return;
    const { typist } = await guarded(t, shell(name));
    await typist.sees(PROMPT);
    t.match(
      (await typist.line('ls -l /proc/self/fd /proc/$$/fd | grep -cE "socket|evidence"')).shown,
      /\n0\r\n/,
    );
    t.match((await typist.line('env | grep -c __chaperone')).shown, /\n0\r\n/);
    t.match((await typist.line('(ls -l /proc/self/fd | grep -cE "socket|evidence") | cat')).shown, /\n0\r\n/);
  });

  t.test(`${name}: a Ctrl-C while the answer is awaited gives the line up`, async (t) => {
    if (!needs(t, name)) return;
    const journal = (journal: Journal): Journal => ({
      append: async (session, drafts) => {
        await journal.append(session, drafts);
        const slow = drafts.some(({ body }) => body.type === 'command.decided' && body.line.includes('slow'));
        if (slow) await new Promise((resolve) => setTimeout(resolve, 700));
      },
    });
    const { typist } = await guarded(t, { ...shell(name), journal });
    await typist.sees(PROMPT);
    for (let i = 0; i < 2; i++) {
      typist.type('echo slow; echo BA"D"\r');
      await new Promise((resolve) => setTimeout(resolve, 250));
      typist.type('\x03');
      t.notMatch(await typist.sees(PROMPT), /BAD/);
      t.match((await typist.line('echo fi"n"e; echo err >&2')).shown, /\nfine\r\nerr\r\n/);
    }
    t.match((await typist.line('ls -l /proc/$$/fd | grep -c socket')).shown, /\n0\r\n/);
  });
}

t.test("set -x shows the user's commands, not ours", async (t) => {
  for (const name of ['bash', 'zsh']) {
    if (!needs(t, name)) return;
    const { typist } = await guarded(t, shell(name));
    await typist.sees(PROMPT);
    await typist.line('set -x');
    const { shown } = await typist.line('echo traced');
    t.match(shown, /echo traced\r\n/);
    t.notMatch(shown, /builtin|ask|printf/, name);
  }
});
