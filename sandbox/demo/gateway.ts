/** The `runbeam` half: from a user's session to a machine token on a gateway's disk. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityIn, newIdentity } from '../harmony/age.ts';
import { startHarmony, type Harmony } from '../harmony.ts';
import type { Sandbox } from '../index.ts';
import { jsonFields } from '../server/exchange.ts';
import { expectThat, type Terminal } from './terminal.ts';

const LABEL = 'my-label';

export async function cloudLogin(terminal: Terminal, { cloud }: Sandbox): Promise<void> {
  terminal.chapter('Runbeam Cloud: log in, verify the token against its keys');
  await terminal.logInToCloud(cloud, { shows: ['alice@example.com'] });
  await terminal.runbeam(['verify'], { shows: ['alice@example.com'] });
}

export async function gateway(terminal: Terminal, sandbox: Sandbox, runbeamHome: string): Promise<void> {
  const { harmony } = sandbox;
  terminal.chapter('A Harmony gateway: add it, look at it, authorize it');
  await terminal.runbeam(['harmony:add', '-i', '127.0.0.1', '-p', String(harmony.port), '-x', harmony.prefix, '-l', LABEL], {
    shows: [LABEL],
  });
  const id = instanceId(runbeamHome);
  await terminal.runbeam(['harmony:info', '-l', LABEL], { shows: ['0.9.0'] });
  await terminal.runbeam(['harmony:authorize', '-l', LABEL, '-y'], { shows: [id, 'Alice Example'] });
  await proveOwnKey(terminal, sandbox);
  await terminal.runbeam(['harmony:authorize', '-l', LABEL, '--update'], { shows: [/\d+ bytes/] });
  expectThat(sandbox.cloud.uploads().length === 1, 'one configuration uploaded to the cloud');
  await terminal.runbeam(['token:get', '-g', id, '--raw'], { shorten: /mt_[\w-]+/g, shows: ['"machine_token"', id] });
}

/** Harmony 0.12 with a key that was set: it is sent along, and kept by the gateway in memory alone. */
export async function keyedGateway(terminal: Terminal, { cloud }: Sandbox, runbeamHome: string): Promise<void> {
  terminal.chapter('A gateway whose key was set');
  const gateway = await startHarmony({ cloud: cloud.origin, version: '0.12' });
  try {
    const address = ['-p', String(gateway.port), '-l', 'keyed'];
    await terminal.runbeam(['harmony:add', ...address, '--key', '-'], {
      stdin: { name: 'KEY', value: await newIdentity() },
      shows: ['keyed'],
    });
    await terminal.runbeam(['harmony:authorize', '-l', 'keyed', '-y'], { shows: ['RUNBEAM_ENCRYPTION_KEY'] });
    await proveSetKey(terminal, gateway, runbeamHome);
  } finally {
    await gateway.close();
  }
}

/** A gateway with the integration off takes no token: the token is kept, and delivered later. */
export async function undelivered(terminal: Terminal, { harmony, cloud }: Sandbox): Promise<void> {
  terminal.chapter('A gateway that is not ready: nothing is lost');
  terminal.note("[runbeam] enabled = false is set in the gateway's config.toml, as by somebody who forgot it");
  await harmony.setEnabled(false);
  await terminal.runbeam(['harmony:reload', '-l', LABEL]);
  await terminal.runbeam(['harmony:authorize', '-l', LABEL, '-y'], {
    code: 7,
    shows: ['[runbeam]', 'harmony:reload', '--retry'],
  });
  const issued = cloud.issued().length;
  terminal.note("[runbeam] enabled = true is set in the gateway's config.toml");
  await harmony.setEnabled(true);
  await terminal.runbeam(['harmony:reload', '-l', LABEL]);
  await terminal.runbeam(['harmony:authorize', '-l', LABEL, '--retry', '-y'], { shows: ['Authorized'] });
  const { machine_token: stored } = jsonFields(JSON.stringify(await harmony.storedToken()));
  expectThat(stored === cloud.issued().at(-1)?.machineToken, 'the gateway to have the token that was kept');
  expectThat(cloud.issued().length === issued, 'no second machine token to be issued');
}

export async function cloudLogout(terminal: Terminal): Promise<void> {
  await terminal.runbeam(['logout']);
  await terminal.runbeam(['verify'], { code: 4, shows: ['runbeam login'] });
}

/** No key was set, so none was sent: the gateway made its own, and what it wrote opens with that after a restart too. */
async function proveOwnKey(terminal: Terminal, { harmony, cloud }: Sandbox): Promise<void> {
  const head = readFileSync(harmony.tokenFile).subarray(0, 21).toString('latin1');
  harmony.restart();
  const fields = jsonFields(JSON.stringify(await harmony.storedToken()));
  const { machine_token: token, gateway_code: code } = fields;
  terminal.note(`the gateway stored ${head}…; its own key opens it, after a restart too:`);
  terminal.note(
    `gateway_code ${String(code)}, machine_token ${String(token).slice(0, 8)}…, expires_at ${String(fields['expires_at'])}`,
  );
  expectThat(token === cloud.issued().at(-1)?.machineToken, 'the gateway to have stored the issued token');
}

/** The key that was set opens it; without it the gateway cannot read its own token after a restart. */
async function proveSetKey(terminal: Terminal, gateway: Harmony, home: string): Promise<void> {
  const identity = identityIn(readFileSync(join(home, instanceId(home, -1), 'encryption.key'), 'utf8'));
  gateway.restart();
  const readable = await gateway.storedToken().then(
    () => true,
    () => false,
  );
  const { machine_token: token } = jsonFields(JSON.stringify(await gateway.storedToken(identity)));
  expectThat(!readable && typeof token === 'string', 'the token to open with the key that was set, and with no other');
  terminal.note(`after a restart the gateway needs RUNBEAM_ENCRYPTION_KEY: with it it reads ${String(token).slice(0, 8)}…`);
}

function instanceId(runbeamHome: string, at = 0): string {
  const list: unknown = JSON.parse(readFileSync(join(runbeamHome, 'harmony.json'), 'utf8'));
  const { id } = jsonFields(JSON.stringify(Array.isArray(list) ? list.at(at) : undefined));
  if (typeof id !== 'string') throw new Error('harmony.json lists no instance');
  return id;
}
