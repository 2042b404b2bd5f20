/** The project files of the Go `beamd` beside ours, and what an overlay leaves behind. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { failure } from '../../errors.testing.ts';
import type { Homes } from '../paths.ts';
import { tempHomes } from '../temp-home.testing.ts';
import { findProjectPin } from './project-pin.ts';

const SERVICES = 'services:\n  web:\n    port: 3000\n    basic_auth:\n      password: theirs\n';

let homes: Homes;
let repo: string;

beforeEach(() => {
  homes = tempHomes();
  repo = join(homes.user, 'repo');
  mkdirSync(join(repo, 'a'), { recursive: true });
});

function put(name: string, text: string): string {
  const path = join(repo, name);
  writeFileSync(path, text);
  return path;
}

test('beamd.yaml selects, and its services are none of our business', async () => {
  const path = put('beamd.yaml', `server: edge.example.com\nscope: acme\n${SERVICES}`);
  expect(await findProjectPin(join(repo, 'a'), homes)).toEqual({ path, server: 'edge.example.com', scope: 'acme' });
  const localPath = put('beamd.local.yaml', `scope: mine\n${SERVICES}`);
  expect(await findProjectPin(repo, homes)).toMatchObject({ path, localPath, scope: 'mine' });
});

test('one that holds a secret where a selection stands is refused as .beamd is', async () => {
  const path = put('beamd.yaml', 'server: edge.example.com\ntoken: x\n');
  expect(await failure(() => findProjectPin(repo, homes))).toMatchObject({
    code: 'secret_in_project',
    message: `${path}:2 holds a secret (\`token\`)`,
  });
});

test('.beamd beside it wins, alone', async () => {
  put('beamd.yaml', `server: edge.example.com\nscope: theirs\n${SERVICES}`);
  const path = put('.beamd', 'server: https://EDGE.example.com:443\n');
  expect(await findProjectPin(repo, homes)).toEqual({ path, server: 'https://EDGE.example.com:443' });
  put('beamd.local.yaml', 'scope: theirs\n');
  const localPath = put('.beamd.local', 'account: work\n');
  expect(await findProjectPin(repo, homes)).toMatchObject({ path, localPath, account: 'work' });
  expect(await findProjectPin(repo, homes)).not.toHaveProperty('scope');
});

test('two that name different servers are a warning that names both', async () => {
  const go = put('beamd.yaml', 'server: other.example.com\n');
  const path = put('.beamd', 'server: edge.example.com\n');
  expect(await findProjectPin(repo, homes)).toEqual({
    path,
    server: 'edge.example.com',
    warnings: [`${path} names the server edge.example.com and ${go} names other.example.com: edge.example.com is used here`],
  });
});

test('one that cannot be read stops nothing beside .beamd, and is an error alone', async () => {
  const go = put('beamd.yaml', 'server: [\n');
  expect(await failure(() => findProjectPin(repo, homes))).toMatchObject({
    code: 'bad_file',
    message: expect.stringContaining(go),
  });
  const path = put('.beamd', 'server: edge.example.com\n');
  expect(await findProjectPin(repo, homes)).toEqual({ path, server: 'edge.example.com' });
});

test('an overlay that names another server leaves account and scope of the first behind', async () => {
  const path = put('.beamd', 'server: edge.example.com\nscope: acme\naccount: work\nname: web\n');
  const localPath = put('.beamd.local', 'server: other.example.com\n');
  expect(await findProjectPin(repo, homes)).toEqual({
    path,
    localPath,
    localFields: ['server'],
    server: 'other.example.com',
    name: 'web',
  });
  put('.beamd.local', 'server: edge.example.com:443\naccount: home\n');
  expect(await findProjectPin(repo, homes)).toMatchObject({ scope: 'acme', account: 'home' });
});
