/** In process and at random: whatever a `.beamd` says, the only host that is asked is one with an account. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { accountOf, credentialOf, randomToken } from '../../auth/auth.testing.ts';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import type { Context } from '../context.ts';
import { createTestContext, type TestContext } from '../services.testing.ts';
import { link } from './link.ts';
import { status } from './status.ts';
import { token } from '../token/token.ts';
import { whoami } from './whoami.ts';

const OWN = 'edge.example.com';
let made: TestContext | undefined;

afterEach(() => made?.close());

const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.webUrl(), fc.constantFrom(OWN, 'localhost', '127.0.0.1:8443'));
const decorated = fc
  .tuple(
    fc.constantFrom('', 'http://', 'https://', `https://${OWN}@`, `${OWN}#`, `${OWN}/../`, '"', '\\', ' ', `${OWN}\\n`),
    host,
  )
  .map(([before, name]) => before + name);
const text = fc.oneof(
  fc.tuple(decorated, decorated).map(([server, other]) => `server: ${server}\nfrom: ${other}\ncontrol_plane: ${other}\n`),
  decorated.map((server) => `{"server": ${JSON.stringify(server)}, "insecure_skip_verify": true}`),
  fc
    .array(fc.tuple(fc.constantFrom('server', 'scope', 'name', 'from', 'issuer', 'api_url'), fc.string({ unit: 'binary' })))
    .map((pairs) => pairs.map(([key, value]) => `${key}: ${value}\n`).join('')),
);

const commands: readonly ((context: Context) => Promise<unknown>)[] = [
  (context) => token(context, {}),
  (context) => whoami(context, {}),
  (context) => status(context, { check: true }),
  (context) => link(context, { local: true, force: false }),
];

test('0 requests to any other host, by any command, with and without BEAMD_TOKEN', async () => {
  made = createTestContext();
  const base = made;
  await base.accounts.save(accountOf(OWN, { dialect: 'static', kind: 'token' }), credentialOf(randomToken()));
  const cwd = join(base.homes.user, 'repository');
  mkdirSync(cwd);
  const asked = new Set<string>();
  const http: Http = ({ url }) => {
    asked.add(new URL(url).host);
    return Promise.reject(new BeamError('network', 'no network in this test'));
  };
  const contextWith = (env: Context['env']): Context => ({ ...base, env: { ...base.env, ...env }, cwd, http: () => http });

  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom({}, { BEAMD_TOKEN: 'x' }), async (content, env) => {
      rmSync(join(cwd, '.beamd.local'), { force: true });
      writeFileSync(join(cwd, '.beamd'), content);
      const context = contextWith(env);
      for (const work of commands) {
        await work(context).catch((error: unknown) => {
          if (!(error instanceof BeamError)) throw error;
        });
      }
      expect([...asked].filter((name) => name !== OWN)).toEqual([]);
    }),
    { numRuns: 150, examples: [[`server: ${OWN}\n`, {}]] },
  );
  expect([...asked]).toEqual([OWN]);
});
