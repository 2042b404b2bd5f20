/** The real docker and skopeo, at a small registry, with `beamd` as their credential helper. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { credentialOf } from '../support/git-server.ts';
import { expireSession, logIn, succeeded } from '../support/login.ts';
import { startLoopbackServer, type LoopbackServer } from '../support/loopback-server.ts';
import { missing } from '../support/programs.ts';
import { forServer, guideBlocks } from '../support/guide-lines.ts';
import { openShell, withPrograms } from '../support/shell.ts';

const keep = cleanup();

const MEDIA = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [] } });
const digest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: MEDIA,
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest(CONFIG), size: CONFIG.length },
  layers: [],
});

interface World {
  readonly user: CliUser;
  readonly control: BeamAuthEdge;
  readonly registry: LoopbackServer;
  /** User names that came with a token that was taken. */
  readonly users: Set<string>;
  readonly run: (program: string, ...args: string[]) => Promise<Ran>;
}

/** A user who is logged in to an edge that is a registry of one image, and whose docker knows it. */
async function world(): Promise<World> {
  const users = new Set<string>();
  const registry = keep(
    await startLoopbackServer((request, response) => {
      const given = credentialOf(request.headers.authorization ?? '');
      if (given === undefined || (control.endOf(given.token) ?? 0) <= Date.now()) {
        response
          .writeHead(401, { 'WWW-Authenticate': 'Basic realm="edge"', 'Docker-Distribution-Api-Version': 'registry/2.0' })
          .end();
        return;
      }
      users.add(given.user);
      const path = request.url ?? '';
      if (path === '/v2/') response.end('{}');
      else if (path.startsWith('/v2/team/image/manifests/'))
        response.writeHead(200, { 'Content-Type': MEDIA, 'Docker-Content-Digest': digest(MANIFEST) }).end(MANIFEST);
      else if (path === `/v2/team/image/blobs/${digest(CONFIG)}`) response.end(CONFIG);
      else response.writeHead(404).end();
    }),
  );
  const control: BeamAuthEdge = keep(await startBeamAuthEdge({ edge: registry.origin }));
  const user = keep(createCliUser());
  await logIn(user, control);
  const env = withPrograms(user);
  succeeded(await user.run('beamd', ['setup', 'docker', '-y'], { env }));
  const run: World['run'] = (program, ...args) =>
    new Promise((resolve) => {
      execFile(program, args, { cwd: user.work, env, timeout: 200_000 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout, stderr });
      });
    });
  return { user, control, registry, users, run };
}

describe.skipIf(missing('skopeo'))('skopeo', () => {
  const inspect = ({ run, registry }: World): Promise<Ran> =>
    run('skopeo', 'inspect', '--tls-verify=false', '--config', '--raw', `docker://${registry.host}/team/image:1`);

  test('gets an image with a token, and another one when that ended', async () => {
    const here = await world();
    expect(await inspect(here)).toEqual({ code: 0, stdout: CONFIG, stderr: '' });
    await expireSession(here.user, here.registry);
    expect(await inspect(here)).toEqual({ code: 0, stdout: CONFIG, stderr: '' });
    expect(here.control.counters.refreshes).toBe(1);
    expect([...here.users]).toEqual(['__token__']);
  });

  test('the lines of the guide', async () => {
    const here = await world();
    const shell = openShell(here.user);
    const [lines = ''] = guideBlocks('docker.md', 'sh');
    const [got, listed, inspected] = await Promise.all(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => shell(forServer(line, new URL(here.registry.origin)))),
    );
    expect(JSON.parse(got?.stdout ?? '')).toMatchObject({ ServerURL: here.registry.host, Username: '__token__' });
    expect(JSON.parse(listed?.stdout ?? '')).toEqual({ [here.registry.origin]: '__token__' });
    expect(inspected?.stdout).toBe(CONFIG);
  });

  test('of a login that is over it says what to type; another registry is asked without any', async () => {
    const here = await world();
    here.control.endSessions();
    await expireSession(here.user, here.registry);
    const { code, stderr } = await inspect(here);
    expect([code, stderr.includes(`Run: beamd login --server ${here.registry.origin}`)]).toEqual([1, true]);
    expect([...here.users]).toEqual([]);
  });
});

describe.skipIf(missing('docker'))('docker', () => {
  const inspect = ({ run, registry }: World): Promise<Ran> =>
    run('docker', 'manifest', 'inspect', '--insecure', `${registry.host}/team/image:1`);

  test('gets a manifest with a token', async () => {
    const here = await world();
    const { code, stdout, stderr } = await inspect(here);
    expect({ code, stderr, digest: (JSON.parse(stdout || '{}') as { config?: { digest: string } }).config?.digest }).toEqual({
      code: 0,
      stderr: '',
      digest: digest(CONFIG),
    });
    expect([...here.users]).toEqual(['__token__']);
  });

  test('after --undo it asks without one', async () => {
    const here = await world();
    const path = join(here.user.home, '.docker', 'config.json');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ credHelpers: { [here.registry.host]: 'beamd' } });
    succeeded(await here.user.run('beamd', ['setup', 'docker', '--undo', '-y']));
    expect(existsSync(path) && readFileSync(path, 'utf8')).toBe('{}\n');
    expect((await inspect(here)).code).toBe(1);
    expect([...here.users]).toEqual([]);
  });
});
