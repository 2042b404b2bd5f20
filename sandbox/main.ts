/**
 * `npm run sandbox`: leaves the servers running and prints how to use them. `--auto-approve` approves every login by
 * itself. Ctrl-C stops the servers and the agents that were started from its folder, and removes the folder.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSandbox, type Sandbox } from './index.ts';
import { tempHome, type TempHome } from './testing/home.ts';
import { PACKAGE_ROOT } from './testing/run-bin.ts';

interface Files {
  readonly appConfig: string;
  readonly tokenFile: string;
}

/** Secrets stand in files, not on the screen. */
function writeFiles({ beamAuth, selfHosted }: Sandbox, folder: string): Files {
  const files = { appConfig: join(folder, 'app.yaml'), tokenFile: join(folder, 'edge-token') };
  writeFileSync(files.appConfig, `server: ${beamAuth.origin}\ntoken: ${beamAuth.apiKey}\n`, { mode: 0o600 });
  writeFileSync(files.tokenFile, selfHosted.token, { mode: 0o600 });
  return files;
}

function instructions(sandbox: Sandbox, home: TempHome, files: Files, autoApprove: boolean): string {
  const { beamAuth, oauth, selfHosted, cloud, harmony } = sandbox;
  const approval = autoApprove
    ? 'Logins are approved by themselves after a moment.'
    : 'Open the address that a login prints in a browser, and approve there.';
  return `The sandbox is running.

  hosted edge (beam-auth)    ${beamAuth.origin}   also ${beamAuth.controlPlane} as its control plane
  OAuth edge                 ${oauth.origin}
  self-hosted edge           ${selfHosted.origin}
  Runbeam Cloud              ${cloud.origin}
  Harmony gateway            ${harmony.origin}/${harmony.prefix}   its files: ${harmony.folder}

In another terminal, first:

  export BEAMD_HOME='${home.homes.beamd}' RUNBEAM_HOME='${home.homes.runbeam}' RUNBEAM_API_URL=${cloud.origin}
  alias beamd="node '${join(PACKAGE_ROOT, 'bin', 'beamd.js')}'" runbeam="node '${join(PACKAGE_ROOT, 'bin', 'runbeam.js')}'"

then, for example:

  beamd login --server ${beamAuth.controlPlane}
  beamd orgs
  beamd default acme
  beamd token
  beamd login --server ${oauth.origin}
  beamd login --server ${selfHosted.origin} --token-file '${files.tokenFile}'
  beamd --config '${files.appConfig}'
  runbeam login
  runbeam verify
  runbeam harmony:add -i ${harmony.host} -p ${harmony.port} -x ${harmony.prefix} -l my-label
  runbeam harmony:authorize -l my-label

${approval}
Ctrl-C ends the sandbox, with the agents of this BEAMD_HOME, and removes its folder.
`;
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { 'auto-approve': { type: 'boolean', default: false } } });
  const autoApprove = values['auto-approve'];
  const stop = interrupted();
  const options = { autoApprove };
  const [sandbox, home] = await Promise.all([
    startSandbox({ beamAuth: options, oauth: options, cloud: options }),
    tempHome('sandbox'),
  ]);
  try {
    process.stdout.write(instructions(sandbox, home, writeFiles(sandbox, home.path), autoApprove));
    await stop;
    process.stdout.write('\nStopping…\n');
  } finally {
    await home.close();
    await sandbox.close();
  }
}

await main();
