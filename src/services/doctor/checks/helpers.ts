/** Other programs that ask `beamd` for tokens, as `beamd setup` makes them: is there still a login to answer with? */
import { BeamError } from '../../../errors.ts';
import { NAMELESS, splitAccountKey } from '../../../store/account-key.ts';
import { accountKeys } from '../../../store/accounts/account-reader.ts';
import { serverIfAny } from '../../../store/server.ts';
import { shellWord } from '../../../text.ts';
import { askedByDocker } from '../../setup/docker.ts';
import { askedByGit } from '../../setup/git.ts';
import { askedByKube } from '../../setup/kube.ts';
import { ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { counted, host, own, say, trouble } from '../report/text.ts';

/** What is asked for. */
interface Asked {
  readonly server: string;
  readonly account?: string | undefined;
}

const PROGRAMS: Readonly<Record<'git' | 'docker' | 'kube', (subject: Subject) => Promise<Asked[]>>> = {
  git: async ({ env, homes, signal }) => {
    const context = { env, cwd: homes.user, signal, notify: () => undefined };
    return (await askedByGit(context)).map((server) => ({ server }));
  },
  docker: (subject) => Promise.resolve(askedByDocker(subject).map((server) => ({ server }))),
  kube: (subject) => askedByKube(subject),
};

export const helpers: Check = {
  name: 'helpers',
  only: 'beamd',
  look: async (subject) => {
    // Without one, what it would look for stands in no place.
    if (subject.homes.user === '') return [];
    const { accounts } = await subject.accounts();
    const logins = [
      ...accounts.flatMap(({ key, controlPlane }) => (controlPlane === undefined ? [] : [loginOf(key, controlPlane)])),
      // All of them, also where the report is of one account.
      ...accountKeys(subject.homes).map((key) => loginOf(key)),
    ];
    const found = await Promise.all(
      Object.entries(PROGRAMS).map(async ([program, find]) => look(program, await readable(() => find(subject)), logins)),
    );
    return found.flat();
  },
};

/** Settings that cannot be read are a finding; a program that is not there asks for nothing. */
async function readable(find: () => Promise<Asked[]>): Promise<Asked[] | BeamError> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    return error.code === 'not_found' ? [] : error;
  }
}

/** A login that a helper may answer with: the key of its server, and its name. */
interface Login {
  /** Undefined: its control plane is no server. */
  readonly serverKey: string | undefined;
  readonly name: string;
}

function loginOf(key: string, controlPlane?: string): Login {
  const { serverKey, name = NAMELESS } = splitAccountKey(key);
  return { serverKey: controlPlane === undefined ? serverKey : serverIfAny(controlPlane)?.key, name };
}

function look(program: string, asked: Asked[] | BeamError, logins: readonly Login[]): Draft[] {
  if (asked instanceof BeamError) return [warning([trouble(asked)], asked.hint)];
  const gone = asked.filter(({ server, account }) => {
    const serverKey = serverIfAny(server)?.key;
    return !logins.some((login) => login.serverKey === serverKey && (account ?? login.name) === login.name);
  });
  if (asked.length === 0) return [];
  if (gone.length === 0) return [ok(say`${own(program)} gets tokens here for ${counted(asked.length, 'server')}`)];
  return gone.map(({ server, account }) => {
    const words = account === undefined ? '' : ` --account ${shellWord(account)}`;
    return warning(say`${own(program)} asks here for tokens of ${host(server)}, and there is no such login`, {
      command: `beamd setup ${program} --undo --server ${shellWord(server)}${words}`,
    });
  });
}
