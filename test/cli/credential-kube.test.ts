/** The real kubectl, at a small API server, with `beamd` as its credential plugin. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { credentialOf } from '../support/git-server.ts';
import { expireSession, logIn, succeeded } from '../support/login.ts';
import { startLoopbackServer, type LoopbackServer } from '../support/loopback-server.ts';
import { forServer, guideBlocks } from '../support/guide-lines.ts';
import { makeCertificate } from '../support/certificate.ts';
import { missing } from '../support/programs.ts';
import { withPrograms } from '../support/shell.ts';

const keep = cleanup();

interface World {
  readonly user: CliUser;
  readonly control: BeamAuthEdge;
  readonly api: LoopbackServer;
  /** How requests were authenticated. */
  readonly seen: string[];
  readonly path: string;
  readonly kubectl: (...args: string[]) => Promise<Ran>;
}

/** A user who is logged in to an edge that is an API server, and who has a cluster and a context for it. */
async function world(): Promise<World> {
  const user = keep(createCliUser());
  // To a server without TLS kubectl brings nothing.
  const tls = makeCertificate(user.root, 'api');
  if (tls === undefined) throw new Error('there is no openssl');
  const seen: string[] = [];
  const api = keep(
    await startLoopbackServer((request, response) => {
      const given = credentialOf(request.headers.authorization ?? '');
      const taken = given !== undefined && (control.endOf(given.token) ?? 0) > Date.now();
      seen.push(given === undefined ? 'nothing' : `${given.scheme} ${taken ? 'taken' : 'refused'}`);
      response.writeHead(taken ? 200 : 401, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(taken ? { major: '1', minor: '34' } : { kind: 'Status', code: 401 }));
    }, tls),
  );
  const control: BeamAuthEdge = keep(await startBeamAuthEdge({ edge: api.origin }));
  await logIn(user, control);
  const path = join(user.home, '.kube', 'config');
  mkdirSync(join(user.home, '.kube'));
  writeFileSync(path, kubeconfig(api.origin, tls.file), { mode: 0o600 });
  const env = withPrograms(user);
  succeeded(await user.run('beamd', ['setup', 'kube', '-y'], { env }));
  const kubectl: World['kubectl'] = (...args) =>
    new Promise((resolve) => {
      execFile('kubectl', args, { cwd: user.work, env, timeout: 200_000 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout, stderr });
      });
    });
  return { user, control, api, seen, path, kubectl };
}

function kubeconfig(origin: string, ca: string): string {
  return `apiVersion: v1
kind: Config
clusters: # one of ours
  - name: edge
    cluster: { server: '${origin}', certificate-authority: '${ca}' }
contexts:
  - name: edge
    context: { cluster: edge, user: someone }
current-context: edge
users:
  # by hand
  - name: someone
    user: { username: a,   password: b }
`;
}

describe.skipIf(missing('kubectl') || missing('openssl'))('kubectl', () => {
  const use = (here: World): Promise<Ran> =>
    here.kubectl('config', 'set-context', '--current', '--user', `beamd:${here.api.host}`);
  const version = (here: World): Promise<Ran> => {
    // Some kubectl ask the server for its version before they do anything.
    here.seen.length = 0;
    return here.kubectl('get', '--raw', '/version');
  };

  test.each(['v1', 'v1beta1'])('%s: a bearer token, and another one when that ended', async (api) => {
    const here = await world();
    await use(here);
    if (api !== 'v1') writeFileSync(here.path, readFileSync(here.path, 'utf8').replace('k8s.io/v1\n', `k8s.io/${api}\n`));
    expect(await version(here)).toEqual({ code: 0, stdout: '{"major":"1","minor":"34"}', stderr: '' });
    await expireSession(here.user, here.api);
    expect((await version(here)).code).toBe(0);
    expect(here.control.counters.refreshes).toBe(1);
    expect(new Set(here.seen)).toEqual(new Set(['bearer taken']));
  });

  test('a login that is over: it says what to type, and asks nobody', async () => {
    const here = await world();
    await use(here);
    here.control.endSessions();
    await expireSession(here.user, here.api);
    const { code, stderr } = await version(here);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`Run: beamd login --server ${here.api.host}\n`)]);
    expect(here.seen).toEqual([]);
  });

  test('another cluster with that user gets no token', async () => {
    const here = await world();
    await use(here);
    const tls = makeCertificate(here.user.root, 'other');
    const other = keep(
      await startLoopbackServer((request, response) => {
        here.seen.push(request.headers.authorization ?? 'nothing');
        response.end();
      }, tls),
    );
    await here.kubectl('config', 'set-cluster', 'edge', '--server', other.origin);
    const { code, stderr } = await version(here);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`Error: The cluster is at ${other.origin}, and the login is one to`),
    ]);
    expect(here.seen).toEqual([]);
  });

  test('what was there stays as it was, comments too, and --undo gives it back', async () => {
    const here = await world();
    const before = kubeconfig(here.api.origin, join(here.user.root, 'api.pem'));
    const after = readFileSync(here.path, 'utf8');
    expect(after.startsWith(before)).toBe(true);
    // As the guide has it, a little further in.
    const [shown = ''] = guideBlocks('kubernetes.md', 'yaml');
    const ours = forServer(shown, new URL(here.api.origin)).replace('users:\n', '');
    expect(after.slice(before.length)).toBe(ours.replaceAll(/^(?=.)/gmu, '  '));
    succeeded(await here.user.run('beamd', ['setup', 'kube', '--undo', '-y']));
    expect(readFileSync(here.path, 'utf8')).toBe(before);
  });
});
