/** Servers that turn a login against the user: pages to approve it on that are no pages, or more than that. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startRunbeamCloud } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { until } from '../support/measure.ts';

const keep = cleanup();

/** A browser that writes down how it was called: one line for each time, its arguments as JSON. */
function recordingBrowser(user: CliUser): { readonly env: Record<string, string>; calls(): unknown[] } {
  const path = join(user.root, 'browser');
  const log = join(user.root, 'browser.log');
  const script = `require('node:fs').appendFileSync(${JSON.stringify(log)}, JSON.stringify(process.argv.slice(2)) + '\\n')`;
  writeFileSync(path, `#!${process.execPath}\n${script}\n`, { mode: 0o755 });
  const lines = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').split('\n') : []);
  return {
    env: { BEAMD_BROWSER: path },
    calls: () => lines().flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)])),
  };
}

const marker = (user: CliUser): string => join(user.root, 'executed');

const HOSTILE = (touch: string): readonly string[] => [
  'javascript:alert(1)',
  'file:///etc/passwd',
  'data:text/html,<script>1</script>',
  'vbscript:x',
  'ssh://attacker.example/-oProxyCommand=x',
  'http://attacker.example/',
  'https://user:pass@attacker.example/',
  'https://edge.example.com@attacker.example/',
  `https://attacker.example/${'a'.repeat(3_000)}`,
  `;${touch}`,
  `$(${touch})`,
  `\`${touch}\``,
  `| ${touch}`,
  '--version',
  '-new-window https://attacker.example/',
  'https://attacker.example/\n--version',
  'https://attacker.example/ --version',
  'https://edge.example.com/\u202egpj.moc',
  '\\\\attacker.example\\share',
  'C:\\Windows\\System32\\calc.exe',
  '/bin/sh',
  'https://',
];

describe('verification URIs', () => {
  test('that are no pages: 0 executions, and the login ends', async () => {
    const [edge, cloud] = [keep(await startBeamAuthEdge()), keep(await startRunbeamCloud())];
    const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
    const browser = recordingBrowser(user);
    const code = { device_code: 'd', user_code: 'ABCD-EFGH', expires_in: 600 };
    const good = 'https://edge.example.com/';
    const uris = HOSTILE(`touch ${marker(user)}`);
    for (const [at, uri] of uris.entries()) {
      const fields = at % 2 === 0 ? { verification_uri: uri } : { verification_uri: good, verification_uri_complete: uri };
      edge.faults.next('POST /device/code', { json: { ...code, ...fields } });
      if (at % 4 === 0)
        cloud.faults.next('POST /api/cli/start-login', {
          json: { device_token: 'd', verification_url: uri, expires_in_seconds: 600 },
        });
    }
    // Each login takes the next of them, so that several may go on at a time.
    const codes: (number | null)[] = [];
    const one = async (uri: string): Promise<void> => {
      const { env } = browser;
      codes.push((await user.run('beamd', ['login', '--server', edge.origin], { env })).code);
      if (uris.indexOf(uri) % 4 === 0) codes.push((await user.run('runbeam', ['login'], { env })).code);
    };
    for (let at = 0; at < uris.length; at += 4) await Promise.all(uris.slice(at, at + 4).map(one));
    expect(codes).toEqual(Array.from({ length: uris.length + Math.ceil(uris.length / 4) }, () => 5));
    expect({ calls: browser.calls(), executed: existsSync(marker(user)) }).toEqual({ calls: [], executed: false });
  });

  test('that are pages with a shell’s characters: one execution with one argument', async () => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    const browser = recordingBrowser(user);
    const touch = `touch\${IFS}${marker(user)}`;
    const uri = `https://edge.example.com/device?a=1&b=$(${touch});${touch}|${touch}&c=\`${touch}\`'"&d=%s&e=--version`;
    const code = { device_code: 'd', user_code: 'ABCD-EFGH', verification_uri: uri, expires_in: 600 };
    edge.faults.next('POST /device/code', { json: code });
    const login = user.start('beamd', ['login', '--server', edge.origin], { env: browser.env });
    await login.waitFor(/Never enter a code/);
    await until(() => browser.calls().length > 0);
    login.kill('SIGINT');
    await login.done;
    expect({ calls: browser.calls(), executed: existsSync(marker(user)) }).toEqual({
      calls: [[new URL(uri).href]],
      executed: false,
    });
    // The whole address is shown, so that its host can be read before it is opened.
    expect(login.output().stderr).toContain(`Open ${new URL(uri).href} in a browser`);
  });
});
