/** Logs in as a person does: reads the code off the terminal and approves it on the server's page. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { decideByCode, decideByUrl, type Approver } from '../../sandbox/testing.ts';
import { systemClock } from '../../src/clock.ts';
import { createAccountStore } from '../../src/store/accounts/account-store.ts';
import { parseServer } from '../../src/store/server.ts';
import type { CliUser, Ran } from './cli-user.ts';

type Edge = Approver & { readonly origin: string };

/** `beamd login` at a hosted edge; throws unless it succeeds. */
export async function logIn(user: CliUser, edge: Edge, ...args: string[]): Promise<Ran> {
  return succeeded(await decideByCode(user.start('beamd', ['login', '--server', edge.origin, ...args]), edge));
}

/** `runbeam login`; the user's environment must name the cloud. */
export async function logInToCloud(user: CliUser, cloud: Approver, ...args: string[]): Promise<Ran> {
  return succeeded(await decideByUrl(user.start('runbeam', ['login', ...args]), cloud));
}

/** Forgets the keys that verify tokens of the cloud: what comes next asks for them. */
export function forgetKeySets(user: CliUser): void {
  rmSync(join(user.homes.runbeam, '.key-sets'), { recursive: true, force: true });
}

/** Logs in with a static token on stdin. */
export async function logInWithToken(user: CliUser, server: string, token: string): Promise<Ran> {
  return succeeded(await user.run('beamd', ['login', '--server', server, '--token', '-'], { stdin: `${token}\n` }));
}

/** Makes the stored access token one that ran out an hour ago: whoever needs it next must refresh the session. */
export function expireSession(user: CliUser, edge: { readonly origin: string }): Promise<void> {
  return rewriteSession(user, edge, { left: -3_600, age: 7_200 });
}

/** Makes the stored access token one that ends in `left` seconds and was given `age` seconds ago. */
export async function rewriteSession(
  user: CliUser,
  { origin }: { readonly origin: string },
  { left, age }: { readonly left: number; readonly age: number },
): Promise<void> {
  const { key } = parseServer(origin);
  await createAccountStore({ homes: user.homes, clock: systemClock, env: user.env }).withLock(key, async (locked) => {
    const [account, credential] = [await locked.read(), await locked.credential()];
    if (account === undefined || credential === undefined) throw new Error(`there is no session on ${origin}`);
    const now = Math.floor(Date.now() / 1000);
    await locked.write(account, { ...credential, expiresAt: now + left, issuedAt: now - age });
  });
}

/** Throws for a command that failed, with what it said. */
export function succeeded({ code, stdout, stderr }: Ran): Ran {
  if (code !== 0) throw new Error(`a command failed: ${JSON.stringify({ code, stdout, stderr })}`);
  return { code, stdout, stderr };
}
