/** The lines of the guides of helpers, as they stand there, with the real programs and a server in the place of edge.example.com. */
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, quoted, type CliUser, type Ran } from '../support/cli-user.ts';
import { writeText } from '../support/files.ts';
import { credentialOf, startGitServer } from '../support/git-server.ts';
import { forServer, guideBlocks } from '../support/guide-lines.ts';
import { logIn, succeeded } from '../support/login.ts';
import { startLoopbackServer } from '../support/loopback-server.ts';
import { openShell, type Shell } from '../support/shell.ts';

const keep = cleanup();
const has = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

interface World {
  readonly user: CliUser;
  readonly control: BeamAuthEdge;
  readonly at: URL;
  readonly shell: Shell;
}

/** A user who is logged in to the edge at this origin. */
async function loggedIn(origin: string, control: BeamAuthEdge): Promise<World> {
  const user = keep(createCliUser());
  await logIn(user, control);
  return { user, control, at: new URL(origin), shell: openShell(user) };
}

/** Each line of each block by itself, all of which must go well; what they printed. */
async function runAll({ shell, at }: World, guide: string): Promise<Ran[]> {
  const ran: Ran[] = [];
  for (const line of guideBlocks(guide, 'sh').flatMap((block) => block.trimEnd().split('\n'))) {
    ran.push(succeeded(await shell(forServer(line, at))));
  }
  return ran;
}

test('git', async () => {
  const remote = keep(await startGitServer({ takes: (token) => (control.endOf(token) ?? 0) > Date.now() }));
  const control: BeamAuthEdge = keep(await startBeamAuthEdge({ edge: remote.origin }));
  const here = await loggedIn(remote.origin, control);
  succeeded(await here.shell('beamd setup git -y'));
  const [asked] = await runAll(here, 'git.md');
  expect(asked?.stdout).toMatch(/^username=__token__\npassword=\S+\npassword_expiry_utc=\d+\n$/);
  expect(remote.seen.map(({ taken }) => taken)).toContain(true);
});

/** A server that answers requests with a good token by their path, and the user of this edge. */
async function registry(
  answer: (path: string, origin: string) => string | undefined,
): Promise<World & { readonly seen: string[] }> {
  const seen: string[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const given = credentialOf(request.headers.authorization ?? '');
    const taken = given !== undefined && (control.endOf(given.token) ?? 0) > Date.now();
    if (given !== undefined) seen.push(`${given.scheme} ${given.user} ${taken ? 'taken' : 'refused'}`);
    const text = taken ? answer(request.url ?? '/', server.origin) : undefined;
    // cargo asks again with a token only where it is told how to get one.
    response.setHeader('WWW-Authenticate', 'Basic realm="edge"');
    if (text === undefined) response.writeHead(taken ? 404 : 401).end();
    else response.writeHead(200, { 'Content-Type': text.startsWith('{') ? 'application/json' : 'text/html' }).end(text);
  };
  const server = keep(await startLoopbackServer((request, response) => listener(request, response)));
  const control: BeamAuthEdge = keep(await startBeamAuthEdge({ edge: server.origin }));
  return { ...(await loggedIn(server.origin, control)), seen };
}

test('editors and AI agents', async () => {
  const here = await registry(() => '{"hello": 1}');
  const [json, curl] = await runAll(here, 'editors.md');
  expect(JSON.parse(json?.stdout ?? '')).toMatchObject({ server: here.at.origin, scope: 'alice' });
  expect(curl?.stdout).toBe('{"hello": 1}');
  expect(here.seen).toEqual(['bearer  taken']);
});

/** The line of a guide that begins a program's work, with its settings in place. */
const lineWith = (guide: string, word: string): string =>
  guideBlocks(guide, 'sh').find((block) => block.includes(word)) ?? `there is no line with ${word}`;

test('npm', async () => {
  const here = await registry((path, origin) =>
    path === '/thing'
      ? JSON.stringify({
          'name': 'thing',
          'dist-tags': { latest: '1.2.3' },
          'versions': { '1.2.3': { name: 'thing', version: '1.2.3', dist: { tarball: `${origin}/thing.tgz`, shasum: '0' } } },
        })
      : undefined,
  );
  const [settings = ''] = guideBlocks('package-managers.md', 'ini');
  writeText(here.user, '.npmrc', forServer(settings, here.at));
  const ran = succeeded(await here.shell(lineWith('package-managers.md', 'npm view')));
  expect(ran.stdout).toBe('1.2.3\n');
  expect(here.seen[0]).toBe('bearer  taken');
});

test.skipIf(!has('pip'))('pip', async () => {
  const source = 'a package';
  const hash = createHash('sha256').update(source).digest('hex');
  const here = await registry((path) => {
    if (path === '/simple/thing/')
      return `<a href="/files/thing-1.0-py3-none-any.whl#sha256=${hash}">thing-1.0-py3-none-any.whl</a>`;
    return path.startsWith('/files/') ? source : undefined;
  });
  // The file is none that pip can open; that it got it, is what is asked here.
  const { stdout, stderr } = await here.shell(forServer(lineWith('package-managers.md', 'pip download'), here.at));
  expect(stdout + stderr).toContain('thing-1.0-py3-none-any.whl');
  expect(new Set(here.seen)).toEqual(new Set(['basic __token__ taken']));
});

test.skipIf(!has('cargo'))('cargo', async () => {
  const crate = JSON.stringify({ name: 'thing', vers: '1.2.3', deps: [], cksum: '0'.repeat(64), features: {}, yanked: false });
  const here = await registry((path, origin) => {
    if (path === '/index/config.json') return JSON.stringify({ 'dl': `${origin}/dl`, 'api': origin, 'auth-required': true });
    return path === '/index/th/in/thing' ? `${crate}\n` : undefined;
  });
  const [settings = ''] = guideBlocks('package-managers.md', 'toml');
  writeText(here.user, '.cargo/config.toml', forServer(settings, here.at));
  // Where rustup keeps what it calls cargo, which it looks for in the home folder.
  const rustup = process.env['RUSTUP_HOME'] ?? join(homedir(), '.rustup');
  const { stderr } = await here.shell(`RUSTUP_HOME=${quoted([rustup])} ${lineWith('package-managers.md', 'cargo info')}`);
  expect(stderr).toContain('edge');
  expect(here.seen.length).toBeGreaterThan(1);
  expect(new Set(here.seen)).toEqual(new Set(['bearer  taken']));
});
