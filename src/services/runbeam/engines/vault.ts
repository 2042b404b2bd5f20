/** HashiCorp Vault and OpenBao, a KV engine of version 2: each write names the version that it replaces. */
import * as v from 'valibot';
import { BeamError } from '../../../errors.ts';
import { printable } from '../../../text.ts';
import { parseAnswer, textFields } from './answers.ts';
import type { Dialect } from './dialect.ts';

const secretSchema = v.object({
  data: v.object({
    data: v.nullable(v.record(v.string(), v.unknown())),
    metadata: v.object({ version: v.number() }),
  }),
});

export const vault: Dialect = {
  program: 'vault',
  where: (_run, { env }) =>
    Promise.resolve(`Vault at ${printable(env['VAULT_ADDR'] ?? 'https://127.0.0.1:8200')}${namespace(env)}`),
  read: async (run, name) => {
    // That it is not there, and that it may not be read, have one exit code. The write tells: version 0 is what is not there.
    const { stdout } = await run(['kv', 'get', '-format=json', name]);
    if (stdout.trim() === '') return undefined;
    const secret = parseAnswer(secretSchema, stdout);
    if (secret === undefined) {
      throw new BeamError('bad_answer', `${name} is not in a KV engine of version 2`, {
        hint: { text: 'Version 1 cannot compare before it writes: vault secrets enable -version=2 kv' },
      });
    }
    return { fields: textFields(secret.data.data ?? {}, name), version: secret.data.metadata.version };
  },
  write: async (run, name, fields, before) => {
    const cas = typeof before?.version === 'number' ? before.version : 0;
    return run(['kv', 'put', `-cas=${cas}`, '-format=json', name, '-'], JSON.stringify(fields));
  },
};

const namespace = (env: Readonly<Record<string, string | undefined>>): string =>
  env['VAULT_NAMESPACE'] === undefined ? '' : `, namespace ${printable(env['VAULT_NAMESPACE'])}`;
