/** A real program for each entry of the library, to be run as ES module and as CommonJS; each prints one line of JSON. */

/** Calls, a list over pages, tokens on disk, verification, and what comes of a server that is not there. */
const RUNBEAM = `
  const token = process.env.RUNBEAM_TOKEN;
  const client = new RunbeamClient({ token });
  const gateways = [];
  for await (const { name } of client.gateways.list()) gateways.push(name);
  const code = (promise) => promise.then(() => 'none', (error) => (error instanceof BeamError ? error.code : String(error)));
  const missing = await code(client.services.get('unknown'));
  const away = await code(new RunbeamClient({ token, apiUrl: 'http://127.0.0.1:1', retries: 0 }).gateways.get('a'));
  const aborted = await code(client.gateways.get('gw_1', { signal: AbortSignal.abort() }));
  await saveToken('an-instance', new MachineToken({ gatewayId: 'gw_1', expiresAt: '2099-01-01T00:00:00Z', machineToken: token }));
  const loaded = await loadToken('an-instance');
  const kept = [loaded.gatewayId, loaded.isValid(), loaded.machineToken.reveal() === token, String(loaded.machineToken)];
  await clearToken('an-instance');
  const gone = (await loadToken('an-instance')) === undefined;
  const verified = await verifyUserToken(token, { issuer: process.env.RUNBEAM_API_URL });
  const verifier = createVerifier({
    algorithm: 'RS256',
    jwksUrl: process.env.RUNBEAM_API_URL + '/api/.well-known/jwks.json',
    issuer: process.env.RUNBEAM_API_URL + '/api/cli/check-login',
    audience: 'runbeam-cli',
  });
  const headers = { authorization: 'Bearer ' + token };
  const good = await authenticate(new Request('https://service.example/', { headers }), { verifier });
  const bad = await authenticate(new Request('https://service.example/'), { verifier });
  const callers = [good.authenticated, bad.status];
  console.log(JSON.stringify({ gateways, missing, away, aborted, kept, gone, verified: verified.kind, callers }));
`;

/** A token, a call with it, a host that is none of the account's, and an agent that is gone. */
const AGENT = `
  const agent = await connect();
  const events = [];
  agent.on('restarted', () => events.push('restarted'));
  const token = await agent.token();
  const answer = await agent.fetch(agent.origins[0] + '/api/scopes');
  const { scopes } = await answer.json();
  const code = (promise) => promise.then(() => 'none', (error) => (error instanceof BeamError ? error.code : String(error)));
  const elsewhere = await code(agent.fetch('https://other.example.com/'));
  const scope = await code(agent.token({ scope: 'nobody' }));
  const aborted = await code(agent.token({ signal: AbortSignal.abort() }));
  execFileSync(process.env.TEST_NODE, [process.env.TEST_BIN, 'agent', 'stop'], { stdio: 'ignore' });
  const same = (await agent.token()) === token;
  await new Promise((resolve) => setImmediate(resolve));
  agent.close();
  const closed = await code(agent.token());
  console.log(JSON.stringify({ token, status: answer.status, scopes: scopes.length, elsewhere, scope, aborted, same, events, closed }));
`;

const NAMES = {
  runbeam: [
    'authenticate',
    'BeamError',
    'clearToken',
    'createVerifier',
    'loadToken',
    'MachineToken',
    'RunbeamClient',
    'saveToken',
  ],
  agent: ['BeamError', 'connect'],
} as const;

export type Entry = keyof typeof NAMES;

/** The files of both programs, by name, each as ES module and as CommonJS. */
export function programFiles(): readonly (readonly [name: string, text: string])[] {
  return [...filesOf('runbeam', RUNBEAM, 'verifyUserToken'), ...filesOf('agent', AGENT)];
}

function filesOf(entry: Entry, body: string, ...more: readonly string[]): (readonly [string, string])[] {
  const names = [...NAMES[entry], ...more].join(', ');
  const from = `'@beamd/cli/${entry}'`;
  return [
    [`${entry}.mjs`, `import { execFileSync } from 'node:child_process';\nimport { ${names} } from ${from};\n${body}`],
    [
      `${entry}.cjs`,
      `const { execFileSync } = require('node:child_process');\nconst { ${names} } = require(${from});\n(async () => {${body}})();\n`,
    ],
  ];
}
