/** The `.beamd` of the project that the working folder is in: is it well-formed, and does it name what is there. */
import { BeamError } from '../../../errors.ts';
import { accountWords } from '../../../hints.ts';
import { nearest } from '../../../nearest.ts';
import { parseAccountName, splitAccountKey } from '../../../store/account-key.ts';
import { createAccountStore } from '../../../store/accounts/account-store.ts';
import type { Account } from '../../../store/accounts/account.ts';
import { findProjectPin, type ProjectPin } from '../../../store/config/project-pin.ts';
import { parseServer, type Server } from '../../../store/server.ts';
import { shellWord } from '../../../text.ts';
import { hasScope } from '../../target/target.ts';
import { typedServer } from '../../target/typed-name.ts';
import { error, ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { host, org, path, say, titled, trouble } from '../report/text.ts';

export const project: Check = {
  name: 'project',
  only: 'beamd',
  look: async (subject) => {
    const { pin, found } = await inspectPin(subject);
    if (pin === undefined) return found.length > 0 ? found : [ok(say`No .beamd applies here`)];
    return found.some(({ level }) => level !== 'ok') ? found : [ok(say`${path(pin.path)} is well-formed`), ...found];
  },
};

/** What was found about a pin. */
export interface PinDraft extends Draft {
  /** The file says what it may not say, or names what is not there. `secret`: it holds one. */
  readonly fault?: 'invalid' | 'secret';
}

export interface InspectedPin {
  /** Absent: there is none, or it cannot be read. */
  readonly pin?: ProjectPin;
  readonly server?: Server;
  /** Accounts that this user has on the server. */
  readonly accounts: readonly Account[];
  readonly found: readonly PinDraft[];
}

type PinSubject = Pick<Subject, 'cwd' | 'homes' | 'clock' | 'env'>;

/** Looks at the pin of a folder, and at the accounts that this user has for it. Nothing is asked of anybody. */
export async function inspectPin(subject: PinSubject): Promise<InspectedPin> {
  let pin: ProjectPin | undefined;
  let server: Server | undefined;
  try {
    pin = await findProjectPin(subject.cwd, subject.homes);
    if (pin === undefined) return { accounts: [], found: [] };
    server = pin.server === undefined ? undefined : parseServer(pin.server);
    if (pin.account !== undefined) parseAccountName(pin.account);
  } catch (failure) {
    return { accounts: [], found: [faulty(failure, pin)] };
  }
  const warned = (pin.warnings ?? []).map((line): PinDraft => {
    return { ...warning([trouble(new BeamError('bad_file', line))]), fault: 'invalid' };
  });
  if (server === undefined) return { pin, accounts: [], found: warned };
  const accounts = await accountsFor(subject, server, pin);
  return { pin, server, accounts, found: [...warned, ...known(pin, server, accounts)] };
}

function faulty(failure: unknown, pin: ProjectPin | undefined): PinDraft {
  if (!(failure instanceof BeamError)) throw failure;
  const fault = failure.code === 'secret_in_project' ? 'secret' : 'invalid';
  const message = pin === undefined ? [trouble(failure)] : say`${path(pin.path)}: ${trouble(failure)}`;
  return { ...error(message, failure.hint), fault };
}

/** Those on the server with the pinned name, if one is pinned. What cannot be read is none: others say so. */
async function accountsFor({ homes, clock, env }: PinSubject, server: Server, pin: ProjectPin): Promise<Account[]> {
  const store = createAccountStore({ homes, clock, env, untouched: true });
  try {
    const { key } = await typedServer({ accounts: store }, server);
    const { accounts } = await store.list();
    const name = pin.account === undefined ? undefined : parseAccountName(pin.account);
    return accounts.filter((account) => {
      const parts = splitAccountKey(account.key);
      return parts.serverKey === key && (pin.account === undefined || parts.name === name);
    });
  } catch (failure) {
    if (failure instanceof BeamError) return [];
    throw failure;
  }
}

function known(pin: ProjectPin, server: Server, accounts: readonly Account[]): PinDraft[] {
  const [first] = accounts;
  if (first === undefined) {
    const named = { server: server.name, name: pin.account };
    const hint = { command: `beamd login ${accountWords(named)}` };
    return [warning(say`This project uses ${titled(named)}, and you are not logged in there`, hint)];
  }
  const { scope } = pin;
  if (scope === undefined) return [ok(say`You are logged in to ${host(first.server)}`)];
  if (accounts.every(({ kind }) => kind === 'token')) {
    return [warning(say`${host(first.server)} is self-hosted and has no orgs: ${org(scope)} changes nothing`)];
  }
  if (accounts.some((account) => hasScope(account, scope))) {
    return [ok(say`You are logged in to ${host(first.server)}, and ${org(scope)} is among your orgs`)];
  }
  return [
    {
      ...error(say`${org(scope)} is not among your orgs on ${host(first.server)}`, orgHint(scope, accounts, first)),
      fault: 'invalid',
    },
  ];
}

function orgHint(scope: string, accounts: readonly Account[], first: Account): Draft['hint'] {
  const meant = nearest(
    scope,
    accounts.flatMap(({ scopes }) => scopes.map(({ slug }) => slug)),
  );
  if (meant !== undefined) return { text: `Did you mean ${shellWord(meant)}?` };
  return { command: `beamd orgs --refresh ${accountWords(first)}` };
}
