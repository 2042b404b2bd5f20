/** What variables and settings files say, where that is wrong, or wins over what people expect. */
import { variable, type Env } from '../../../environment.ts';
import { BeamError } from '../../../errors.ts';
import { parseAccountName } from '../../../store/account-key.ts';
import { createAccountStore } from '../../../store/accounts/account-store.ts';
import { parseServer } from '../../../store/server.ts';
import { handedOn } from '../../target/handed-on.ts';
import { isDangling, readCurrentAccount } from '../../target/settings.ts';
import { error, ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { name, own, say, trouble } from '../report/text.ts';

export const settings: Check = {
  name: 'settings',
  look: async (subject) => {
    const { env, patient } = subject;
    const program = patient === 'beamd' ? ofBeamd : ofRunbeam;
    const found = [...wrongVariables(env), ...winningVariables(subject), ...(await program(subject))];
    return found.length > 0 ? found : [ok(say`Nothing in the environment is in the way`)];
  },
};

/** Variables that are read before anything else is, and how. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  BEAMD_SERVER: parseServer,
  BEAMD_DEFAULT_HOST: parseServer,
  BEAMD_ACCOUNT: parseAccountName,
};

function wrongVariables(env: Env): Draft[] {
  return Object.entries(READERS).flatMap(([called, read]) => {
    const value = variable(env, called);
    const failure = value === undefined ? undefined : failureOf(() => read(value));
    return failure === undefined
      ? []
      : [error(say`${own(called)}: ${trouble(failure)}`, { text: `Set ${called} right, or unset it` })];
  });
}

function failureOf(work: () => unknown): BeamError | undefined {
  try {
    work();
    return undefined;
  } catch (failure) {
    if (failure instanceof BeamError) return failure;
    throw failure;
  }
}

const WINNING: Readonly<Record<string, string>> = {
  BEAMD_TOKEN: 'it is used in place of your login',
  BEAMD_NO_AGENT: 'each command does an agent’s work itself',
  BEAMD_ENCRYPTION_KEY: 'logins are sealed to it, and no agent can open them',
};

function winningVariables({ homes, clock, env }: Subject): Draft[] {
  const isHandedOn = handedOn(env, createAccountStore({ homes, clock, env, untouched: true })) !== undefined;
  return Object.entries(WINNING).flatMap(([called, what]) => {
    if (called === 'BEAMD_TOKEN' && isHandedOn) return [];
    const isSet = called === 'BEAMD_NO_AGENT' ? env[called] === '1' : variable(env, called) !== undefined;
    return isSet ? [warning(say`${own(called)} is set: ${own(what)}`, { command: `unset ${called}` })] : [];
  });
}

/** `~/.beamd/config`. */
async function ofBeamd({ homes, clock, env }: Subject): Promise<Draft[]> {
  try {
    const current = await readCurrentAccount(homes);
    const accounts = createAccountStore({ homes, clock, env, untouched: true });
    if (current === undefined || !(await isDangling({ accounts }, current))) return [];
    const message = say`The current account, ${name(current.text)}, is not there any more`;
    return [warning(message, { command: 'beamd accounts' })];
  } catch (failure) {
    return [brokenFile(failure)].filter((draft) => draft !== undefined);
  }
}

/** `~/.runbeam/config.json` and `harmony.json`, and what stands in for the first. */
async function ofRunbeam({ homes, env }: Subject): Promise<Draft[]> {
  const { configuredApiUrl } = await import('../../../runbeam/api-url.ts');
  const { listInstances } = await import('../../../store/instances/instances.ts');
  const failures = [failureOf(() => configuredApiUrl(homes, env)), failureOf(() => listInstances(homes))];
  return failures
    .flatMap((failure) => (failure === undefined ? [] : [brokenFile(failure)]))
    .filter((draft) => draft !== undefined);
}

/** Undefined for what is wrong with the home folder itself: `homes` says that. */
function brokenFile(failure: unknown): Draft | undefined {
  if (!(failure instanceof BeamError)) throw failure;
  const isOfHome = failure.code === 'unsafe_path' || (failure.code === 'bad_config' && /_?HOME\b/u.test(failure.message));
  return isOfHome ? undefined : error([trouble(failure)], failure.hint);
}
