import { accountWords, loginCommand } from '../../hints.ts';
import { isOver, type AgentState, type EdgeCheck, type StatusResult } from '../../services/beamd/status.ts';
import { printable } from '../../text.ts';
import type { AgentStateJson, StatusJson } from '../json/status.ts';
import { hintLine, type Style } from '../output/style.ts';
import { locksItselfJson, whenItLocks } from './lock.ts';
import type { Home } from './path.ts';
import { sourcePlace } from './source.ts';
import { describeSkew, moment, rfc3339, said } from './time.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export function statusJson(result: StatusResult): StatusJson {
  const { session, scope, scopeSource, user, storage, check } = result;
  return omitUndefined({
    server: result.server,
    server_source: result.serverSource,
    account: result.name,
    account_source: result.accountSource,
    unknown_scope: result.unknownScope,
    token: result.token,
    handed_on: result.handedOn,
    session: omitUndefined({
      state: session.state,
      expires_at: rfc3339(session.expiresAt),
      ended_at: rfc3339(session.endedAt),
    }),
    agent: agentStateJson(result.agent),
    scope,
    scope_source: scopeSource,
    user,
    control_plane: result.controlPlane,
    issuer: result.issuer,
    own_ca: result.ownCa,
    insecure: result.insecure,
    confirm: result.confirm,
    ...locksItselfJson(result.locksItself),
    storage,
    agent_socket: result.agentSocket,
    check: check === undefined ? undefined : edgeCheckJson(check),
  });
}

function edgeCheckJson({ clockSkew, reasonAt: _, ...check }: EdgeCheck): NonNullable<StatusJson['check']> {
  return omitUndefined({ ...check, clock_skew: clockSkew });
}

export function agentStateJson(agent: AgentState): AgentStateJson {
  if (agent.state !== 'running') return { state: agent.state };
  const { pid, version, startedAt, expiresAt, refreshedAt, refreshes, served } = agent.status;
  return omitUndefined({
    state: 'running',
    pid,
    version,
    started_at: rfc3339(startedAt),
    refreshes,
    served,
    expires_at: rfc3339(expiresAt),
    refreshed_at: rfc3339(refreshedAt),
  });
}

/**
 * The home folder is `~`.
 *
 * @param now - milliseconds
 */
export function presentStatus(result: StatusResult, style: Style, now: number, home: Home): string {
  const from = (topic: 'server' | 'account' | 'scope', source: StatusResult['serverSource'] | undefined): string =>
    source === undefined ? '' : style.dim(`  (${sourcePlace(topic, source, home)})`);
  const org = result.scope === undefined ? undefined : style.bold(printable(result.scope));
  const stale = result.unknownScope ? style.red('  not among your orgs') : '';
  const skew = result.check?.clockSkew;
  const lines = style.pairs([
    ['Server', style.bold(result.server) + from('server', result.serverSource)],
    ['Account', result.name === undefined ? undefined : style.bold(result.name) + from('account', result.accountSource)],
    ['Org', org === undefined ? undefined : org + from('scope', result.scopeSource) + stale],
    ['User', shown(result.user)],
    [
      'Control',
      result.controlPlane === undefined ? undefined : `${printable(result.controlPlane)}  ${style.dim('(the control plane)')}`,
    ],
    ['Issuer', shown(result.issuer, 2_048)],
    ['Trust', describeTrust(result, style)],
    ['Session', describeSession(result, style, now)],
    ['Token', describeToken(result)],
    ['Confirm', result.confirm === true ? 'each use is asked about first' : undefined],
    ['Lock', result.locksItself === undefined ? undefined : `locks itself ${whenItLocks(result.locksItself, now)}`],
    ['Storage', result.storage === undefined ? undefined : STORAGES[result.storage]],
    ['Agent', result.token === 'account' || result.agentSocket !== undefined ? describeAgent(result.agent, now) : undefined],
    ['Checked', result.check === undefined ? undefined : describeCheck(result.check, style, now)],
    ['Clock', skew === undefined ? undefined : style.yellow(describeSkew(skew, result.server))],
  ]);
  const next = nextStep(result);
  return next === undefined ? lines : `${lines}\n${hintLine({ command: next })}`;
}

function shown(text: string | undefined, longest?: number): string | undefined {
  return text === undefined ? undefined : printable(text, longest);
}

/** What brings back a session that nothing here can use. */
function nextStep(result: StatusResult): string | undefined {
  if (result.session.state === 'locked') return `beamd agent unlock ${accountWords(result)}`;
  if (result.check?.refreshable === true) return `beamd orgs --refresh ${accountWords(result)}`;
  const over = result.token === 'account' && (isOver(result.session) || result.check?.verdict === 'rejected');
  return over ? loginCommand({ ...result, provider: 'edge' }) : undefined;
}

const STORAGES: Readonly<Record<NonNullable<StatusResult['storage']>, string>> = {
  keyring: 'keyring (encrypted, the key in the OS keyring)',
  age: 'age (encrypted to a key file or BEAMD_ENCRYPTION_KEY)',
  plain: 'plain (not encrypted)',
};

function describeToken({ handedOn }: StatusResult): string | undefined {
  return handedOn === undefined ? undefined : 'a fresh one, in the place of BEAMD_TOKEN';
}

function describeTrust({ insecure, ownCa }: StatusResult, style: Style): string | undefined {
  if (insecure === true) return style.red('its certificate is not checked');
  return ownCa === true ? 'a CA of its own, beside the usual ones' : undefined;
}

function describeSession({ session, token, agentSocket }: StatusResult, style: Style, now: number): string {
  if (token === 'env') return 'token from BEAMD_TOKEN';
  if (agentSocket !== undefined) return `of the agent at ${printable(agentSocket, 1_000)}`;
  if (token === 'app_config') return 'API key of the --config file';
  const { state, expiresAt, endedAt } = session;
  if (state === 'valid') return style.green('valid') + (expiresAt === undefined ? '' : `, expires ${moment(expiresAt, now)}`);
  if (state === 'no_expiry') return 'does not expire by itself; --check asks the server';
  if (state === 'renewable') return 'expired, is refreshed at the next use';
  if (state === 'locked') return style.yellow('locked by a passphrase');
  if (state === 'unreadable') return style.red('cannot be read: its key is missing or out of reach');
  const at = endedAt ?? expiresAt;
  const when = at === undefined ? '' : ` ${moment(at, now)}`;
  return style.red((state === 'ended' ? 'ended' : 'expired') + when);
}

export function describeAgent(agent: AgentState, now: number): string {
  if (agent.state === 'stopped') return 'not running; starts when it is needed';
  if (agent.state === 'busy') return 'running, but does not answer';
  const { pid, version, startedAt, refreshes, served } = agent.status;
  const facts = [`pid ${pid}`, `version ${version}`, `${served} served`, `${refreshes} refreshed`];
  return `running, started ${moment(startedAt, now)}: ${facts.join(', ')}`;
}

function describeCheck({ reason: message, reasonAt: at, ...check }: EdgeCheck, style: Style, now: number): string {
  const reason = message === undefined ? '' : `: ${printable(said({ message, at }, now))}`;
  if (check.verdict === 'valid') return style.green('valid');
  if (check.refreshable === true) return style.red('rejected by the server') + style.yellow(', can be refreshed') + reason;
  if (check.verdict === 'rejected') return style.red('rejected') + reason;
  return style.yellow('unverified') + reason;
}
