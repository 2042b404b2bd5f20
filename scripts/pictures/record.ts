/** Real sessions in a real terminal, against the sandbox: what is typed, what the programs say, as a picture each. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startHarmony, startSandbox, type Sandbox } from '../../sandbox/testing.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../../test/support/cli-user.ts';
import { openTerminal, type Terminal } from '../../test/support/terminal.ts';
import { screenAfter } from './screen.ts';
import { SESSIONS, type Session } from './sessions.ts';
import { steady, type Stand } from './steady.ts';
import { svgOf } from './svg.ts';

/** What the prompt sets the title of the terminal to: a terminal shows nothing of it, and we know that a command has ended. */
const PROMPTED = '\u001b]2;prompt\u0007';
const PROMPT = `${PROMPTED}\u001b[2m$\u001b[22m `;

/** Gateways of the sandbox, by their labels. */
const GATEWAYS = ['edge-berlin', 'edge-oslo', 'edge-paris', 'office'];

/** Every picture by the name of its file. They are recorded one after the other, by a user who has done what came before. */
export async function recordPictures(): Promise<Map<string, string>> {
  const sandbox = await startInOrder();
  const gateways = await Promise.all(GATEWAYS.map(() => startHarmony({ cloud: sandbox.cloud.origin })));
  const user = createCliUser({ env: environment(sandbox) });
  try {
    const ports = gateways.map(({ port }, index) => [GATEWAYS[index] ?? '', String(port)] as const);
    prepareFolders(user, ports);
    const stands = standsOf(sandbox, user, ports);
    const pictures = new Map<string, string>();
    for (const session of SESSIONS) pictures.set(`${session.name}.svg`, await recordSession(session, user, stands));
    return pictures;
  } finally {
    await user.close();
    await Promise.all([sandbox, ...gateways].map((each) => each.close()));
  }
}

/** Agents are listed by the names of their accounts, which have the ports: the edge is to be the first of them. */
async function startInOrder(): Promise<Sandbox> {
  const approved = { autoApprove: true };
  const sandbox = await startSandbox({ beamAuth: approved, cloud: approved });
  if (String(sandbox.beamAuth.port) < String(sandbox.cloud.port)) return sandbox;
  await sandbox.close();
  return startInOrder();
}

const environment = ({ beamAuth, cloud }: Sandbox): Record<string, string> => ({
  BEAMD_DEFAULT_HOST: beamAuth.controlPlane,
  RUNBEAM_API_URL: cloud.origin,
  TERM: 'xterm-256color',
  PS1: PROMPT,
});

/** `beamd` and `runbeam` by their names, a project, and gateways registered with the command that a reader would type. */
function prepareFolders(user: CliUser, ports: readonly (readonly [label: string, port: string])[]): void {
  const bin = join(user.home, 'bin');
  for (const folder of [bin, join(user.home, 'app', '.git')]) mkdirSync(folder, { recursive: true });
  for (const name of ['beamd', 'runbeam'] as const) {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${quoted(commandOf(name))} "$@"\n`, { mode: 0o755 });
  }
  const add = ports.map(([label, port]) => `runbeam harmony:add -p ${port} -l ${label} -q`).join('\n');
  writeFileSync(join(bin, 'add-gateways'), `#!/bin/sh\n${add}\n`, { mode: 0o755 });
  writeFileSync(join(user.home, 'app', 'deploy.sh'), '#!/bin/sh\necho "deploying for $BEAMD_SCOPE on $BEAMD_SERVER"\n', {
    mode: 0o755,
  });
}

/** Hosts as a reader has them. A host stands out from its address, with what makes it bold in between. */
function standsOf({ beamAuth, cloud }: Sandbox, user: CliUser, ports: readonly (readonly [string, string])[]): Stand[] {
  const page = beamAuth.controlPlane.replace('http://', 'http://\u001b[1m');
  return [
    { from: beamAuth.origin, to: 'beamd.run' },
    { from: beamAuth.controlPlane, to: 'https://beamd.ai' },
    { from: page, to: 'https://\u001b[1mbeamd.ai' },
    { from: cloud.origin, to: 'api.runbeam.io' },
    ...ports.map(([, port]) => ({ from: `127.0.0.1:${port}`, to: '127.0.0.1:8081' })),
    { from: user.home, to: '~' },
  ];
}

async function recordSession(session: Session, user: CliUser, stands: readonly Stand[]): Promise<string> {
  const { columns = 80, title } = session;
  const env = { ...user.env, PATH: `${join(user.home, 'bin')}:${user.env['PATH'] ?? ''}` };
  const terminal = openTerminal('exec sh -i', { cwd: join(user.home, 'app'), env, columns });
  try {
    const shown = await played(session, terminal);
    return svgOf({ title, columns, rows: await screenAfter(steady(shown, stands), columns) });
  } finally {
    await terminal.close();
  }
}

/** Types each line once the one before has ended; returns what was shown of those that are to be seen. */
async function played({ before = [], lines, until }: Session, terminal: Terminal): Promise<string> {
  let prompts = 1;
  const prompted = (): Promise<void> => terminal.waitFor(new RegExp(`(?:${PROMPTED}[^]*){${String(prompts)}}$`));
  await prompted();
  const run = async (line: string, ends = true): Promise<void> => {
    terminal.type(`${line}\n`);
    prompts += 1;
    if (ends) await prompted();
  };
  for (const line of before) await run(line);
  const start = terminal.shown().lastIndexOf(PROMPTED);
  for (const line of until === undefined ? lines : lines.slice(0, -1)) await run(line);
  if (until === undefined) return terminal.shown().slice(start, terminal.shown().lastIndexOf(PROMPTED));
  await run(lines.at(-1) ?? '', false);
  await terminal.waitFor(until);
  return terminal.shown().slice(start);
}
