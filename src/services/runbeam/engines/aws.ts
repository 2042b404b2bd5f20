/** AWS Secrets Manager: a new version becomes the current one only if the one that was read still is. */
import * as v from 'valibot';
import { printable } from '../../../text.ts';
import { jsonFields, parseAnswer } from './answers.ts';
import type { Dialect } from './dialect.ts';

const valueSchema = v.object({ SecretString: v.string(), VersionId: v.string() });
const callerSchema = v.object({ Account: v.string() });
const versionSchema = v.object({ VersionId: v.string() });

/** The label of a version that is not current yet; whoever comes next takes it over. */
const NEXT = 'RUNBEAM-NEXT';

const FROM_STDIN = ['--cli-input-json', 'file:///dev/stdin', '--output=json'];

export const aws: Dialect = {
  program: 'aws',
  where: async (run, { env }) => {
    const caller = parseAnswer(callerSchema, (await run(['sts', 'get-caller-identity', '--output=json'])).stdout);
    const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? (await run(['configure', 'get', 'region'])).stdout.trim();
    return `AWS account ${printable(caller?.Account ?? '(unknown)')}, region ${printable(region)}`;
  },
  read: async (run, name) => {
    // That it is not there, and that it may not be read, are told apart by words alone: creating it tells.
    const { ok, stdout } = await run([
      'secretsmanager',
      'get-secret-value',
      `--secret-id=${name}`,
      '--version-stage=AWSCURRENT',
      '--output=json',
    ]);
    const value = ok ? parseAnswer(valueSchema, stdout) : undefined;
    return value && { fields: jsonFields(value.SecretString, name), version: value.VersionId };
  },
  write: async (run, name, fields, before) => {
    const SecretString = JSON.stringify(fields);
    if (typeof before?.version !== 'string') {
      return run(['secretsmanager', 'create-secret', ...FROM_STDIN], JSON.stringify({ Name: name, SecretString }), 'file');
    }
    const input = { SecretId: name, SecretString, VersionStages: [NEXT] };
    const put = await run(['secretsmanager', 'put-secret-value', ...FROM_STDIN], JSON.stringify(input), 'file');
    const version = put.ok ? parseAnswer(versionSchema, put.stdout) : undefined;
    if (version === undefined) return { ...put, ok: false };
    return run([
      'secretsmanager',
      'update-secret-version-stage',
      `--secret-id=${name}`,
      '--version-stage=AWSCURRENT',
      `--move-to-version-id=${version.VersionId}`,
      `--remove-from-version-id=${before.version}`,
      '--output=json',
    ]);
  },
};
