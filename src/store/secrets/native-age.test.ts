import { execFileSync, spawnSync } from 'node:child_process';
import {
  createCipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import { Encrypter, armor } from 'age-encryption';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../secret.ts';
import { identityBytes } from './age-identity.ts';
import { sealTo } from './age.ts';
import { decrypt, generateIdentity, recipientOf } from './identity.ts';
import { openNatively } from './native-age.ts';

const hasAge = spawnSync('age', ['--version']).status === 0;

let line: string;
let recipient: string;
beforeAll(async () => {
  const identity = await generateIdentity();
  line = identity.reveal();
  recipient = await recipientOf(identity);
});

async function sealed(text: string): Promise<string> {
  return sealTo(new Secret(line), text);
}

/** What the library makes of it; undefined if it refuses. */
async function byLibrary(armored: string, key = line): Promise<string | undefined> {
  try {
    return await decrypt([new Secret(key)], armor.decode(armored), 'It');
  } catch {
    return undefined;
  }
}

const rearmored = (file: Uint8Array): string => armor.encode(file).trimEnd();
const hkdf = (key: Uint8Array, salt: Uint8Array, info: string): Buffer => Buffer.from(hkdfSync('sha256', key, salt, info, 32));

function seal(key: Uint8Array, nonce: Uint8Array, text: Uint8Array): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

interface Crafted {
  readonly secret?: Buffer;
  readonly share?: Buffer;
  readonly fileKey?: Buffer;
  readonly nonces?: readonly string[];
  readonly text?: string;
  /** Changes the MAC's letters. */
  readonly mac?: (letters: string) => string;
  readonly version?: string;
  readonly stanza?: (share: string, wrapped: string) => string;
}

const word = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '');

/** The same bytes in other letters: the last one's spare bits are set. */
function loose(letters: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return letters.slice(0, -1) + (alphabet[alphabet.indexOf(letters.slice(-1)) + 1] ?? '');
}

/** An age file to our recipient, valid unless something is said otherwise: the MAC is right in any case. */
function craft(crafted: Crafted = {}): string {
  const { fileKey = randomBytes(16), nonces = ['000000000000000000000001'], version = 'v1', text = 'token' } = crafted;
  const identity = identityBytes(line) ?? Buffer.alloc(0);
  const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), identity]);
  const ours = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  const ephemeral = generateKeyPairSync('x25519');
  const share = crafted.share ?? ephemeral.publicKey.export({ format: 'der', type: 'spki' }).subarray(12);
  const secret = crafted.secret ?? diffieHellman({ privateKey: ephemeral.privateKey, publicKey: ours });
  const raw = ours.export({ format: 'der', type: 'spki' }).subarray(12);
  const wrapKey = hkdf(secret, Buffer.concat([share, raw]), 'age-encryption.org/v1/X25519');
  const wrapped = word(seal(wrapKey, Buffer.alloc(12), fileKey));
  const stanza = crafted.stanza?.(word(share), wrapped) ?? `-> X25519 ${word(share)}\n${wrapped}\n`;
  const header = `age-encryption.org/${version}\n${stanza}---`;
  const mac = createHmac('sha256', hkdf(fileKey, Buffer.alloc(0), 'header')).update(header).digest();
  const nonce = randomBytes(16);
  const payloadKey = hkdf(fileKey, nonce, 'payload');
  const chunks = nonces.map((one) => seal(payloadKey, Buffer.from(one, 'hex'), Buffer.from(text)));
  return rearmored(Buffer.concat([Buffer.from(`${header} ${crafted.mac?.(word(mac)) ?? word(mac)}\n`), nonce, ...chunks]));
}

describe('what is sealed', () => {
  test('is opened, whatever it says', async () => {
    const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.json());
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const file = await sealed(text);
        const opened = openNatively([line], file);
        expect(opened).toBe(await byLibrary(file));
        if (!text.startsWith('\ufeff')) expect(opened).toBe(Buffer.from(text).toString());
      }),
      { numRuns: 150 },
    );
  });

  test.each([0, 1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 65_535, 65_536])('is opened with %i bytes', async (size) => {
    expect(openNatively([line], await sealed('x'.repeat(size)))).toBe('x'.repeat(size));
  });

  test('in more than one chunk is left to the library', async () => {
    const file = await sealed('x'.repeat(65_537));
    expect([openNatively([line], file), (await byLibrary(file))?.length]).toEqual([undefined, 65_537]);
  });

  test('bytes that are no text are read as the library reads them', async () => {
    for (const bytes of [[0xff, 0x61], [0xef, 0xbb, 0xbf, 0x61], [0xe2, 0x82], [0xed, 0xa0, 0x80]]) {
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      const file = rearmored(await encrypter.encrypt(Uint8Array.from(bytes)));
      expect(openNatively([line], file)).toBe(await byLibrary(file));
    }
  });

  test.runIf(hasAge)('by the age program is opened, and left to the library where it is not of our form', async () => {
    const encrypt = (...args: string[]): string =>
      execFileSync('age', ['-a', '--encrypt', ...args], { input: 'four', encoding: 'utf8' });
    const one = encrypt('-r', recipient);
    expect([openNatively([line], one), openNatively([line], one.trimEnd())]).toEqual([undefined, 'four']);
    const two = encrypt('-r', recipient, '-r', await recipientOf(await generateIdentity())).trimEnd();
    expect([openNatively([line], two), await byLibrary(two)]).toEqual([undefined, 'four']);
  });
});

describe('what was changed', () => {
  test('is refused, whichever byte it is and however it was changed', async () => {
    const file = armor.decode(await sealed('a token'));
    for (let at = 0; at < file.length; at++) {
      const changed = Uint8Array.from(file);
      changed[at] = (changed[at] ?? 0) ^ (1 << at % 8);
      expect([at, openNatively([line], rearmored(changed)), await byLibrary(rearmored(changed))]).toEqual([at, undefined, undefined]);
    }
  });

  test('is refused, wherever it was cut off or added to', async () => {
    const file = armor.decode(await sealed('a token'));
    for (let size = 0; size < file.length; size++) expect(openNatively([line], rearmored(file.subarray(0, size)))).toBe(undefined);
    for (let more = 1; more < 40; more++) {
      expect(openNatively([line], rearmored(Buffer.concat([file, Buffer.alloc(more)])))).toBe(undefined);
    }
  });

  test('in a letter of its armor is refused, or the library reads the same', async () => {
    const text = await sealed('a token');
    const odd = Array.from('AZaz09+/=- \n\r\t-_.\u00e9');
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice(0, at) + (odd[at % odd.length] ?? '') + text.slice(at + 1);
      const opened = openNatively([line], changed);
      if (opened !== undefined) expect([changed, opened]).toEqual([text, 'a token']);
    }
    const spare = await sealed('a token!');
    expect(armor.decode(spare).length % 3).toBe(1);
    const looser = spare.replace(/.==\n/u, (end) => `${loose(end.charAt(0))}==\n`);
    expect([openNatively([line], spare), openNatively([line], looser)]).toEqual(['a token!', undefined]);
    for (const form of [`${text}\n`, ` ${text}`, text.replaceAll('\n', '\r\n'), text.replace('\n', '\n\n')]) {
      expect(openNatively([line], form)).toBe(undefined);
    }
  });
});

describe('files that nobody of good will writes', () => {
  test('the crafted file is a good one', async () => {
    const file = craft();
    expect([openNatively([line], file), await byLibrary(file)]).toEqual(['token', 'token']);
  });

  // The points of RFC 7748's curve whose product with any key is zero, in the forms that a decoder takes for them.
  const lowOrder = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ];
  test.each(lowOrder)('a sender of low order: %s', async (point) => {
    const file = craft({ share: Buffer.from(point, 'hex'), secret: Buffer.alloc(32) });
    expect([openNatively([line], file), await byLibrary(file)]).toEqual([undefined, undefined]);
  });

  test.each([
    ['a chunk that does not say it is the last', { nonces: ['000000000000000000000000'] }],
    ['a chunk that says it is the second', { nonces: ['000000000000000000000101'] }],
    ['another chunk after the last', { nonces: ['000000000000000000000001', '000000000000000000000101'] }],
    ['no chunk', { nonces: [] }],
    ['a file key of another length', { fileKey: randomBytes(15) }],
    ['another version', { version: 'v2' }],
    ['a stanza with one more argument', { stanza: (share: string, body: string) => `-> X25519 ${share} x\n${body}\n` }],
    ['a stanza of another kind', { stanza: (share: string, body: string) => `-> X25518 ${share}\n${body}\n` }],
    ['a body that goes on', { stanza: (share: string, body: string) => `-> X25519 ${share}\n${body}\nAAAA\n` }],
    ['spare bits in the sender\'s key', { stanza: (share: string, body: string) => `-> X25519 ${loose(share)}\n${body}\n` }],
    ['spare bits in the wrapped key', { stanza: (share: string, body: string) => `-> X25519 ${share}\n${loose(body)}\n` }],
    ['spare bits in the MAC', { mac: loose }],
    ['one chunk that is too long', { text: 'x'.repeat(65_537) }],
    ['padding in the header', { stanza: (share: string, body: string) => `-> X25519 ${share}=\n${body}\n` }],
  ] satisfies [string, Crafted][])('%s', async (_name, crafted) => {
    const file = craft(crafted);
    expect([openNatively([line], file), await byLibrary(file)]).toEqual([undefined, undefined]);
  });

  test('two recipients, or one of a kind that is not known, are left to the library', async () => {
    const more = craft({ stanza: (share, body) => `-> other x\nAAAA\n-> X25519 ${share}\n${body}\n` });
    expect([openNatively([line], more), await byLibrary(more)]).toEqual([undefined, 'token']);
  });
});

describe('identities', () => {
  test('the first that opens it is used', async () => {
    const other = (await generateIdentity()).reveal();
    const file = await sealed('x');
    expect(openNatively([other, line], file)).toBe('x');
    expect([openNatively([other], file), openNatively([], file)]).toEqual([undefined, undefined]);
  });

  test('are read as the library reads them, and none with a wrong letter', async () => {
    const file = await sealed('x');
    for (let at = 0; at < line.length; at++) {
      const changed = line.slice(0, at) + (line[at] === 'Q' ? 'P' : 'Q') + line.slice(at + 1);
      expect([at, identityBytes(changed)]).toEqual([at, undefined]);
    }
    for (const wrong of [line.toLowerCase(), `${line} `, line.slice(0, -1), `${line}Q`, '', 'AGE-SECRET-KEY-1']) {
      expect([identityBytes(wrong), openNatively([wrong], file)]).toEqual([undefined, undefined]);
    }
    for (let made = 0; made < 30; made++) {
      const identity = await generateIdentity();
      expect(identityBytes(identity.reveal())?.length).toBe(32);
      expect(openNatively([identity.reveal()], await sealTo(identity, 'y'))).toBe('y');
    }
  });
});
