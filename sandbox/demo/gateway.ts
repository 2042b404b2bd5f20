/** The `runbeam` half: from a user's session to a machine token on a gateway's disk. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityIn } from '../harmony/age.ts';
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
  await proveStored(terminal, sandbox, runbeamHome, id);
  await terminal.runbeam(['harmony:authorize', '-l', LABEL, '--update'], { shows: [/\d+ bytes/] });
  expectThat(sandbox.cloud.uploads().length === 1, 'one configuration uploaded to the cloud');
  await terminal.runbeam(['token:get', '-g', id, '--raw'], { shorten: /mt_[\w-]+/g, shows: ['"machine_token"', id] });
}

/** A gateway with the integration off takes no token: the token is kept, and delivered later. */
export async function undelivered(terminal: Terminal, { harmony, cloud }: Sandbox): Promise<void> {
  terminal.chapter('A gateway that is not ready: nothing is lost');
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

/** Opens what the gateway wrote with the key that the CLI keeps for it. */
async function proveStored(terminal: Terminal, { harmony, cloud }: Sandbox, home: string, id: string): Promise<void> {
  const identity = identityIn(readFileSync(join(home, id, 'encryption.key'), 'utf8'));
  const head = readFileSync(harmony.tokenFile).subarray(0, 21).toString('latin1');
  const fields = jsonFields(JSON.stringify(await harmony.storedToken(identity)));
  const { machine_token: token, gateway_code: code } = fields;
  terminal.note(`the gateway stored ${head}…; ~/.runbeam/${id}/encryption.key opens it:`);
  terminal.note(
    `gateway_code ${String(code)}, machine_token ${String(token).slice(0, 8)}…, expires_at ${String(fields['expires_at'])}`,
  );
  expectThat(token === cloud.issued().at(-1)?.machineToken && code === id, 'the gateway to have stored the issued token');
}

function instanceId(runbeamHome: string): string {
  const list: unknown = JSON.parse(readFileSync(join(runbeamHome, 'harmony.json'), 'utf8'));
  const { id } = jsonFields(JSON.stringify(Array.isArray(list) ? list[0] : undefined));
  if (typeof id !== 'string') throw new Error('harmony.json lists no instance');
  return id;
}
