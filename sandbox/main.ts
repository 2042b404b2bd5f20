/**
 * `npm run sandbox`: leaves the servers running and prints how to use them. `--auto-approve` approves every login by
 * itself, `--fault NAME` begins with something wrong, `--list-faults` says what there is. Ctrl-C stops the servers and the agents
 * that were started from its folder, and removes the folder.
 */
import { parseArgs } from 'node:util';
import { NAMED_FAULTS, Switches } from './standing/faults.ts';
import { startPanel } from './standing/panel.ts';
import { placesOf, writeFiles, type Files } from './standing/places.ts';
import { startStanding, type Standing } from './standing/servers.ts';
import { tempHome } from './testing/home.ts';

function instructions(servers: Standing, panel: string, files: Files, autoApprove: boolean): string {
  const { harmony, oldHarmony } = servers;
  const places = [...placesOf(servers), { what: 'faults to switch on and off', at: panel }];
  const widest = Math.max(...places.map(({ what }) => what.length));
  const approval = autoApprove
    ? 'Logins are approved by themselves after a moment.'
    : 'Open the address that a login prints in a browser, and approve there.';
  return `The sandbox is running.

${places.map(({ what, at }) => `  ${what.padEnd(widest)}  ${at}`).join('\n')}

  files of the gateways: ${harmony.folder} ${oldHarmony.folder}

In another terminal, first:

  . '${files.env}'

then, for example:

  beamd login
  beamd orgs
  beamd default acme
  beamd token
  beamd --config "$APP_CONFIG"
  beamd login --server "$MANY_ORGS"
  beamd login --server "$APART"
  beamd login --server "$OAUTH"
  beamd login --server "$SELF_HOSTED" --token-file "$TOKEN_FILE"
  runbeam login
  runbeam verify
  runbeam harmony:add "$GATEWAY" -l my-label
  runbeam harmony:authorize -l my-label
  runbeam harmony:add "$OLD_GATEWAY" -l old
  curl -d fault=edge-down -d state=on "$SANDBOX"

docs/tutorial.md leads through all of it. What else can go wrong: npm run sandbox -- --list-faults
${approval}
Ctrl-C ends the sandbox, with the agents of this BEAMD_HOME, and removes its folder.
`;
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

function listFaults(): void {
  const widest = Math.max(...NAMED_FAULTS.map(({ name }) => name.length));
  for (const { name, about } of NAMED_FAULTS) process.stdout.write(`${name.padEnd(widest)}  ${about}\n`);
}

async function stand(autoApprove: boolean, faults: readonly string[]): Promise<void> {
  const stop = interrupted();
  const [servers, home] = await Promise.all([startStanding(autoApprove), tempHome('sandbox')]);
  const switches = new Switches(servers);
  const panel = await startPanel(switches, placesOf(servers));
  try {
    for (const name of faults) await switches.set(name, true);
    process.stdout.write(instructions(servers, panel.origin, writeFiles(servers, panel.origin, home), autoApprove));
    await stop;
    process.stdout.write('\nStopping…\n');
  } finally {
    await home.close();
    await Promise.all([servers, panel].map((each) => each.close()));
  }
}

const USAGE = `Real local servers to try beamd and runbeam on, until Ctrl-C.

  npm run sandbox                     you approve each login, on the page that it shows
  npm run sandbox -- --auto-approve   logins are approved by themselves
  npm run sandbox -- --fault NAME     begin with something wrong
  npm run sandbox -- --list-faults    what can go wrong
`;

function options(): { autoApprove: boolean; faults: readonly string[]; list: boolean; help: boolean } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        'auto-approve': { type: 'boolean', default: false },
        'fault': { type: 'string', multiple: true, default: [] },
        'list-faults': { type: 'boolean', default: false },
        'help': { type: 'boolean', short: 'h', default: false },
      },
    });
    return { autoApprove: values['auto-approve'], faults: values.fault, list: values['list-faults'], help: values.help };
  } catch {
    return undefined;
  }
}

function refuse(text: string): void {
  process.stderr.write(text);
  process.exitCode = 2;
}

const asked = options();
const unknown = asked?.faults.find((name) => !NAMED_FAULTS.some((fault) => fault.name === name));
if (asked === undefined) refuse(USAGE);
else if (unknown !== undefined) refuse(`There is no fault ${unknown}. Run: npm run sandbox -- --list-faults\n`);
else if (asked.help) process.stdout.write(USAGE);
else if (asked.list) listFaults();
else await stand(asked.autoApprove, asked.faults);
