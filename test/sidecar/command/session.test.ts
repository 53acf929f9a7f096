/** What the shell says of itself before a line runs: variables, what children inherit, exported functions. */
import t from 'tap';
import { summarise } from '../../../sidecar/action.ts';
import { analyse, type Context } from '../../../sidecar/command/analyse.ts';
import { context } from './look.ts';

const look = (line: string, told: Partial<Context>) => analyse(line, { ...context, ...told });
const found = (line: string, told: Partial<Context>) =>
  look(line, told).commands.map(({ via, argv }) =>
    [...via, argv.map((word) => word ?? '?').join(' ')].join('>'),
  );

t.test('variables and positional parameters', async (t) => {
  const told = { variables: { x: 'one', 1: 'first', 2: '' }, environment: { E: 'two words' } };
  t.strictSame(found('a $x "$E" $E', told), ['a one two words two words']);
  t.strictSame(found(`a "$1" "$2" "$3" "\${12}"`, told), ['a first  ? ?'], 'the third was not told');
  t.strictSame(found('x=$y; a $x', told), ['', 'a ?']);
  t.strictSame(found('read x; a $x', told), ['read x', 'a ?']);
  t.strictSame(found('a $x', { variables: { x: 'a:b', IFS: ':' } }), ['a ?'], 'other separators');
});

t.test('what a child inherits', async (t) => {
  const told = { variables: { x: 'not' }, environment: { E: 'inherited' } };
  t.strictSame(found(`bash -c 'a $x $E'`, told), ['bash -c a $x $E', 'bash>a ? inherited']);
  t.strictSame(found(`E=other bash -c 'a $E'`, told).at(-1), 'bash>a other');
  t.strictSame(found(`E=other; sh -c 'a $E'`, told).at(-1), 'sh>a other');
  t.strictSame(found(`sudo sh -c 'a $E'`, told).at(-1), 'sudo>sh>a ?', 'sudo cleans the environment');
  t.strictSame(found(`ssh host 'a $E'`, told).at(-1), 'ssh>a ?', 'nothing of here is there');
});

t.test('a PATH that the session came with is put before others without a doubt', async (t) => {
  const told = { environment: { PATH: '/usr/bin:/tmp/tools:node_modules/.bin', HOME: '/home/agent' } };
  const codes = (line: string) => look(line, told).unknown.map(({ code }) => code);
  t.strictSame(codes('export PATH="$HOME/bin:$PATH"'), []);
  t.strictSame(codes('PATH=$PATH:/opt/x/bin'), []);
  t.strictSame(codes('PATH=/tmp/other:$PATH'), ['computed-command']);
  t.strictSame(codes('PATH=.:$PATH; ls'), ['computed-command']);
  t.strictSame(codes('export LD_LIBRARY_PATH=/tmp/tools'), ['computed-command']);
});

t.test('exported functions', async (t) => {
  const functions =
    'f () \n{ \n    rm -rf "$1"\n}\ndeclare -fx f\ng () \n{ \n    f "$@"; g\n}\ndeclare -fx g';
  t.strictSame(found('bash -c "f /a"', { functions }), ['bash -c f /a', 'bash>f /a', 'bash>f>rm -rf /a']);
  t.strictSame(found('bash -c "true; g /a"', { functions }).slice(2), [
    'bash>g /a',
    'bash>g>f ?',
    'bash>g>f>rm -rf ?',
    'bash>g>g',
  ]);
  t.strictSame(found('f /a', { functions }), ['f /a'], 'in the shell itself its hooks judge them');
  t.strictSame(
    found('bash -c "f() { ls; }; f /a"', { functions }).at(-1),
    'bash>f /a',
    'there it is another one',
  );
  t.match(look('bash -c ls', { functions: 'f () { "' }).unknown, [{ code: 'limit' }]);
  t.match(look('bash -c ls', { functions: `f () { ${'a;'.repeat(40_000)} }` }).unknown, [{ code: 'limit' }]);
});

t.test('values that a line does not show are not told on', async (t) => {
  const told = { environment: { TOKEN: 'abcdefgh-ijkl', SHORT: 'abc', HOME: '/home/agent' } };
  const summary = (line: string) => look(line, told).commands.map((one) => summarise(one).argv.join(' '));
  t.strictSame(summary('curl -H "Bearer $TOKEN" $SHORT $HOME/x'), ['curl -H ? abc /home/agent/x']);
  t.strictSame(summary(`sh -c 'a $TOKEN'`), ['sh -c a $TOKEN', 'a ?']);
  t.strictSame(summary('X=$TOKEN; a "--key=$X"'), ['', 'a ?']);
  t.strictSame(
    summary('a abcdefgh-ijkl "$TOKEN"'),
    ['a abcdefgh-ijkl abcdefgh-ijkl'],
    'who typed it has told it',
  );
  t.equal(look('a $TOKEN', told).commands[0]!.argv[1], 'abcdefgh-ijkl', 'it is judged');
  t.strictSame(
    look('$P x', { variables: { P: '/opt/secret-program' } }).commands.map((one) => summarise(one).program),
    ['?'],
  );
});
