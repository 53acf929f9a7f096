// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of shell syntax
/**
 * Long lines drawn at random from pieces of shell syntax, and changed a little at a time: for searching what costs most to
 * understand. One seed gives one sequence of shapes.
 */

export interface Shape {
  /** What is repeated up to the full length; `N` becomes another number each time. */
  unit: readonly string[];
  /** What stands before all of it, and what closes it. */
  around: readonly (readonly [open: string, close: string])[];
  /** How often what stands around does. */
  depth: number;
  head: string;
}

/** Numbers from 0 up to `below`. */
export type Dice = (below: number) => number;

/** mulberry32. */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const STATEMENTS = [
  ...['a;', 'a|b;', 'a|sh;', 'a&&b||c;', 'a&', 'aN;', 'cd a;', 'cd ..;', 'x=$x;', 'vN=$vM;', 'f(){ fN;};'],
  ...['fN(){ fM|f;};', 'fN;', 'if a;then b;fi;', 'for i in a b;do c;done;', 'while a;do cd x;done;'],
  ...['case a in b|c) d;; esac;', '[[ a && b ]];', '((x+1));', 'export a=b;', 'local a;', 'set -- $x;'],
  ...['trap "cd x" EXIT;', 'eval "a;b";', 'eval $x;', '. a;', 'alias aN=bM;', 'aN b;', 'unset x;', 'shift;'],
  ...['readonly x=N;', 'PATH=a:$PATH;', 'exec >a;', 'ln -s a bN;', 'cp bN c;', 'chmod +x aN;', './aN;'],
  ...['sh -c "a;b";', "bash -c 'x=1; $x';", 'sudo env nice a;', 'timeout 1 nohup setsid a;', 'xargs rm;'],
  ...['echo a|xargs -I{} sh -c "rm {}";', 'find . -exec a {} \\;;', 'find a -name b -delete;', 'ssh h a b;'],
  ...[
    'kubectl delete pod a;',
    'kubectl exec a -- sh -c "b";',
    'curl http://hN/x|sh;',
    'psql -c "delete from a";',
  ],
  ...['sed -i s/a/b/ cN;', 'awk \'{system("a")}\';', 'python3 -c "import os";', 'git -c a=b x;', 'tar xf a;'],
  ...['cat <<E\na\nE\n', 'sh <<E\na\nE\n', 'cat <<E\n$(a)\nE\n', 'a <<<"$x";', 'tee aN bN;', 'echo a>bN;'],
  ...['echo "rm a" > sN.sh; sh sN.sh;', 'base64 -d<<<YQ==|sh;', "printf '%s' a|sh;", 'make -C a bN;'],
  ...[
    'docker run -v /:/x i sh -c a;',
    'rsync -e "sh -c a" b c;',
    'vim -c "!a";',
    'rm -rf a/*;',
    'rm -rf $x/*;',
  ],
];
const WORDS = [
  ...[
    'a ',
    'aN ',
    '*a ',
    '*aN ',
    '?[a-z]* ',
    '$x ',
    '"$x" ',
    '$vN ',
    '${x:-a} ',
    '${x/a/$y} ',
    '${x@P} ',
    '$(a) ',
  ],
  ...[
    '"$(a)" ',
    '`a` ',
    '$((1+x)) ',
    "$'\\x41' ",
    '{a,b} ',
    '{a,b}{c,d} ',
    '{1..9} ',
    '~/a ',
    '~b ',
    '../ ',
    '/ ',
  ],
  ...[
    '/etc/passwd ',
    'a/b/c/ ',
    '/proc/self/root/a ',
    '-a ',
    '-exec a {} ',
    '-exec a {} \\; ',
    '-c a=b ',
    '-e p ',
    '--a=b ',
  ],
  ...[
    '-- ',
    '>a ',
    '>aN ',
    '2>&1 ',
    '<a ',
    '>$(b) ',
    '<(a) ',
    '>(a) ',
    '<<E ',
    '! ',
    'sudo ',
    'env a=b ',
    'nice ',
    'xargs ',
  ],
  ...[
    'timeout 1 ',
    'sh -c ',
    'eval ',
    'a=b ',
    'a=$(b) ',
    'h:aN ',
    'http://hN/ ',
    'pod/aN ',
    's/a/b/e ',
    '\\\n',
    '"\'" ',
    '!! ',
  ],
];
const AROUND: readonly (readonly [string, string])[] = [
  ...([
    ['$(', ')'],
    ['"$(', ')"'],
    ['`', '`'],
    ['(', ');'],
    ['{ ', ';};'],
    ['if a;then ', 'fi;'],
  ] as const),
  ...([
    ['while a;do ', 'done;'],
    ['for i in $x;do ', 'done;'],
    ['f(){ ', '};'],
    ['case a in b) ', ';; esac;'],
  ] as const),
  ...([
    ['sudo ', ''],
    ['env ', ''],
    ['eval ', ''],
    ['xargs ', ''],
    ['ssh h ', ''],
    ['cat <(', ')'],
    ['a | { ', ';};'],
  ] as const),
  ...([
    ['sh -c "', '"'],
    ["bash -c '", "'"],
    ['echo "', '" | sh'],
    ['sh <<E\n', '\nE\n'],
    ['coproc { ', ';};'],
    ['! ', ''],
  ] as const),
];
const HEADS = [
  ...[
    '',
    '',
    '',
    'rm -rf ',
    'tee ',
    'cp -r ',
    'ssh h ',
    'find . ',
    'xargs ',
    'kubectl delete ',
    'git ',
    'sudo ',
    'curl ',
  ],
  ...[
    'x=$y;',
    'f(){ a;};',
    'cd $x;',
    'set -- a b c;',
    'alias a=b;\n',
    'echo a | ',
    'sed ',
    'tar ',
    'docker run ',
    'chmod 777 ',
  ],
];

const FULL = 64 * 1024;

export function textOf({ unit, around, depth, head }: Shape): string {
  const opens = Array.from({ length: depth }, () => around.map(([open]) => open).join('')).join('');
  const closes = Array.from({ length: depth }, () =>
    around
      .map(([, close]) => close)
      .reverse()
      .join(''),
  ).join('');
  const room = FULL - opens.length - closes.length - head.length;
  const piece = unit.join('');
  const pieces: string[] = [];
  for (let n = 0, length = 0; ; n++) {
    const next = piece.replaceAll('N', String(n)).replaceAll('M', String((n * 7) % 1500));
    length += next.length;
    if (length > room) break;
    pieces.push(next);
  }
  return opens + head + pieces.join('') + closes;
}

const one = <T>(things: readonly T[], roll: Dice): T => things[roll(things.length)]!;

function piece(roll: Dice): string {
  return one(roll(2) === 0 ? STATEMENTS : WORDS, roll);
}

export function drawn(roll: Dice): Shape {
  const unit = Array.from({ length: 1 + roll(4) }, () => piece(roll));
  const nested = roll(3) === 0;
  const around = nested ? Array.from({ length: 1 + roll(2) }, () => one(AROUND, roll)) : [];
  return { unit, around, depth: nested ? one([1, 2, 5, 12, 31, 60], roll) : 0, head: one(HEADS, roll) };
}

/** One step away from it. */
export function changed(shape: Shape, roll: Dice): Shape {
  const { unit } = shape;
  const at = roll(unit.length);
  switch (roll(7)) {
    case 0:
      return { ...shape, unit: unit.with(at, piece(roll)) };
    case 1:
      return { ...shape, unit: unit.toSpliced(at, 0, piece(roll)).slice(0, 8) };
    case 2:
      return unit.length === 1 ? drawn(roll) : { ...shape, unit: unit.toSpliced(at, 1) };
    case 3:
      return { ...shape, head: one(HEADS, roll) };
    case 4:
      return {
        ...shape,
        around: [one(AROUND, roll), ...shape.around].slice(0, 3),
        depth: Math.max(shape.depth, 1),
      };
    case 5:
      return { ...shape, depth: shape.around.length === 0 ? 0 : one([1, 2, 5, 12, 31, 60], roll) };
    default:
      return {
        ...shape,
        unit: [...unit, ...unit].slice(0, 8).map((one, place) => (place === at ? piece(roll) : one)),
      };
  }
}
