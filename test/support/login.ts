/** Logs in as a person does: reads the code off the terminal and approves it on the server's page. */
import { decideByCode, decideByUrl, type Approver } from '../../sandbox/testing.ts';
import type { Ran, World } from './cli-user.ts';

type Edge = Approver & { readonly origin: string };

/** `beamd login` at a hosted edge; throws unless it succeeds. */
export async function logIn(world: World, edge: Edge, ...args: string[]): Promise<Ran> {
  return succeeded(await decideByCode(world.start('beamd', ['login', '--server', edge.origin, ...args]), edge));
}

/** `runbeam login`; the world's environment must name the cloud. */
export async function logInToCloud(world: World, cloud: Approver, ...args: string[]): Promise<Ran> {
  return succeeded(await decideByUrl(world.start('runbeam', ['login', ...args]), cloud));
}

/** Logs in with a static token on stdin. */
export async function logInWithToken(world: World, server: string, token: string): Promise<Ran> {
  return succeeded(await world.run('beamd', ['login', '--server', server, '--token', '-'], { input: `${token}\n` }));
}

/** Throws for a command that failed, with what it said. */
export function succeeded({ code, stdout, stderr }: Ran): Ran {
  if (code !== 0) throw new Error(`a command failed: ${JSON.stringify({ code, stdout, stderr })}`);
  return { code, stdout, stderr };
}
