/** Servers that put secrets into their errors: whatever fails, neither output nor log nor file repeats them. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startHarmony, startOAuthEdge, startRunbeamCloud, type Fault } from '../../sandbox/testing.ts';
import { BeamError } from '../../src/errors.ts';
import { findInFiles, findInText } from '../support/find-secrets.ts';
import { writeConfig } from '../support/files.ts';
import { expireSession, logIn, logInToCloud, succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { CALLS, startEveryCall, type EveryCall } from '../support/every-call.ts';

const keep = cleanup();

function keepServer(every: EveryCall): EveryCall {
  keep(every.server);
  return every;
}

/** An answer, without what a server of the sandbox can do besides. */
type Body = Pick<Fault, 'status' | 'json' | 'html' | 'body'> & { readonly headers?: Readonly<Record<string, string>> };

/** Every place of an error answer that a library or we could quote. */
function bodies(secret: string): Body[] {
  const fields = {
    error: secret,
    error_description: secret,
    error_uri: `https://x.example/${secret}`,
    message: secret,
    errors: { [secret]: [secret] },
  };
  const headers = {
    'www-authenticate': `Bearer error="${secret}", error_description="${secret}"`,
    'location': `https://x.example/${secret}`,
    'x-error': secret,
  };
  return [
    { status: 400, json: fields },
    { status: 400, json: { ...fields, error: 'invalid_request' } },
    { status: 401, json: fields, headers },
    { status: 403, json: fields },
    { status: 422, json: fields },
    { status: 429, json: fields, headers: { 'retry-after': secret } },
    { status: 500, html: `<h1>${secret}</h1>` },
    { status: 307, body: secret, headers },
    { status: 200, body: secret },
    { status: 200, body: `{"${secret}": ` },
    {
      status: 200,
      json: {
        [secret]: secret,
        status: secret,
        keys: secret,
        scopes: [{ slug: `${secret} ` }],
        base_url: `https://${secret}@x.example`,
      },
    },
    { status: 200, json: [secret] },
  ];
}

const COMMANDS: readonly string[] = [
  'beamd token --server BEAM',
  'beamd orgs --refresh --server BEAM',
  'beamd status --check --server BEAM --json',
  'beamd login --server BEAM',
  'beamd token --server OAUTH',
  'beamd login --server OAUTH --json',
  'beamd --config app.yaml',
  'beamd --config app.yaml whoami --json',
  'runbeam login',
  'runbeam verify',
  'runbeam harmony:info -l gw',
  'runbeam harmony:update -l gw --json',
  'runbeam harmony:authorize -l gw -y',
  'runbeam harmony:authorize -l gw -y --via harmony --json',
  'runbeam token:get -g other',
];

async function runAll(user: CliUser, lines: readonly string[]): Promise<void> {
  for (let at = 0; at < lines.length; at += 5) {
    await Promise.all(
      lines.slice(at, at + 5).map((line) => {
        const [bin, ...args] = line.split(' ');
        return user.run(bin === 'runbeam' ? 'runbeam' : 'beamd', args, { env: { BEAMD_DEBUG: '1' } });
      }),
    );
  }
}

test('every call with every kind of answer: no error of ours repeats the secret', async () => {
  const every = keepServer(await startEveryCall());
  const secret = `canary_${randomBytes(16).toString('hex')}`;
  const leaks: string[] = [];
  for (const [name, { run }] of CALLS) {
    for (const [index, { status = 200, json, html, body, headers = {} }] of bodies(secret).entries()) {
      every.answer = [status, json ?? html ?? body ?? '', headers];
      const error = await run(every);
      const shown = error instanceof BeamError ? JSON.stringify(error) + error.message : String(error);
      if (shown.includes(secret) || (error !== undefined && !(error instanceof BeamError)))
        leaks.push(`${name}, answer ${index}: ${shown}`);
    }
  }
  expect(leaks).toEqual([]);
});

test('15 commands, 12 kinds of answers: the secret is nowhere', async () => {
  const [beam, oauth, cloud] = await Promise.all([
    startBeamAuthEdge({ expiresIn: 1 }),
    startOAuthEdge({ expiresIn: 1 }),
    startRunbeamCloud(),
  ]);
  const gateway = await startHarmony({ cloud: cloud.origin });
  const servers = [beam, oauth, cloud, gateway].map((server) => keep(server));
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  await Promise.all([logIn(user, beam), logIn(user, oauth), logInToCloud(user, cloud)]);
  await Promise.all([beam, oauth].map((edge) => expireSession(user, edge)));
  succeeded(await user.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'gw'));
  writeConfig(user, 'app.yaml', { server: beam.origin, token: beam.apiKey });

  const secret = `canary_${randomBytes(16).toString('hex')}`;
  const faults = bodies(secret);
  // Each request meets the next kind.
  for (const server of servers) {
    for (let round = 0; round < 40; round++) for (const fault of faults) server.faults.next('*', fault);
  }
  const lines = COMMANDS.map((line) => line.replace('BEAM', beam.origin).replace('OAUTH', oauth.origin));
  const before = user.transcript().length;
  await runAll(user, lines);

  const printed = user.transcript().slice(before);
  expect(printed.match(/Error:|"error":|reason|rejected|Checked/g)?.length).toBeGreaterThan(10);
  expect(findInText('the output', printed, [secret])).toEqual([]);
  expect(findInFiles(user.root, [secret])).toEqual([]);
  expect(readFileSync(join(user.home, `.beamd/agents/127.0.0.1_${beam.port}.log`), 'utf8')).not.toBe('');
});
