/**
 * Opens age files as this program writes them, with what Node has built in: the library takes longer to load than Node to
 * start. One X25519 recipient, one chunk, armored. Anything else, and anything wrong, is left to the library: what is
 * returned here has passed every check that an age program makes.
 */
import { createDecipheriv, createHmac, createPrivateKey, createPublicKey, diffieHellman, timingSafeEqual } from 'node:crypto';
import { identityBytes } from './age-identity.ts';

const BEGIN = '-----BEGIN AGE ENCRYPTED FILE-----\n';
const END = '\n-----END AGE ENCRYPTED FILE-----';
const FULL_LINE = 64;

/** 32 bytes in base64 without padding. */
const WORD = '([A-Za-z0-9+/]{43})';
const HEADER = new RegExp(`^(age-encryption\\.org/v1\\n-> X25519 ${WORD}\\n${WORD}\\n---) ${WORD}\\n`, 'u');
/** Bytes of a header of that form, of a tag, a nonce, and the one chunk at most. */
const HEADER_SIZE = 168;
const TAG = 16;
const NONCE = 16;
const CHUNK = 65_536;

/** A file of that form, taken apart. */
interface PlainFile {
  /** What the MAC is of. */
  readonly header: string;
  /** The sender's public key, and the file key wrapped for us. */
  readonly share: Buffer;
  readonly wrapped: Buffer;
  readonly mac: Buffer;
  readonly nonce: Buffer;
  readonly chunk: Buffer;
}

/** Canonical base64 only: two texts never say the same. */
function decode(text: string, padding = ''): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text + padding ? bytes : undefined;
}

function unarmored(text: string): Buffer | undefined {
  if (!text.startsWith(BEGIN) || !text.endsWith(END)) return undefined;
  const lines = text.slice(BEGIN.length, -END.length).split('\n');
  const last = lines.length - 1;
  const whole = lines.every((line, at) => (at < last ? line.length === FULL_LINE : line.length > 0 && line.length <= FULL_LINE));
  return whole ? decode(lines.join('')) : undefined;
}

function takeApart(text: string): PlainFile | undefined {
  const file = unarmored(text);
  const found = file && HEADER.exec(file.toString('latin1', 0, HEADER_SIZE));
  if (file === undefined || !found) return undefined;
  const [share, wrapped, mac] = found.slice(2).map((word) => decode(word, '='));
  const body = file.subarray(found[0].length);
  const [nonce, chunk] = [body.subarray(0, NONCE), body.subarray(NONCE)];
  if (share === undefined || wrapped === undefined || mac === undefined) return undefined;
  if (chunk.length < TAG || chunk.length > CHUNK + TAG) return undefined;
  return { header: found[1] ?? '', share, wrapped, mac, nonce, chunk };
}

/** HKDF with SHA-256, 32 bytes. */
function derive(secret: Buffer, salt: Buffer, info: string): Buffer {
  const key = createHmac('sha256', salt).update(secret).digest();
  return createHmac('sha256', key).update(`${info}\u0001`).digest();
}

/** ChaCha20-Poly1305. Throws unless the tag is right. */
function unseal(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer {
  const cipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG });
  cipher.setAuthTag(sealed.subarray(-TAG));
  return Buffer.concat([cipher.update(sealed.subarray(0, -TAG)), cipher.final()]);
}

/** The secret shared with the sender, and the public key of ours. Throws for a sender's key that makes it zero. */
function agree(identity: Buffer, share: Buffer): { secret: Buffer; recipient: Buffer } {
  const curve = { kty: 'OKP', crv: 'X25519' };
  // As JWK, which takes half the time of DER. Node works the public key out; what is given for it is not looked at.
  const privateKey = createPrivateKey({ key: { ...curve, d: identity.toString('base64url'), x: '' }, format: 'jwk' });
  const publicKey = createPublicKey({ key: { ...curve, x: share.toString('base64url') }, format: 'jwk' });
  const secret = diffieHellman({ privateKey, publicKey });
  if (timingSafeEqual(secret, Buffer.alloc(secret.length))) throw new Error('a point of low order');
  return { secret, recipient: Buffer.from(privateKey.export({ format: 'jwk' }).x ?? '', 'base64url') };
}

function openWith(identity: Buffer, { header, share, wrapped, mac, nonce, chunk }: PlainFile): string | undefined {
  const { secret, recipient } = agree(identity, share);
  const wrapKey = derive(secret, Buffer.concat([share, recipient]), 'age-encryption.org/v1/X25519');
  const fileKey = unseal(wrapKey, Buffer.alloc(12), wrapped);
  const expected = createHmac('sha256', derive(fileKey, Buffer.alloc(0), 'header')).update(header).digest();
  if (!timingSafeEqual(mac, expected)) return undefined;
  // The first chunk's number is 0, and a 1 says that it is the last as well.
  const chunkNonce = Buffer.alloc(12);
  chunkNonce[11] = 1;
  return new TextDecoder().decode(unseal(derive(fileKey, nonce, 'payload'), chunkNonce, chunk));
}

/**
 * The text in an armored age file, with the first of these identities (`AGE-SECRET-KEY-1…` lines) that opens it. Undefined
 * whenever the file is not of the plain form, none opens it, or it is not whole; then ask the library.
 */
export function openNatively(identities: readonly string[], armored: string): string | undefined {
  const file = takeApart(armored);
  if (file === undefined) return undefined;
  for (const line of identities) {
    try {
      const identity = identityBytes(line);
      const text = identity && openWith(identity, file);
      if (text !== undefined) return text;
    } catch {
      // Another identity's, or not whole; or this Node was built without one of these.
    }
  }
  return undefined;
}
