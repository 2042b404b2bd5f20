/** The logins: whether each can still be used, and for how long. */
import { BeamError, type Hint } from '../../../errors.ts';
import { accountWords, caCommand, loginCommand } from '../../../hints.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { createAccountStore } from '../../../store/accounts/account-store.ts';
import type { Account, AccountStore, Credential } from '../../../store/accounts/account.ts';
import { error, ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { moment, org, say, titled, trouble, user, type Text } from '../report/text.ts';

/** A login that cannot be renewed is spoken of this long before its end, seconds. */
const SOON = 3 * 86_400;

/** More that are in order are told as a number. */
const MOST = 5;

export const accounts: Check = {
  name: 'accounts',
  look: async (subject) => {
    const { accounts, problems } = await subject.accounts();
    const { homes, clock, env, keyring } = subject;
    const store = createAccountStore(omitUndefined({ homes, clock, env, keyring, untouched: true }));
    const broken = problems.map((problem) => {
      const failure = new BeamError('bad_file', problem.message);
      return problem.key === undefined
        ? warning([trouble(failure)])
        : error([trouble(failure)], { command: `ls -l ${problem.path}` });
    });
    const looks = await Promise.all(accounts.map((account) => lookAt(subject, store, account)));
    const found = [...broken, ...looks.flat()];
    if (found.length === 0) return [warning(say`You are not logged in anywhere`, { command: `${subject.patient} login` })];
    const fine = found.filter(({ level }) => level === 'ok');
    return fine.length <= MOST
      ? found
      : [...found.filter((draft) => !fine.includes(draft)), ok(say`${fine.length} logins are in order`)];
  },
};

async function lookAt(subject: Subject, store: AccountStore, account: Account): Promise<Draft[]> {
  const whose = describe(account);
  const session = await sessionOf(subject, store, account, whose);
  return [session, ...remarks(account, whose), ...(await ownCa(subject, account, whose))];
}

/** `alice on edge.example.com`. */
function describe(account: Account): Text {
  return account.user === undefined ? titled(account) : say`${user(account.user)} on ${titled(account)}`;
}

async function sessionOf(subject: Subject, store: AccountStore, account: Account, whose: Text): Promise<Draft> {
  const login = { command: loginCommand(account) };
  if (account.locked !== undefined)
    return warning(say`${whose}: locked`, { command: `beamd agent unlock ${accountWords(account)}` });
  if (account.endedAt !== undefined) return error(say`${whose}: the session ended ${moment(account.endedAt)}`, login);
  const agent = await subject.agent(account.key);
  const now = subject.clock.now() / 1000;
  // What a running agent holds takes no secret to be opened.
  if (typeof agent === 'object' && !(agent instanceof BeamError) && (agent.status.expiresAt ?? 0) > now)
    return ok(say`${whose}: valid`);
  if (await isKeyAtHand(subject, account)) return ok(say`${whose}: does not expire by itself`);
  try {
    return lifeOf(await store.credential(account), now, whose, login);
  } catch (failure) {
    if (failure instanceof BeamError) return error(say`${whose}: ${trouble(failure)}`, failure.hint);
    throw failure;
  }
}

/** @param now - unix seconds */
function lifeOf(credential: Credential | undefined, now: number, whose: Text, login: Hint): Draft {
  if (credential === undefined) return error(say`${whose}: there is no session any more`, login);
  const { expiresAt, refreshToken } = credential;
  if (expiresAt === undefined) return ok(say`${whose}: does not expire by itself`);
  if (refreshToken !== undefined) return ok(expiresAt > now ? say`${whose}: valid` : say`${whose}: renewed when it is next used`);
  if (expiresAt <= now) return error(say`${whose}: expired ${moment(expiresAt)}, and cannot be renewed`, login);
  const left = say`${whose}: valid, expires ${moment(expiresAt)}`;
  return expiresAt - now < SOON ? warning(say`${left}, and cannot be renewed`, login) : ok(left);
}

/**
 * Of a token that does not expire there is nothing to be read in its secret but whether it opens. That takes a library longer to
 * load than all the rest takes; offline it is enough that there is a key.
 */
async function isKeyAtHand({ offline, homes, env }: Subject, { kind, storage }: Account): Promise<boolean> {
  if (!offline || kind !== 'token' || storage !== 'age') return false;
  const { knownStoreKeys } = await import('../../../store/secrets/key-file.ts');
  try {
    return knownStoreKeys(homes, env).length > 0;
  } catch (failure) {
    if (failure instanceof BeamError) return false;
    throw failure;
  }
}

function remarks(account: Account, whose: Text): Draft[] {
  const found: Draft[] = [];
  const { defaultScope, scopes, kind } = account;
  if (kind === 'session' && defaultScope !== undefined && !scopes.some(({ slug }) => slug === defaultScope)) {
    const hint = { command: `beamd orgs --refresh ${accountWords(account)}` };
    found.push(warning(say`${whose}: the default org ${org(defaultScope)} is not among your orgs`, hint));
  }
  if (account.storage === 'plain') found.push(warning(say`${whose}: kept in plain text`, { command: loginCommand(account) }));
  if (account.insecureSkipVerify === true) {
    found.push(warning(say`${whose}: any certificate is accepted (login --insecure)`, { command: caCommand(account) }));
  }
  return found;
}

async function ownCa({ clock }: Subject, account: Account, whose: Text): Promise<Draft[]> {
  if (account.ca === undefined) return [];
  const { caEnd } = await import('../../ca-file.ts');
  const end = await caEnd(account.ca);
  if (end > clock.now() / 1000) return [];
  return [error(say`${whose}: the CA of its own ended ${moment(Math.max(0, end))}`, { command: caCommand(account) })];
}
