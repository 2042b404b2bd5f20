/**
 * `npm run demo`: the main job for real. Starts the sandbox, runs the built bins in a temporary home, approves the
 * logins on the servers' pages as a person would, and fails when any command does not do what it should.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { apiKey, FIRST_TOKEN_LIFE, goodbye, hostedEdge, oauthEdge, project, selfHostedEdge } from './demo/edges.ts';
import { cloudLogin, cloudLogout, gateway, keyedGateway, undelivered } from './demo/gateway.ts';
import { DemoFailed, expectThat, Terminal } from './demo/terminal.ts';
import { startSandbox, type Sandbox } from './index.ts';
import { tempHome, type TempHome } from './testing/home.ts';

async function play(sandbox: Sandbox, home: TempHome): Promise<void> {
  const folder = join(home.path, 'project');
  mkdirSync(folder);
  const terminal = new Terminal({ ...home.env, RUNBEAM_API_URL: sandbox.cloud.origin }, folder);
  terminal.note(
    'Lines with $ are commands that are really run; lines with # say what happens beside them. The servers are local, too.',
  );
  terminal.note(`HOME=${home.path} RUNBEAM_API_URL=${sandbox.cloud.origin}`);
  await hostedEdge(terminal, sandbox);
  await project(terminal, sandbox, folder);
  await oauthEdge(terminal, sandbox);
  await selfHostedEdge(terminal, sandbox);
  await apiKey(terminal, sandbox, folder);
  await cloudLogin(terminal, sandbox);
  await gateway(terminal, sandbox, home.homes.runbeam);
  await keyedGateway(terminal, sandbox, home.homes.runbeam);
  await undelivered(terminal, sandbox);
  await goodbye(terminal, sandbox);
  await cloudLogout(terminal);
}

/** Rejects on Ctrl-C, so that the agents and the home do not outlive the demo. */
function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new DemoFailed('interrupted', 130)));
  });
}

async function playAndClean(): Promise<void> {
  const stop = interrupted();
  const [sandbox, home] = await Promise.all([startSandbox({ oauth: { expiresIn: FIRST_TOKEN_LIFE } }), tempHome('demo')]);
  try {
    await Promise.race([play(sandbox, home), stop]);
  } finally {
    await home.close();
    await sandbox.close();
  }
  expectThat(home.background().length === 0, 'no agent left');
}

try {
  await playAndClean();
  process.stdout.write(
    '\nThe demo did everything it should. Its agents are stopped and its home is gone.\nTo type for yourself: npm run sandbox -- --auto-approve, as docs/tutorial.md has it\n',
  );
  process.exit(0);
} catch (error) {
  if (!(error instanceof DemoFailed)) throw error;
  process.stderr.write(`\nThe demo failed: ${error.message}\n`);
  process.exit(error.exitCode);
}
