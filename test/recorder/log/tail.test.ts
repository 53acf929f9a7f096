/** What a session's entry in the list looks like: the shape of former versions, and nothing that is neither. */
import t from 'tap';
import { decodeTail, encodeTail } from '../../../recorder/log/tail.ts';

const LIVE = '[3,5,1,2,9,2,1,0,0,5,3]';
const shapes: [text: string, says: object][] = [
  [LIVE, { events: 3, first: 5, run: { seq: 0, index: 5, count: 3 }, commands: 2, refused: 1, requests: 0 }],
  ['[3,5,1,2,9,2,1,0,0,5,3,4]', { requests: 4 }],
  ['[3,5,1,2,9,2,1,0,0,5,3,127,"gone"]', { ended: { status: 127, error: 'gone' }, requests: 0 }],
  ['[3,5,1,2,9,2,1,0,0,5,3,0,null,6]', { ended: { status: 0 }, requests: 6 }],
];

t.test('with and without an end, with and without requests', async (t) => {
  for (const [text, says] of shapes) {
    const tail = decodeTail(Buffer.from(text));
    t.match(tail, says, text);
    t.equal(encodeTail(tail).toString(), text, 'one way to write it');
  }
  t.notOk('ended' in decodeTail(Buffer.from(LIVE)));
});

t.test('anything else is damaged', async (t) => {
  const wrong = [
    '',
    '{}',
    '[]',
    '[3,5,1,2,9,2,1,0,0,5]',
    '[3,5,1,2,9,2,1,0,0,5,-3]',
    '[3,5,1,2,9,2,1,0,0,5,"3"]',
    '[3,5,1,2,9,2,1,0,0,5,3,-1]',
    '[3,5,1,2,9,2,1,0,0,5,3,0,7]',
    '[3,5,1,2,9,2,1,0,0,5,3,null,null]',
    '[3,5,1,2,9,2,1,0,0,5,3,0,null,6,6]',
  ];
  for (const text of wrong) t.throws(() => decodeTail(Buffer.from(text)), { code: 'STORE_CORRUPT' }, text);
});
