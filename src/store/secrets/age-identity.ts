/** The private key in an `AGE-SECRET-KEY-1…` line: bech32, as BIP 173 describes it. */

const PREFIX = 'AGE-SECRET-KEY-';
const LETTERS = 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Letters of the checksum, and of 32 bytes, five bits each. */
const CHECKSUM = 6;
const KEY_LETTERS = 52;

function checksum(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    GENERATOR.forEach((term, bit) => {
      if ((top >>> bit) & 1) sum ^= term;
    });
  }
  return sum;
}

/** What the checksum covers of the prefix: it is of its lower-case letters. */
function prefixValues(): number[] {
  const codes = Array.from(PREFIX.toLowerCase(), (letter) => letter.charCodeAt(0));
  return [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)];
}

/** 32 bytes of 52 letters; undefined if the bits that are left over are not zero. */
function bytesOf(values: readonly number[]): Buffer | undefined {
  const bytes: number[] = [];
  let [bits, room] = [0, 0];
  for (const value of values) {
    bits = ((bits << 5) | value) & 0xfff;
    room += 5;
    if (room < 8) continue;
    room -= 8;
    bytes.push((bits >>> room) & 0xff);
  }
  return (bits & ((1 << room) - 1)) === 0 ? Buffer.from(bytes) : undefined;
}

/** The 32 bytes of an X25519 identity. Undefined for anything that is not exactly one, checksum and all. */
export function identityBytes(line: string): Buffer | undefined {
  const data = line.slice(PREFIX.length + 1);
  if (!line.startsWith(`${PREFIX}1`) || data.length !== KEY_LETTERS + CHECKSUM) return undefined;
  const values = Array.from(data, (letter) => LETTERS.indexOf(letter));
  if (values.includes(-1) || checksum([...prefixValues(), ...values]) !== 1) return undefined;
  return bytesOf(values.slice(0, KEY_LETTERS));
}
