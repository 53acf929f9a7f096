/** What README.md says of the captured remote commands, as data. */

export interface Fact {
  /** Bytes as text, or their number and MD5. */
  stdin?: string | { bytes: number; md5?: string };
  stdout?: string | { bytes: number; md5?: string };
  stderr?: string;
  /** `null`: failed without an exit code; absent: not known any more. */
  exitCode?: number | null;
  sizes?: string[];
}

const UTF8_LINE = 'héllo 🙂\n';

/** By `scenario/connection`. */
export const FACTS: Record<string, Fact> = {
  'exec-argv/conn-01': { stdout: 'out\n', stderr: 'err\n', exitCode: 3 },
  'exec-stdin-script/conn-01': {
    stdin: 'echo from-stdin\nrm -rf /tmp/x\nwhoami\n',
    stdout: 'from-stdin\nroot\n',
    exitCode: 0,
  },
  'exec-stdin-1m/conn-01': {
    stdin: { bytes: 1_000_000, md5: '7707d6ae4e027c70eea2a935c2296f21' },
    stdout: '7707d6ae4e027c70eea2a935c2296f21  -\n',
    exitCode: 0,
  },
  'exec-output-1m/conn-01': {
    stdout: { bytes: 938_895, md5: '7489842b0541ae5fc3687cf5aaa26c66' },
    exitCode: 0,
  },
  'exec-utf8/conn-01': {
    stdout: Buffer.concat([Buffer.from(UTF8_LINE.repeat(3)), Buffer.from([0xff, 0xfe, 0x0a])]).toString(
      'latin1',
    ),
    exitCode: 0,
  },
  'exec-tty/conn-01': { sizes: ['80x24', '120x40'], exitCode: 5 },
  'exec-notfound/conn-01': { stdout: '', exitCode: null },
  'attach-tty/conn-01': { stdin: '\recho attached\r', sizes: ['81x25', '80x24'] },
  'cp-to/conn-01': { stdout: '', exitCode: 1 },
  // a tar archive of one file of 20,000 bytes: a head, 40 blocks of 512 bytes, two empty blocks
  'cp-to/conn-02': { stdin: { bytes: 22_016 }, stdout: '', exitCode: 0 },
};
