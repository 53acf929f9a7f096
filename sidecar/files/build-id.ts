/**
 * The build ID of an ELF file: the same in every copy of it, also in one that was stripped or has something behind its end. Pure.
 *
 *     ELF header ── e_phoff ──▶ program headers ── PT_NOTE ──▶ note: namesz descsz type name desc
 *                                                                    4      20     3    GNU\0 ID
 *
 * https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html#note_section
 */
const PT_NOTE = 4;
const NT_GNU_BUILD_ID = 3;
const MAX_HEADERS = 64;

/** @param head the first bytes of a file. @returns hex; null where there is none in them */
export function buildIdOf(head: Buffer): string | null {
  if (!isElf(head) || head.length < 64 || head[5] !== 1) return null;
  const wide = head[4] === 2;
  const table = wide ? Number(head.readBigUInt64LE(0x20)) : head.readUInt32LE(0x1c);
  const size = head.readUInt16LE(wide ? 0x36 : 0x2a);
  const count = Math.min(head.readUInt16LE(wide ? 0x38 : 0x2c), MAX_HEADERS);
  for (let place = 0; place < count; place++) {
    const at = table + place * size;
    if (at + (wide ? 56 : 32) > head.length) return null;
    if (head.readUInt32LE(at) !== PT_NOTE) continue;
    const offset = wide ? Number(head.readBigUInt64LE(at + 8)) : head.readUInt32LE(at + 4);
    const length = wide ? Number(head.readBigUInt64LE(at + 32)) : head.readUInt32LE(at + 16);
    const id = idIn(head.subarray(offset, offset + length));
    if (id !== null) return id;
  }
  return null;
}

export function isElf(head: Buffer): boolean {
  return head.length >= 4 && head.readUInt32BE(0) === 0x7f454c46;
}

function idIn(notes: Buffer): string | null {
  for (let at = 0; at + 12 <= notes.length; ) {
    const [names, length, type] = [0, 4, 8].map((field) => notes.readUInt32LE(at + field)) as [
      number,
      number,
      number,
    ];
    const name = at + 12;
    const text = name + padded(names);
    if (text + length > notes.length) return null;
    if (type === NT_GNU_BUILD_ID && length >= 8 && notes.toString('latin1', name, name + names) === 'GNU\0')
      return notes.toString('hex', text, text + length);
    at = text + padded(length);
  }
  return null;
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}
