import { systemCode } from '../errors.ts';
import { tooLarge } from './request.ts';

/**
 * The text of a body as it came over the wire. Nothing compressed is ever asked for, and some servers send it all the same:
 * gzip, deflate (with its wrapper or without) and br are unpacked, whatever is not what its header says is taken as it is,
 * and so is the good part of one that breaks off. Throws `bad_answer` for one that unpacks to more than `maxBytes`.
 *
 * @param encoding - `Content-Encoding`; several codings in the order in which they were applied
 */
export function decodeBody(body: Buffer, encoding: string | undefined, host: string, maxBytes: number): string {
  const codings = (encoding ?? '').toLowerCase().split(',').reverse();
  const unpacked = codings.reduce((bytes, coding) => unpack(bytes, coding.trim(), host, maxBytes), body);
  return unpacked.toString('utf8');
}

function unpack(body: Buffer, coding: string, host: string, maxBytes: number): Buffer {
  if (body.length === 0 || !/^(x-)?gzip$|^deflate$|^br$/.test(coding)) return body;
  const zlib = process.getBuiltinModule('node:zlib');
  const { Z_SYNC_FLUSH: finishFlush, BROTLI_OPERATION_FLUSH } = zlib.constants;
  const ways = {
    gzip: () => zlib.gunzipSync(body, { maxOutputLength: maxBytes, finishFlush }),
    deflate: () => zlib.inflateSync(body, { maxOutputLength: maxBytes, finishFlush }),
    raw: () => zlib.inflateRawSync(body, { maxOutputLength: maxBytes, finishFlush }),
    br: () => zlib.brotliDecompressSync(body, { maxOutputLength: maxBytes, finishFlush: BROTLI_OPERATION_FLUSH }),
  };
  const tried = coding === 'br' ? [ways.br] : coding === 'deflate' ? [ways.deflate, ways.raw] : [ways.gzip];
  for (const way of tried) {
    try {
      return way();
    } catch (error) {
      if (systemCode(error) === 'ERR_BUFFER_TOO_LARGE') {
        throw tooLarge(host, maxBytes, error);
      }
    }
  }
  return body;
}
