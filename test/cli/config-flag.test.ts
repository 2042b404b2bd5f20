/** `--config FILE`: alone, before the command, after it. It short-circuits everything else and never makes an account. */
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startSelfHostedEdge } from '../../sandbox/testing.ts';
import { writeConfig, writeText } from '../support/files.ts';
import { logIn } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';

const keep = cleanup();

describe('with a key that the edge knows', () => {
  test('alone, it says what the key is', async () => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    const path = writeConfig(user, 'app.yaml', { server: edge.origin, token: edge.apiKey });
    const stdout =
      `✓ ${path}: the key is valid for acme (Acme Inc.) on ${edge.origin}\n` + 'Example: https://demo.acme.example.com\n';

    expect(await user.beamd('--config', 'app.yaml')).toEqual({ code: 0, stdout, stderr: '' });
    expect(await user.beamd('--config=app.yaml')).toEqual({ code: 0, stdout, stderr: '' });
    const json = await user.beamd('--config', 'app.yaml', '--json');
    expect({ ...json, stdout: JSON.parse(json.stdout) as unknown }).toEqual({
      code: 0,
      stderr: '',
      stdout: {
        config: path,
        server: edge.origin,
        checked: true,
        workspace: { slug: 'acme', name: 'Acme Inc.', provisioned: true, example_url: 'https://demo.acme.example.com' },
      },
    });
    expect(user.agents()).toEqual([]);
    expect(existsSync(join(user.home, '.beamd/accounts'))).toBe(false);
  });

  test('before and after the command it is the same', async () => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    writeConfig(user, 'app.yaml', { server: edge.origin, token: edge.apiKey });
    const stdout = `The API key of the --config file on ${edge.origin} for acme\n`;
    expect(await user.beamd('--config', 'app.yaml', 'whoami')).toEqual({ code: 0, stdout, stderr: '' });
    expect(await user.beamd('whoami', '--config', 'app.yaml')).toEqual({ code: 0, stdout, stderr: '' });
    expect(await user.beamd('--config', 'app.yaml', 'token')).toEqual({ code: 0, stdout: `${edge.apiKey}\n`, stderr: '' });
    expect(await user.beamd('token', '--config', 'app.yaml')).toEqual({ code: 0, stdout: `${edge.apiKey}\n`, stderr: '' });
  });

  test('it wins over a login, a .beamd and the environment', async () => {
    const other = keep(await startBeamAuthEdge());
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser({ env: { BEAMD_SERVER: 'elsewhere.example.com', BEAMD_TOKEN: 'x', BEAMD_SCOPE: 'y' } }));
    await logIn(user, other);
    writeText(user, '.beamd', `server: ${other.origin}\nscope: acme\n`);
    writeConfig(user, 'app.yaml', { server: edge.origin, token: edge.apiKey });
    const env = "[process.env.BEAMD_SERVER, process.env.BEAMD_TOKEN, process.env.BEAMD_SCOPE].join(' ')";
    expect(await user.beamd('exec', '--config', 'app.yaml', '--', process.execPath, '-p', env)).toEqual({
      code: 0,
      stdout: `${edge.origin} ${edge.apiKey} \n`,
      stderr: '',
    });
  });
});

test.each(['--scope acme', '--account work', '--server elsewhere.example.com'])('%s does not go with it', async (words) => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  writeConfig(user, 'app.yaml', { server: edge.origin, token: edge.apiKey });
  const [flag = ''] = words.split(' ');
  for (const line of [`token ${words}`, `exec ${words} -- true`, `status ${words}`, `orgs ${words}`, words]) {
    expect(await user.beamd('--config', 'app.yaml', ...line.split(' ')), line).toEqual({
      code: 2,
      stdout: '',
      stderr:
        `Error: The file of --config says who acts, and where: ${flag} does not go with it\n` +
        `Hint: Leave out ${flag}, or --config\n`,
    });
  }
  expect((await user.beamd('token', '--config', 'app.yaml', '--server', edge.origin)).code).toBe(0);
});

test('a key that other users can read is warned of, on stderr', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  const path = writeConfig(user, 'app.yaml', { server: edge.origin, token: edge.apiKey });
  chmodSync(path, 0o644);
  expect(await user.beamd('--config', 'app.yaml', 'token')).toEqual({
    code: 0,
    stdout: `${edge.apiKey}\n`,
    stderr: `! ${path} holds an API key and can be read by other users (mode 644)\nRun: chmod 600 ${path}\n`,
  });
});

test('a self-hosted edge cannot tell what the key is', async () => {
  const edge = keep(await startSelfHostedEdge());
  const user = keep(createCliUser());
  const path = writeConfig(user, 'app.yaml', { server: edge.origin, token: edge.token });
  expect(await user.beamd('--config', 'app.yaml')).toEqual({
    code: 0,
    stdout: `${path}: ${edge.origin} is self-hosted; the key was not checked\n`,
    stderr: '',
  });
});

test('a key that the edge does not know: exit 4, and the key is not shown', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  writeConfig(user, 'app.yaml', { server: edge.origin, token: 'wrong-key' });
  const ran = await user.beamd('--config', 'app.yaml');
  expect(ran.code).toBe(4);
  expect(ran.stdout).toBe('');
  expect(ran.stderr).not.toContain('wrong-key');
});

test('a mistyped key is said with its line, and what may have been meant', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  writeText(user, 'app.yaml', `server: ${edge.origin}\ntoken: ${edge.apiKey}\ninsecure_skip_verfy: false\ntunnels: []\n`);
  chmodSync(join(user.work, 'app.yaml'), 0o600);
  const place = `${join(user.work, 'app.yaml')}:3`;
  expect(await user.beamd('--config', 'app.yaml', 'token')).toEqual({
    code: 0,
    stdout: `${edge.apiKey}\n`,
    stderr: `! ${place}: a config file has no key \`insecure_skip_verfy\`; did you mean \`insecure_skip_verify\`?\n`,
  });
});

describe('a file that cannot be used is exit 2', () => {
  test.each([
    ['no file', undefined, 'There is no config file PATH'],
    ['no token', 'server: edge.example.com\n', 'PATH lacks `token`'],
    ['no server', 'token: abc\n', 'PATH lacks `server`'],
    ['a token that is no text', 'server: edge.example.com\ntoken: 12345\n', 'PATH has a wrong `token`: put it in quotes'],
    ['broken yaml', 'server: [edge\ntoken: abc\n', undefined],
    ['the same key twice', 'server: a.example.com\nserver: b.example.com\ntoken: abc\n', undefined],
    [
      'aliases',
      `a: &a [x]\nb: [${Array.from({ length: 50 }, () => '*a').join(', ')}]\nserver: s.example.com\ntoken: abc\n`,
      undefined,
    ],
    ['brackets 3,000 deep', `server: ${'['.repeat(3000)}\ntoken: abc\n`, undefined],
    ['a list', '- server\n- token\n', undefined],
    ['100 KiB', `server: edge.example.com\ntoken: abc\n${'# padding\n'.repeat(10_000)}`, undefined],
  ])('%s', async (_name, text, message) => {
    const user = keep(createCliUser());
    const path = join(user.work, 'app.yaml');
    if (text !== undefined) writeText(user, 'app.yaml', text);
    const ran = await user.beamd('--config', 'app.yaml');
    expect(ran.code).toBe(2);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toMatch(/^Error: .+\n(?:(?:Hint|Run): .+\n)?(?:Help: .+\n)?$/);
    expect(ran.stderr).not.toContain('abc');
    if (message !== undefined) expect(ran.stderr.split('\n')[0]).toBe(`Error: ${message.replace('PATH', path)}`);
    else expect(ran.stderr).toContain(path);
  });

  test('a directory', async () => {
    const user = keep(createCliUser());
    expect(await user.beamd('--config', '.')).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: ${user.work} is a folder\nHint: Give a file\n`,
    });
  });
});
