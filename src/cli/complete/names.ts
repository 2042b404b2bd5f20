/** Names that are on disk, for completion: no network, no agent, no secret is opened. */
import { BeamError } from '../../errors.ts';
import { accountFilter } from '../../services/beamd/accounts.ts';
import type { Context } from '../../services/context.ts';
import { accountTarget, isEdge } from '../../services/target/target.ts';
import type { Account } from '../../store/accounts/account.ts';
import { listInstances } from '../../store/instances/instances.ts';
import { printable } from '../../text.ts';
import type { Item, NameKind } from './suggest.ts';

type NamesContext = Pick<Context, 'env' | 'cwd' | 'homes' | 'warn' | 'accounts'>;

/** Values of the flags that were typed. */
type Given = Readonly<Record<string, string>>;

/** Characters of what is told about a name. */
const LONGEST = 60;

/**
 * Each name once. None that no command takes: one that a terminal does not show, or that would be taken for a flag. What
 * cannot be read has no names: the command itself says why.
 */
export async function knownNames(context: NamesContext, kind: NameKind, given: Given): Promise<Item[]> {
  const all = await readNames(context, kind, given);
  const byValue = new Map(all.map((item) => [item.value, item]));
  return [...byValue.values()]
    .filter(({ value }) => value !== '' && !value.startsWith('-') && value === printable(value, Infinity))
    .map(({ value, about }) => ({ value, about: printable(about, LONGEST) }));
}

async function readNames(context: NamesContext, kind: NameKind, given: Given): Promise<Item[]> {
  try {
    return await READERS[kind](context, given);
  } catch (error) {
    if (error instanceof BeamError) return [];
    throw error;
  }
}

const READERS: Readonly<Record<NameKind, (context: NamesContext, given: Given) => Promise<Item[]> | Item[]>> = {
  server: async (context) => (await accountsOf(context, {})).map(({ server, user = '' }) => ({ value: server, about: user })),
  account: async (context, { server }) =>
    (await accountsOf(context, { server })).map(({ name = '', server: on, user = on }) => ({ value: name, about: user })),
  org: async (context, given) => (await scopesOf(context, given)).map(({ slug, role = '' }) => ({ value: slug, about: role })),
  label: ({ homes }) => listInstances(homes).map(({ label, ip, port }) => ({ value: label, about: `${ip} ${String(port)}` })),
  id: ({ homes }) => listInstances(homes).map(({ id, label }) => ({ value: id, about: label })),
  gateway: ({ homes }) =>
    listInstances(homes).flatMap(({ id, label, gatewayId = '' }) =>
      [label, id, gatewayId].map((value) => ({ value, about: value === label ? '' : label })),
    ),
};

async function accountsOf(context: NamesContext, input: { readonly server?: string | undefined }): Promise<Account[]> {
  const fits = await accountFilter(context, input);
  return (await context.accounts.list()).accounts.filter((account) => isEdge(account) && fits(account.key));
}

/** The orgs of the account that the command would act for; where that is none, or not clear, those of all. */
async function scopesOf(context: NamesContext, { server, account }: Given): Promise<Account['scopes']> {
  try {
    const target = await accountTarget(context, { server, account }, 'completion');
    return target.account.scopes;
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return (await accountsOf(context, {})).flatMap(({ scopes }) => scopes);
  }
}
