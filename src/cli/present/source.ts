/** Where a value is from: the same words in `status`, in `why` and in the table of the ladder. */
import { basename } from 'node:path';
import type { Candidate, Topic } from '../../services/target/climb.ts';
import { printable } from '../../text.ts';
import { shortPath, type Home } from './path.ts';

type Kind = Candidate['source']['kind'];

const VARIABLES: Readonly<Record<Topic, string>> = {
  server: 'BEAMD_SERVER',
  account: 'BEAMD_ACCOUNT',
  scope: 'BEAMD_SCOPE',
  token: 'BEAMD_TOKEN',
};

const NAMES: Readonly<Record<Exclude<Kind, 'flag' | 'env'>, string>> = {
  'app-config': '--config',
  'project': '.beamd',
  'agent-socket': 'BEAMD_AGENT_SOCK',
  'current': 'the current account',
  'only-account': 'the only account',
  'nameless-account': 'the one without a name',
  'default-host': 'the default server',
  'default-scope': 'the default org',
  'first-scope': 'your personal org',
  'account': 'the account',
};

interface From {
  readonly kind: Kind;
  readonly path?: string | undefined;
}

/** `--server`, `BEAMD_SERVER`, `.beamd.local`, `the only account`. */
export function sourceName(topic: Topic, { kind, path }: From): string {
  if (kind === 'flag') return `--${topic}`;
  if (kind === 'env') return VARIABLES[topic];
  return kind === 'project' && path !== undefined ? printable(basename(path)) : NAMES[kind];
}

/** As `sourceName`, and of a file its path, with `~` for the home folder; `line` where that is known. */
export function sourcePlace(topic: Topic, source: From, home: Home, line?: number): string {
  if (source.path === undefined) return sourceName(topic, source);
  const place = shortPath(source.path, home) + (line === undefined ? '' : `:${String(line)}`);
  return source.kind === 'app-config' ? `--config ${place}` : place;
}
