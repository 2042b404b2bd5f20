/** The agents that run: of which version they are, and whether they go to servers as this shell does. */
import { desktopOf, gatewaysOf, networkOf } from '../../../agent/protocol/surroundings.ts';
import { BeamError } from '../../../errors.ts';
import { accountWords } from '../../../hints.ts';
import { VERSION } from '../../../programs.ts';
import type { Account } from '../../../store/accounts/account.ts';
import { error, ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { own, say, titled, trouble } from '../report/text.ts';

export const agents: Check = {
  name: 'agents',
  look: async (subject) => {
    const { accounts } = await subject.accounts();
    const looks = await Promise.all(accounts.map((account) => lookAt(subject, account)));
    const running = looks.filter((look) => look !== undefined);
    const found = running.flat();
    if (found.length > 0) return found;
    if (running.length === 0) return [ok(say`No agent is running; one starts when it is needed`)];
    return [
      ok(
        running.length === 1
          ? say`The agent that runs is of this version`
          : say`${running.length} agents run, all of this version`,
      ),
    ];
  },
};

/** Undefined: none runs. */
async function lookAt(subject: Subject, account: Account): Promise<Draft[] | undefined> {
  const agent = await subject.agent(account.key);
  if (agent === 'none') return undefined;
  const stop = { command: `beamd agent stop ${accountWords(account)}` };
  const whose = titled(account);
  if (agent === 'busy') return [error(say`The agent of ${whose} does not answer`, stop)];
  if (agent instanceof BeamError) return [error([trouble(agent)], agent.hint)];
  const { version, network, desktop, gateways } = agent.info;
  const found: Draft[] = [];
  if (version !== VERSION) {
    found.push(warning(say`The agent of ${whose} is of version ${own(version)}, and this is ${own(VERSION)}`, stop));
  }
  if (network !== networkOf(subject.env)) {
    found.push(warning(say`The agent of ${whose} was started with another proxy, CA or network than this shell has`, stop));
  }
  if (account.storage === 'keyring' && desktop !== desktopOf(subject.env)) {
    found.push(warning(say`The agent of ${whose} was started in another desktop session, and may find another keyring`, stop));
  }
  if (subject.patient === 'runbeam' && gateways !== gatewaysOf(subject.homes)) {
    found.push(
      warning(say`The agent of ${whose} was started with another RUNBEAM_HOME, and renews no machine token of this one`, stop),
    );
  }
  return found;
}
