/** Device logins that wait for a person. */
import { randomBytes, randomInt } from 'node:crypto';

export type PendingStatus = 'pending' | 'approved' | 'denied' | 'expired' | 'used';

export interface PendingLogin {
  readonly deviceCode: string;
  readonly userCode: string;
  status: PendingStatus;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Polls still to be answered with `slow_down`. */
  slowDowns: number;
}

const CONSONANTS = 'BCDFGHJKLMNPQRSTVWXZ';

export class PendingLogins {
  readonly #byDevice = new Map<string, PendingLogin>();
  readonly #byUser = new Map<string, PendingLogin>();

  /** @param lifetime seconds */
  create(lifetime: number): PendingLogin {
    const deviceCode = randomBytes(24).toString('base64url');
    const userCode = randomUserCode();
    const expiresAt = Date.now() + lifetime * 1000;
    const login: PendingLogin = { deviceCode, userCode, status: 'pending', expiresAt, slowDowns: 0 };
    this.#byDevice.set(deviceCode, login);
    this.#byUser.set(userCode, login);
    return login;
  }

  byDevice(code: string): PendingLogin | undefined {
    return current(this.#byDevice.get(code));
  }

  /** Found however the person types it: case and dashes do not matter. */
  byUser(code: string): PendingLogin | undefined {
    const letters = code.toUpperCase().replace(/[^A-Z]/g, '');
    return current(this.#byUser.get(`${letters.slice(0, 4)}-${letters.slice(4)}`));
  }

  /** The user codes nobody has decided on yet, oldest first. */
  waiting(): readonly string[] {
    return [...this.#byUser.values()].filter((login) => current(login)?.status === 'pending').map((login) => login.userCode);
  }
}

function current(login: PendingLogin | undefined): PendingLogin | undefined {
  if (login !== undefined && login.status !== 'used' && Date.now() >= login.expiresAt) login.status = 'expired';
  return login;
}

function randomUserCode(): string {
  const letters = Array.from({ length: 8 }, () => CONSONANTS[randomInt(CONSONANTS.length)] ?? 'B').join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}
