/** Compose and Kubernetes: yaml, written by the library that reads it. */
import { BeamError } from '../../../errors.ts';
import { printable, shellWord } from '../../../text.ts';
import { FIELDS, isInline, PLAIN, type Entry, type Variable } from './bundle.ts';
import { engineName, halves, parsePlace } from './names.ts';

type Stringify = (typeof import('yaml'))['stringify'];

/** No line is broken, and nothing refers to another line: who reads it looks for a value in its place. */
async function yamlWriter(): Promise<(value: unknown) => string> {
  const { stringify }: { readonly stringify: Stringify } = await import('yaml');
  return (value) => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** What runs, and the label of the gateway that it is for. */
interface Running {
  readonly image: string;
  readonly label: string;
}

/** A Compose file. `$` begins a variable in it, so in a value it is written twice. */
export async function composeFile(entries: readonly Entry[], { image, label }: Running): Promise<string> {
  const write = await yamlWriter();
  const values = entries.map(({ variable, value, from }) => [
    variable,
    value?.reveal().replaceAll('$', '$$$$') ?? asked(variable, from),
  ]);
  const head = isInline(entries)
    ? '# Keep it out of git: it holds secrets.\n'
    : `# The values come from the environment, or from an .env beside it: ${exportOf(label)} --format env --inline --out .env\n`;
  return (
    head +
    write({
      services: {
        harmony: {
          image,
          environment: Object.fromEntries([...values, PLAIN]) as Record<string, string>,
          ports: ['8080:8080', '9090:9090'],
          volumes: ['./config:/etc/harmony:ro', 'harmony-data:/data/harmony'],
        },
      },
      volumes: { 'harmony-data': {} },
    })
  );
}

/** In a comment: one line, whatever the gateway is called. */
const exportOf = (label: string): string => `runbeam harmony:export -l ${shellWord(printable(label))}`;

/** Compose refuses to start where it is empty. */
function asked(variable: Variable, from: string = variable): string {
  if (!/^[A-Za-z_]\w*$/.test(from)) {
    throw new BeamError('usage', `${printable(from)} is no name of a variable`, {
      hint: { text: `Compose takes it from a variable: --jwt-secret-from ${variable}` },
    });
  }
  return `\${${from}:?is not set}`;
}

/** Keys of a Kubernetes secret, as the documents of Harmony have them. */
const kubernetesKey = (variable: Variable): string => FIELDS[variable].replace('_', '-');

/** A Secret, where values are to be in it, and a Deployment that reads it. `name`: `NAMESPACE/NAME`. */
export async function kubernetesManifest(entries: readonly Entry[], name: string, { image, label }: Running): Promise<string> {
  const write = await yamlWriter();
  const [namespace, secret] = halves(name);
  const kept = entries.flatMap(({ variable, value }) => (value === undefined ? [] : [[kubernetesKey(variable), value.reveal()]]));
  const documents = [
    ...(kept.length === 0 ? [] : [ABOUT_STRING_DATA + write(secretObject({ namespace, secret }, Object.fromEntries(kept)))]),
    (kept.length === 0 ? `# The secret is put there by: ${exportOf(label)} --to k8s:${name}\n` : '') +
      write(deployment(entries, { namespace, secret, image })),
  ];
  return documents.join('---\n');
}

const ABOUT_STRING_DATA =
  '# stringData takes values as they are. The key is base64 of its AGE-SECRET-KEY-1 line already: kubectl and the API server encode\n' +
  '# it once more by themselves, and undo that for the pod. Encoding it by hand, for --from-literal, makes a key that no gateway reads.\n';

interface Place {
  readonly namespace: string;
  readonly secret: string;
}

function secretObject({ namespace, secret }: Place, stringData: unknown): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: secret, namespace }, type: 'Opaque', stringData };
}

function deployment(entries: readonly Entry[], { namespace, secret, image }: Place & { readonly image: string }): object {
  const labels = { app: 'harmony' };
  const env = [...entries.map((entry) => ({ name: entry.variable, valueFrom: { secretKeyRef: keyRef(entry, secret) } }))];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'harmony', namespace },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'harmony',
              image,
              env: [...env, { name: PLAIN[0], value: PLAIN[1] }],
              volumeMounts: [
                { name: 'config', mountPath: '/etc/harmony', readOnly: true },
                { name: 'data', mountPath: '/data/harmony' },
              ],
            },
          ],
          volumes: [
            { name: 'config', configMap: { name: 'harmony-config' } },
            { name: 'data', persistentVolumeClaim: { claimName: 'harmony-data' } },
          ],
        },
      },
    },
  };
}

function keyRef({ variable, from }: Entry, secret: string): { readonly name: string; readonly key: string } {
  const own = kubernetesKey(variable);
  if (from === undefined) return { name: secret, key: own };
  const { name, field = own } = parsePlace(from);
  // It is of the same namespace, whatever that is called.
  engineName('k8s', `default/${name}`);
  return { name, key: field };
}
