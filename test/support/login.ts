/** Logs in as a person does: reads the code off the terminal and approves it on the server's page. */
import type { Ran, World } from './world.ts';

interface Approvable {
  readonly origin: string;
  approve(code: string): Promise<void>;
}

const USER_CODE = /\b[A-Z]{4}-[A-Z]{4}\b/;

/** `beamd login` at a hosted edge; throws unless it succeeds. */
export async function logIn(world: World, edge: Approvable, ...args: string[]): Promise<Ran> {
  const started = world.start('beamd', ['login', '--server', edge.origin, '--no-browser', ...args]);
  const [code] = await started.seen(USER_CODE);
  await edge.approve(code);
  return succeeded(await started.ended);
}

/** `runbeam login`; the world's environment must name the cloud. */
export async function logInToCloud(world: World, cloud: Approvable, ...args: string[]): Promise<Ran> {
  const started = world.start('runbeam', ['login', '--no-browser', ...args]);
  const [url] = await started.seen(/http:\/\/\S+\?code=[\w-]+/);
  await cloud.approve(url);
  return succeeded(await started.ended);
}

/** Logs in with a static token on stdin. */
export async function logInWithToken(world: World, server: string, token: string): Promise<Ran> {
  return succeeded(await world.run('beamd', ['login', '--server', server, '--token', '-'], { input: `${token}\n` }));
}

/** Throws for a command that failed, with what it said. */
export function succeeded(ran: Ran): Ran {
  if (ran.code !== 0) throw new Error(`a command failed: ${JSON.stringify(ran)}`);
  return ran;
}
