/** What secrets are called where gateways run: each engine's own grammar, so that no name can be a flag, a path or a shell word. */
import { BeamError } from '../../../errors.ts';
import { printable } from '../../../text.ts';

/** Where secrets are kept for machines. */
export type Engine = 'vault' | 'k8s' | 'aws' | 'azure';

interface Grammar {
  readonly shape: string;
  readonly pattern: RegExp;
  /** A name that fits, made of a label. */
  readonly usual: (slug: string) => string;
}

const GRAMMARS: Readonly<Record<Engine, Grammar>> = {
  vault: {
    shape: 'MOUNT/PATH of a KV version 2 engine: letters, digits, and . _ - between slashes',
    pattern: /^(?=.{3,400}$)\w[\w.-]*(?:\/\w[\w.-]*)+$/,
    usual: (slug) => `secret/harmony/${slug}`,
  },
  k8s: {
    shape: 'NAMESPACE/NAME: small letters, digits and -',
    pattern:
      /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/,
    usual: (slug) => `default/harmony-${slug}`,
  },
  aws: {
    shape: 'the name or the ARN of a secret: letters, digits and / _ + = . @ -',
    pattern: /^(?:arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:)?[\w/+=.@][\w/+=.@-]{0,511}$/,
    usual: (slug) => `harmony/${slug}`,
  },
  azure: {
    shape: 'VAULT/NAME: letters, digits and -',
    pattern: /^[a-zA-Z](?!.*--.*\/)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]\/[a-zA-Z0-9][a-zA-Z0-9-]{0,126}$/,
    usual: (slug) => `harmony-vault/harmony-${slug}`,
  },
};

/** The name itself, if the engine takes such a one. Throws `usage`. */
export function engineName(engine: Engine, name: string): string {
  const { shape, pattern } = GRAMMARS[engine];
  if (pattern.test(name)) return name;
  throw new BeamError('usage', `${printable(name, 80)} is no name of a secret there`, { hint: { text: `It is ${shape}` } });
}

/** What the secret of an instance is called where nothing else was said. */
export function usualName(engine: Engine, label: string, id: string): string {
  const slug = label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return GRAMMARS[engine].usual(slug === '' ? id : slug);
}

/** The two halves of `NAMESPACE/NAME` and `VAULT/NAME`. */
export function halves(name: string): readonly [first: string, second: string] {
  const at = name.indexOf('/');
  return [name.slice(0, at), name.slice(at + 1)];
}

/** Where one value is: `NAME`, or `NAME#FIELD` of a secret that holds several. Throws `usage`. */
export function parsePlace(text: string): { readonly name: string; readonly field?: string } {
  const at = text.indexOf('#');
  if (at === -1) return { name: text };
  const field = text.slice(at + 1);
  if (/^\w[\w.-]{0,99}$/.test(field)) return { name: text.slice(0, at), field };
  throw new BeamError('usage', `${printable(text, 80)} names no field of a secret`, {
    hint: { text: 'It is NAME#FIELD: letters, digits and . _ - behind the #' },
  });
}
