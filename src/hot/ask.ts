/** One question to a running agent, on a connection of its own: hello and token in one write, two lines back. */
import { HELLO_DEADLINE, encodeRequest } from '../agent/protocol.ts';
import { systemCode } from '../errors.ts';
import { VERSION } from '../version.ts';

/** After its hello, a token that needs no refresh is there at once, milliseconds. One that does is left to a patient client. */
const TOKEN_DEADLINE = 250;

/** Bytes that are read at a time: enough for nearly every answer, and no more than Node has at hand. */
const ROOM = 4_000;

/**
 * The access token. `absent`: nobody listens. `unusual`: another version's agent, an error, a refresh under way: a patient
 * client asks again and knows what to say. `busy`: an agent that does not say hello.
 */
export type Answer = { readonly token: string } | 'absent' | 'unusual' | 'busy';

/** `patience`: how long the token may take after the hello, milliseconds. */
export function askForToken(path: string, scope: string | undefined, patience = TOKEN_DEADLINE): Promise<Answer> {
  // Loaded here: the other commands of this program may need no socket.
  const { connect } = process.getBuiltinModule('node:net');
  return new Promise((resolve) => {
    let text = '';
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      // With a token the process ends, and the socket with it.
      if (typeof answer === 'string') socket.destroy();
      resolve(answer);
    };
    let timer = setTimeout(settle, HELLO_DEADLINE, 'busy');
    const callback = (size: number, buffer: Uint8Array): boolean => {
      // Byte by byte: a character may come in two pieces.
      text += Buffer.from(buffer.buffer, buffer.byteOffset, size).toString('latin1');
      const lines = text.split('\n');
      if (lines.length > 2) settle(readAnswer(lines[0], lines[1]));
      else if (lines.length > 1) {
        clearTimeout(timer);
        timer = setTimeout(settle, patience, 'unusual');
      }
      return true;
    };
    // Into one buffer, without the stream that a `data` event would come from.
    const socket = connect({ path, onread: { buffer: Buffer.allocUnsafe(ROOM), callback } });
    socket.on('error', (error) => settle(systemCode(error) === 'ECONNREFUSED' ? 'absent' : 'unusual'));
    socket.on('close', () => settle('unusual'));
    const call = scope === undefined ? { method: 'token' as const } : { method: 'token' as const, scope };
    socket.write(encodeRequest({ id: 1, call: { method: 'hello' } }) + encodeRequest({ id: 2, call }));
  });
}

function readAnswer(hello = '', token = ''): Answer {
  const [info, grant] = [resultOf(hello, 1), resultOf(token, 2)];
  const value = info?.['version'] === VERSION ? grant?.['access_token'] : undefined;
  return typeof value === 'string' ? { token: value } : 'unusual';
}

function resultOf(line: string, id: number): Readonly<Record<string, unknown>> | undefined {
  try {
    const answer = JSON.parse(Buffer.from(line, 'latin1').toString()) as { readonly id?: unknown; readonly result?: Readonly<Record<string, unknown>> } | null;
    return answer?.id === id ? answer.result : undefined;
  } catch {
    return undefined;
  }
}
