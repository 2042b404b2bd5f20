/** Azure Key Vault, which compares nothing before it writes: it is looked at once more right before. */
import * as v from 'valibot';
import { printable } from '../../../text.ts';
import { halves } from '../export/names.ts';
import { jsonFields, parseAnswer } from './answers.ts';
import type { Dialect, Kept } from './dialect.ts';
import type { Run } from './client.ts';

/** The id of a secret ends in its version. */
const secretSchema = v.object({ id: v.string(), value: v.string() });
const accountSchema = v.object({ name: v.string() });

const place = (name: string): string[] => {
  const [vault, secret] = halves(name);
  return [`--vault-name=${vault}`, `--name=${secret}`];
};

async function read(run: Run, name: string): Promise<Kept | undefined> {
  const { ok, stdout } = await run(['keyvault', 'secret', 'show', ...place(name), '--output=json']);
  const secret = ok ? parseAnswer(secretSchema, stdout) : undefined;
  return secret && { fields: jsonFields(secret.value, name), version: secret.id };
}

export const azure: Dialect = {
  program: 'az',
  where: async (run) => {
    const account = parseAnswer(accountSchema, (await run(['account', 'show', '--output=json'])).stdout);
    return `Azure subscription ${printable(account?.name ?? '(unknown)')}`;
  },
  read,
  write: async (run, name, fields, before) => {
    const now = await read(run, name);
    if (now?.version !== before?.version) return { ok: false, said: [] };
    // Its answer would hold the secret.
    const words = ['keyvault', 'secret', 'set', ...place(name), '--file=/dev/stdin', '--encoding=utf-8', '--output=none'];
    return run(words, JSON.stringify(fields), 'file');
  },
};
