/** Vault, AWS and Azure: what their own clients take, and what a gateway's start script asks them. */
import { shellWord } from '../../../text.ts';
import { BeamError } from '../../../errors.ts';
import { FIELDS, isInline, PLAIN, revealed, type Entry } from './bundle.ts';
import { engineName, halves, parsePlace, type Engine } from './names.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Lines for a start script, each of which asks one value. */
function exports(entries: readonly Entry[], engine: Engine, name: string, ask: (name: string, field?: string) => string): string {
  const lines = entries.map(({ variable, from }) => {
    const place = from === undefined ? { name, field: FIELDS[variable] } : parsePlace(from);
    return `export ${variable}="$(${ask(engineName(engine, place.name), place.field)})"`;
  });
  return `${lines.join('\n')}\n`;
}

/** The JSON that `vault kv put NAME -` reads, or lines of sh. */
export function vaultText(entries: readonly Entry[], name: string): string {
  if (isInline(entries)) return json(revealed(entries));
  return exports(
    entries,
    'vault',
    name,
    (path, field = FIELDS.RUNBEAM_JWT_SECRET) => `vault kv get -field=${shellWord(field)} ${path}`,
  );
}

/** The JSON that `aws secretsmanager create-secret --cli-input-json file:///dev/stdin` reads, or lines of sh. */
export function awsText(entries: readonly Entry[], name: string): string {
  if (isInline(entries)) return json({ Name: name, SecretString: JSON.stringify(revealed(entries)) });
  return exports(
    entries,
    'aws',
    name,
    (id, field) => `aws secretsmanager get-secret-value --secret-id ${id} --query SecretString --output text${member(field)}`,
  );
}

/** The value that `az keyvault secret set --file /dev/stdin` reads, or lines of sh. */
export function azureText(entries: readonly Entry[], name: string): string {
  if (isInline(entries)) return json(revealed(entries));
  return exports(entries, 'azure', name, (place, field) => {
    const [vault, secret] = halves(place);
    return `az keyvault secret show --vault-name ${vault} --name ${secret} --query value -o tsv${member(field)}`;
  });
}

/** One member of a secret that is JSON. Without a field all of it is the value. */
function member(field: string | undefined): string {
  if (field === undefined) return '';
  return ` | jq -r ${/^[a-z]\w*$/i.test(field) ? `.${field}` : shellWord(`.["${field}"]`)}`;
}

/** A task definition, and the policy that its execution role needs to read the secrets. */
export function ecsText(entries: readonly Entry[], name: string, image: string): string {
  if (entries.some(({ value }) => value !== undefined)) {
    throw new BeamError('usage', 'A task definition holds no secrets: whoever may describe it can read it', {
      hint: { text: 'Without --inline it names a secret of AWS Secrets Manager; --to aws:NAME puts it there' },
    });
  }
  const secrets = entries.map(({ variable, from }) => {
    const place = from === undefined ? { name, field: FIELDS[variable] } : parsePlace(from);
    const arn = arnOf(engineName('aws', place.name));
    // The two last are the stage and the version: the newest.
    return { arn, entry: { name: variable, valueFrom: place.field === undefined ? arn : `${arn}:${place.field}::` } };
  });
  return json({
    task_definition: {
      family: 'harmony-production',
      taskRoleArn: 'arn:aws:iam::ACCOUNT:role/harmony-task-role',
      executionRoleArn: 'arn:aws:iam::ACCOUNT:role/harmony-execution-role',
      containerDefinitions: [
        {
          name: 'harmony',
          image,
          memory: 512,
          essential: true,
          secrets: secrets.map(({ entry }) => entry),
          environment: [{ name: PLAIN[0], value: PLAIN[1] }],
          portMappings: [8080, 9090].map((containerPort) => ({ containerPort, protocol: 'tcp' })),
        },
      ],
    },
    execution_role_policy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['secretsmanager:GetSecretValue'],
          Resource: [...new Set(secrets.map(({ arn }) => policyResource(arn)))],
        },
      ],
    },
  });
}

const arnOf = (name: string): string => (name.startsWith('arn:') ? name : `arn:aws:secretsmanager:REGION:ACCOUNT:secret:${name}`);

/** AWS puts a hyphen and six characters behind the name of a secret. */
const policyResource = (arn: string): string =>
  /-[A-Za-z0-9]{6}$/.test(arn) && !arn.includes('ACCOUNT') ? arn : `${arn}-??????`;
