/** A user in the kubeconfig, whose tokens come from `beamd`. Its comments stay, which `kubectl config` would take out. */
import { delimiter, isAbsolute, join } from 'node:path';
import { variable } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { accountWords } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { ownCommand } from '../../programs.ts';
import { formatAccountRef } from '../../store/account-key.ts';
import { editForeignFile, LARGEST, readForeignFile } from '../../store/files/foreign-file.ts';
import { editNamedItem } from '../../store/formats/yaml-items.ts';
import { parseYaml, stringifyYaml } from '../../store/formats/yaml.ts';
import { shellWord } from '../../text.ts';
import type { KubeInput } from '../credential/kube.ts';
import { programOnPath } from '../runbeam/engines/client.ts';
import { isFields, type Fields } from '../../loose-json.ts';
import type { SetupContext, Setting, Whose } from './setup.ts';

const LIMITS = { maxBytes: LARGEST };

/** What a kubeconfig begins with. */
const EMPTY = 'apiVersion: v1\nkind: Config\n';

/** The user for an account. Throws `bad_file` for a kubeconfig that is none. */
export async function kubeSetting(context: SetupContext, account: Whose): Promise<Setting> {
  const path = kubeconfig(context);
  const name = `beamd:${formatAccountRef(account)}`;
  const user = { exec: execOf(context, account) };
  const now = usersOf(await parseYaml(readForeignFile(path) ?? '', path, LIMITS)).find((each) => each['name'] === name);
  const isSame = JSON.stringify(sorted(now?.['user'])) === JSON.stringify(sorted(user));
  const edit = (fields: object) => {
    const item = { list: 'users', name, ...fields };
    return editForeignFile(path, (text) => editNamedItem(text.trim() === '' ? EMPTY : text, path, item, LIMITS), {
      lock: `${path}.lock`,
    });
  };
  return {
    place: path,
    lines: (await stringifyYaml({ users: [{ name, user }] })).trimEnd().split('\n'),
    there: now === undefined ? 'none' : isSame ? 'all' : 'some',
    next: `kubectl config set-context --current --user ${shellWord(name)}`,
    write: () => edit({ fields: { user } }),
    remove: () => edit({}),
  };
}

function execOf(context: SetupContext, account: Whose): Readonly<Record<string, unknown>> {
  const [command = '', ...before] = programOnPath(context, 'beamd') === undefined ? ownCommand() : ['beamd'];
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command,
    args: [...before, 'credential', 'kube', ...accountWords(account).split(' ')],
    interactiveMode: 'Never',
    // It answers for its own edge only, so it must be told which cluster it is.
    provideClusterInfo: true,
  };
}

/** The accounts that users of the kubeconfig ask us for, as they were named. Throws `bad_file`, `bad_config`. */
export async function askedByKube(context: Pick<SetupContext, 'env' | 'homes'>): Promise<KubeInput[]> {
  const path = kubeconfig(context);
  const users = usersOf(await parseYaml(readForeignFile(path) ?? '', path, LIMITS));
  return users.flatMap((user) => {
    // Somebody else's user may be anything.
    const args = /"args":\["(?:[^"]*",")?credential","kube","--server","([^"]+)"(?:,"--account","([^"]+)")?\]/u;
    const [, server, account] = args.exec(JSON.stringify(user)) ?? [];
    return server === undefined ? [] : [omitUndefined({ server, account })];
  });
}

/** The first of several, as where kubectl puts what is new. */
function kubeconfig({ env, homes }: Pick<SetupContext, 'env' | 'homes'>): string {
  const [first] = (variable(env, 'KUBECONFIG') ?? '').split(delimiter).filter((path) => path !== '');
  const path = first ?? join(homes.user, '.kube', 'config');
  if (isAbsolute(path)) return path;
  throw new BeamError('bad_config', 'KUBECONFIG is not an absolute path', {
    hint: { text: 'Set it to a whole path, or unset it' },
  });
}

function usersOf(config: Readonly<Record<string, unknown>>): Fields[] {
  const { users } = config;
  const list: readonly unknown[] = Array.isArray(users) ? users : [];
  return list.filter(isFields);
}

/** The same value with its keys in one order: whoever writes a kubeconfig sorts them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, each]): [string, unknown] => [key, sorted(each)]),
  );
}
