/** A Secret of Kubernetes: the API server refuses to replace one whose `resourceVersion` is another by now. */
import * as v from 'valibot';
import { BeamError } from '../../../errors.ts';
import { printable } from '../../../text.ts';
import { halves } from '../export/names.ts';
import { parseAnswer } from './answers.ts';
import { clientFailed } from './client.ts';
import type { Dialect } from './dialect.ts';

const secretSchema = v.looseObject({
  metadata: v.looseObject({ resourceVersion: v.string() }),
  data: v.optional(v.record(v.string(), v.string())),
});

type SecretObject = v.InferOutput<typeof secretSchema>;

/** What was read, to be sent back with other data: labels and owners are others' to set. */
const objects = new WeakMap<object, SecretObject>();

export const kubernetes: Dialect = {
  program: 'kubectl',
  where: async (run) => {
    const { ok, stdout } = await run(['config', 'current-context']);
    return ok ? `Kubernetes, context ${printable(stdout.trim())}` : 'Kubernetes, with no context: as the pod that this runs in';
  },
  read: async (run, name, context) => {
    const [namespace, secret] = halves(name);
    const answer = await run(['get', 'secret', secret, `--namespace=${namespace}`, '--ignore-not-found', '--output=json']);
    if (!answer.ok) throw clientFailed(context, 'kubectl', `read the secret ${name}`, answer.said);
    if (answer.stdout.trim() === '') return undefined;
    const object = parseAnswer(secretSchema, answer.stdout);
    if (object === undefined) {
      throw new BeamError('bad_answer', `kubectl gave no Secret for ${name}`, {
        hint: { command: `kubectl get secret ${secret} --namespace=${namespace}` },
      });
    }
    const fields = Object.entries(object.data ?? {}).map(([key, value]) => [
      fieldOf(key),
      Buffer.from(value, 'base64').toString('utf8'),
    ]);
    const kept = { fields: Object.fromEntries(fields) as Record<string, string>, version: object.metadata.resourceVersion };
    objects.set(kept, object);
    return kept;
  },
  write: async (run, name, fields, before) => {
    const [namespace, secret] = halves(name);
    const { managedFields: _server, ...metadata }: Record<string, unknown> = (before && objects.get(before))?.metadata ?? {
      name: secret,
      namespace,
    };
    const base = (before && objects.get(before)) ?? { type: 'Opaque' };
    const coded = Object.entries(fields).map(([field, value]) => [keyOf(field), Buffer.from(value).toString('base64')]);
    const object = {
      ...base,
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      data: Object.fromEntries(coded) as Record<string, string>,
    };
    const verb = before === undefined ? 'create' : 'replace';
    return run([verb, '--filename=-', `--namespace=${namespace}`, '--output=name', '--validate=false'], JSON.stringify(object));
  },
};

const OURS = ['encryption_key', 'machine_token', 'jwt_secret'];

/** Its keys have hyphens in the documents of Harmony. Others' keys stay as they are. */
const keyOf = (field: string): string => (OURS.includes(field) ? field.replace('_', '-') : field);

const fieldOf = (key: string): string => {
  const field = key.replace('-', '_');
  return OURS.includes(field) ? field : key;
};
