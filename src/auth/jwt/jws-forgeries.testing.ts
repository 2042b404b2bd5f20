/**
 * Forged user tokens, made here: every class of invalid signature that Project Wycheproof's JWS vectors have, for the one
 * algorithm that is believed. Never bundled.
 */
import { constants, createHash, createHmac, privateEncrypt, sign, type KeyObject } from 'node:crypto';

export interface Forgery {
  readonly name: string;
  readonly token: string;
}

/** What a token is forged from: a key pair, and a token that is good. */
export interface Victim {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly kid: string;
  /** The claims of a token that would be accepted. */
  readonly claims: object;
  /** A key pair of the attacker's. */
  readonly stranger: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
}

const encode = (value: unknown): string =>
  (Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))).toString('base64url');

const named = (entries: Readonly<Record<string, string>>): Forgery[] =>
  Object.entries(entries).map(([name, token]) => ({ name, token }));

/** A good token in its three parts. */
function partsOf({ kid, claims, privateKey }: Victim): [string, string, string] {
  const [head, body] = [encode({ alg: 'RS256', kid }), encode(claims)];
  return [head, body, encode(sign('sha256', Buffer.from(`${head}.${body}`), privateKey))];
}

export function goodToken(victim: Victim): string {
  return partsOf(victim).join('.');
}

/** Parts changed, missing, empty or too many; other serializations. */
export function structures(victim: Victim): Forgery[] {
  const [head, body, signature] = partsOf(victim);
  const other = encode({ ...victim.claims, sub: 'root' });
  const json = { payload: body, protected: head, signature };
  return named({
    'modified signature': `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
    'modified payload': `${head}.${other}.${signature}`,
    'modified header': `${encode({ kid: victim.kid, alg: 'RS256', x: 1 })}.${body}.${signature}`,
    'missing signature': `${head}.${body}.`,
    'missing signature and separator': `${head}.${body}`,
    'missing payload': `${head}..${signature}`,
    'missing payload and separator': `${head}.${signature}`,
    'missing header': `.${body}.${signature}`,
    'missing header and separator': `${body}.${signature}`,
    'missing header and signature': `.${body}.`,
    'payload alone': body,
    'empty': '',
    'only separators': '..',
    'an extra empty part': `${head}.${body}.${signature}.`,
    'an extra part': `${head}.${body}.${signature}.${signature}`,
    'five parts, as an encrypted token': `${head}.${body}.${signature}.${body}.${signature}`,
    'flattened JSON': JSON.stringify(json),
    'general JSON': JSON.stringify({ payload: body, signatures: [{ protected: head, signature }] }),
    'JSON with commas for separators': `{"a":"${head}","b":"${body}","c":"${signature}"}`,
  });
}

/** More than one text for the same bytes. */
export function encodings(victim: Victim): Forgery[] {
  const parts = partsOf(victim);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const at = (index: number, change: (part: string) => string): string =>
    parts.map((part, one) => (one === index ? change(part) : part)).join('.');
  const inserts = [' ', '    ', '?', '####', '\n', '\t', '\0', '=', '+', '/', '%', 'é', '\u2028'];
  const result: Forgery[] = [];
  for (const index of [0, 1, 2]) {
    for (const mark of inserts) {
      const name = `${JSON.stringify(mark)} in part ${index}`;
      result.push({ name: `${name}, at its start`, token: at(index, (part) => mark + part) });
      result.push({ name: `${name}, inside`, token: at(index, (part) => part.slice(0, 9) + mark + part.slice(9)) });
      result.push({ name: `${name}, at its end`, token: at(index, (part) => part + mark) });
    }
    result.push({ name: `padding in part ${index}`, token: at(index, (part) => `${part}==`) });
    result.push({
      name: `an odd end of part ${index}`,
      token: at(index, (part) => part.padEnd(part.length + ((5 - (part.length % 4)) % 4), 'A')),
    });
  }
  // 256 bytes end in a character of which four bits are not used.
  const last = parts[2].at(-1) ?? '';
  for (const unused of [1, 2, 3]) {
    const twin = alphabet[alphabet.indexOf(last) + unused] ?? '';
    result.push({ name: `unused bits of the signature, ${unused}`, token: at(2, (part) => part.slice(0, -1) + twin) });
  }
  return result;
}

/** Algorithms that are not RS256, `none` in every case, and keys that the token itself brings. */
export function headers(victim: Victim): Forgery[] {
  const { kid, claims, publicKey, stranger } = victim;
  const body = encode(claims);
  const signed = (name: string, head: object, signature: (input: Buffer) => Buffer): Forgery => {
    const input = `${encode(head)}.${body}`;
    return { name, token: `${input}.${encode(signature(Buffer.from(input)))}` };
  };
  const none = ['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [
    { name: `alg ${alg}`, token: `${encode({ alg, kid })}.${body}.` },
    signed(`alg ${alg} with a signature`, { alg, kid }, () => Buffer.from('x')),
    { name: `alg ${alg} without kid`, token: `${encode({ alg })}.${body}.` },
  ]);
  const jwk = publicKey.export({ format: 'jwk' });
  const secrets: Readonly<Record<string, Buffer>> = {
    'the public key as PEM': Buffer.from(publicKey.export({ format: 'pem', type: 'spki' })),
    'the public key as PKCS#1 PEM': Buffer.from(publicKey.export({ format: 'pem', type: 'pkcs1' })),
    'the public key as DER': publicKey.export({ format: 'der', type: 'spki' }),
    'the public key as JWK': Buffer.from(JSON.stringify(jwk)),
    'the modulus': Buffer.from(jwk.n ?? '', 'base64url'),
    'the modulus as text': Buffer.from(jwk.n ?? ''),
    'the kid': Buffer.from(kid),
    'nothing': Buffer.alloc(0),
    'zeros': Buffer.alloc(32),
  };
  const hmac = Object.entries(secrets).flatMap(([name, secret]) =>
    [256, 384, 512].flatMap((bits) => {
      const mac = (input: Buffer): Buffer => createHmac(`sha${bits}`, secret).update(input).digest();
      return [
        signed(`HS${bits} with ${name}`, { alg: `HS${bits}`, kid }, mac),
        signed(`RS256 that is HS${bits} with ${name}`, { alg: 'RS256', kid }, mac),
      ];
    }),
  );
  const own = stranger.publicKey.export({ format: 'jwk' });
  const pem = stranger.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const url = 'https://attacker.example/keys';
  const brought: readonly object[] = [
    { jwk: own },
    { jwk: { ...own, kid } },
    { jku: url },
    { x5u: url },
    { x5c: [pem] },
    { jku: url, jwk: own, x5u: url },
    { kid: '' },
    { kid: '../../keys' },
    { kid: url },
    { kid: `${kid}\0` },
    { kid: `${kid} ` },
    { kid: kid.toUpperCase() },
    { kid: '__proto__' },
    { kid: 'k'.repeat(300) },
    { crit: ['exp'], exp: 1 },
    { crit: [] },
    { b64: false, crit: ['b64'] },
  ];
  const theirs = brought.map((more) =>
    signed(`a key of its own: ${JSON.stringify(more).slice(0, 60)}`, { alg: 'RS256', kid, ...more }, (input) =>
      sign('sha256', input, stranger.privateKey),
    ),
  );
  return [...none, ...hmac, ...theirs];
}

/** The right key with the wrong primitive or hash. */
export function primitives(victim: Victim): Forgery[] {
  const { kid, claims, privateKey } = victim;
  const padding = { PS: constants.RSA_PKCS1_PSS_PADDING, RS: constants.RSA_PKCS1_PADDING };
  const result: Forgery[] = [];
  for (const said of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'rs256', 'RS1', 'ES256', 'EdDSA']) {
    for (const kind of ['RS', 'PS'] as const) {
      for (const hash of ['sha1', 'sha256', 'sha384', 'sha512']) {
        if (said === 'RS256' && kind === 'RS' && hash === 'sha256') continue;
        const input = `${encode({ alg: said, kid })}.${encode(claims)}`;
        const signature = sign(hash, Buffer.from(input), { key: privateKey, padding: padding[kind] });
        result.push({ name: `${said}, made with ${kind} and ${hash}`, token: `${input}.${encode(signature)}` });
      }
    }
  }
  return result;
}

const SIZE = 256;
const OID = Buffer.from('0609608648016503040201', 'hex');
const NULL = Buffer.from('0500', 'hex');

const der = (tag: number, ...content: readonly Buffer[]): Buffer => {
  const all = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag, all.length), all]);
};

/** Ways to write one DER element wrongly (lengths, tags, additions), each as its bytes. */
function misspelt(element: Buffer): Record<string, Buffer> {
  const [tag = 0, length = 0] = element;
  const content = element.subarray(2);
  const with_ = (...bytes: readonly number[]): Buffer => Buffer.concat([Buffer.of(tag, ...bytes), content]);
  const sized = (...parts: readonly Buffer[]): Buffer => der(tag, ...parts);
  return {
    'long form of its length': with_(0x81, length),
    'length with a leading 0': with_(0x82, 0, length),
    'length one more': with_(length + 1),
    'length one less': with_(Math.max(0, length - 1)),
    'length over 32 bits': with_(0x85, 1, 0, 0, 0, length),
    'length over 64 bits': with_(0x89, 1, 0, 0, 0, 0, 0, 0, 0, length),
    'length 2^31 - 1': with_(0x84, 0x7f, 0xff, 0xff, 0xff),
    'length 2^32 - 1': with_(0x84, 0xff, 0xff, 0xff, 0xff),
    'length 2^64 - 1': with_(0x88, 255, 255, 255, 255, 255, 255, 255, 255),
    'indefinite length': Buffer.concat([with_(0x80), Buffer.of(0, 0)]),
    'indefinite length without an end': with_(0x80),
    'its tag alone': Buffer.of(tag),
    'removed': Buffer.alloc(0),
    'no content': Buffer.of(tag, 0),
    'zeros after it': sized(content, Buffer.of(0, 0)),
    'zeros before it': sized(Buffer.of(0, 0), content),
    'unused zeros': Buffer.concat([element, Buffer.of(0, 0)]),
    'a NULL inside': sized(content, NULL),
    'garbage before': sized(Buffer.from('498177', 'hex'), content),
    'garbage after': sized(content, Buffer.from('498177', 'hex')),
    'an undefined tag': sized(content, Buffer.from('aa00bb00cd00', 'hex')),
    'another tag': Buffer.concat([Buffer.of(tag ^ 0x02), element.subarray(1)]),
    'composed': der(tag | 0x20, element),
    'a NULL for it': NULL,
    'truncated': sized(content.subarray(0, -1)),
    'first byte changed': sized(Buffer.of((content[0] ?? 0) ^ 1), content.subarray(1)),
    'last byte changed': sized(content.subarray(0, -1), Buffer.of((content.at(-1) ?? 0) ^ 1)),
    'repeated': Buffer.concat([element, element]),
    'nested': der(0x30, element),
  };
}

/** DigestInfo (RFC 8017 section 9.2) with one element misspelt at a time. */
function digestInfos(hash: Buffer): Record<string, Buffer> {
  const octets = der(0x04, hash);
  const algorithm = der(0x30, OID, NULL);
  const elements: Readonly<Record<string, readonly [Buffer, (changed: Buffer) => Buffer]>> = {
    digestInfo: [der(0x30, algorithm, octets), (changed) => changed],
    algorithm: [algorithm, (changed) => der(0x30, changed, octets)],
    oid: [OID, (changed) => der(0x30, der(0x30, changed, NULL), octets)],
    null: [NULL, (changed) => der(0x30, der(0x30, OID, changed), octets)],
    digest: [octets, (changed) => der(0x30, algorithm, changed)],
  };
  const result: Record<string, Buffer> = { 'the bare digest': hash };
  for (const [name, [element, around]] of Object.entries(elements)) {
    const good = around(element);
    for (const [how, changed] of Object.entries(misspelt(element))) {
      const info = around(changed);
      if (!info.equals(good)) result[`${name}: ${how}`] = info;
    }
  }
  return result;
}

/** The padded block (RFC 8017 section 9.2) of a DigestInfo, 256 bytes. */
function block(info: Buffer, { type = 1, fill = 0xff, separator = 0, length = SIZE - 3 - info.length } = {}): Buffer {
  const head = Buffer.concat([Buffer.of(0, type), Buffer.alloc(Math.max(0, length), fill), Buffer.of(separator), info]);
  return Buffer.concat([head, Buffer.alloc(Math.max(0, SIZE - head.length))]).subarray(0, SIZE);
}

/** PKCS #1 blocks that are wrong by a little, truly signed with the right key. */
export function paddings(victim: Victim): Forgery[] {
  const [head, body] = partsOf(victim);
  const hash = createHash('sha256').update(`${head}.${body}`).digest();
  const good = der(0x30, der(0x30, OID, NULL), der(0x04, hash));
  const blocks: Record<string, Buffer> = {
    ...Object.fromEntries(Object.entries(digestInfos(hash)).map(([name, info]) => [name, block(info)])),
    'block type 0': block(good, { type: 0 }),
    'block type 2': block(good, { type: 2 }),
    'zeros for padding': block(good, { fill: 0 }),
    'other padding': block(good, { fill: 0xfe }),
    'no separator': block(good, { separator: 0xff }),
    'no padding, garbage after': block(good, { length: 0 }),
    '8 bytes of padding, garbage after': block(good, { length: 8 }),
    'a byte of padding less, a byte after': block(good, { length: SIZE - 4 - good.length }),
    'the digest of something else': block(der(0x30, der(0x30, OID, NULL), der(0x04, createHash('sha256').update('x').digest()))),
    'zeros': Buffer.alloc(SIZE),
  };
  return Object.entries(blocks).map(([name, bytes]) => {
    const signature = privateEncrypt({ key: victim.privateKey, padding: constants.RSA_NO_PADDING }, bytes);
    return { name: `padding: ${name}`, token: `${head}.${body}.${encode(signature)}` };
  });
}

/** Signatures as numbers: at the edges, not reduced, of another length. */
export function numbers(victim: Victim): Forgery[] {
  const [head, body, signature] = partsOf(victim);
  const bytes = Buffer.from(signature, 'base64url');
  const modulus = Buffer.from(victim.publicKey.export({ format: 'jwk' }).n ?? '', 'base64url');
  const big = (buffer: Buffer): bigint => BigInt(`0x${buffer.toString('hex')}`);
  const [s, n] = [big(bytes), big(modulus)];
  const raw = (value: bigint): Buffer => {
    const hex = value.toString(16);
    return Buffer.from(hex.padStart(Math.max(SIZE * 2, hex.length + (hex.length % 2)), '0'), 'hex');
  };
  const forms: Readonly<Record<string, Buffer>> = {
    '0': raw(0n),
    '1': raw(1n),
    'n - 1': raw(n - 1n),
    'n': raw(n),
    'n + 1': raw(n + 1n),
    'n - s': raw(n - s),
    's + n, not reduced': raw(s + n),
    's + 2n, not reduced': raw(s + 2n * n),
    'a zero before': Buffer.concat([Buffer.of(0), bytes]),
    'zeros before': Buffer.concat([Buffer.alloc(2), bytes]),
    'zeros after': Buffer.concat([bytes, Buffer.alloc(2)]),
    'a byte less': bytes.subarray(0, -1),
    'the first byte less': bytes.subarray(1),
    'half of it': bytes.subarray(0, SIZE / 2),
    'twice': Buffer.concat([bytes, bytes]),
    'backwards': Buffer.from(bytes.toReversed()),
    'one byte': Buffer.of(1),
  };
  return Object.entries(forms).map(([name, value]) => ({
    name: `signature: ${name}`,
    token: `${head}.${body}.${encode(value)}`,
  }));
}
