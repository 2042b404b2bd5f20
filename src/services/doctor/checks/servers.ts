/** Every server of an account: can it be looked up and reached, is its certificate trusted, does its clock agree with ours. */
import { BeamError } from '../../../errors.ts';
import type { ServerTrust } from '../../../http.ts';
import { inTurns } from '../../../in-turns.ts';
import { watchClock } from '../../../net/clock-skew.ts';
import { trustIn } from '../../../runbeam/harmony.ts';
import { harmonyOrigin } from '../../../runbeam/harmony-address.ts';
import type { Account } from '../../../store/accounts/account.ts';
import { readSettings } from '../../../store/instances/instance-settings.ts';
import { listInstances, type Instance } from '../../../store/instances/instances.ts';
import type { Homes } from '../../../store/paths.ts';
import { parseServer } from '../../../store/server.ts';
import { error, ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { gateway, host, say, trouble, type Text } from '../report/text.ts';

/** How long a server may take, milliseconds. */
const DEADLINE = 5_000;

/** How many are asked at once: name lookups share a few threads. */
const AT_ONCE = 4;

/** Gateways that are asked at most. */
const MOST_GATEWAYS = 20;

/** A place that is asked, without any secret. */
interface Place {
  readonly origin: string;
  readonly called: Text;
  readonly trust: ServerTrust;
  /** Nothing works without it; a gateway may be switched off. */
  readonly needed: boolean;
}

export const servers: Check = {
  name: 'servers',
  online: true,
  waits: 'Asking your servers',
  look: async (subject) => {
    const { accounts } = await subject.accounts();
    const places = [...accounts.flatMap(placesOf), ...gateways(subject)];
    const asked = await inTurns(unique(places), AT_ONCE, (place) => ask(subject, place));
    return [...asked.map(({ finding }) => finding), ...clock(asked)];
  },
};

/** Only what was pinned at login: nothing that a project or a variable names is spoken to. */
function placesOf(account: Account): Place[] {
  const { server, controlPlane, issuer, apiUrl } = account;
  const named = [server, ...(controlPlane === undefined ? [] : [controlPlane])].map((one) => parseServer(one).origin);
  const urls = [issuer, apiUrl].flatMap((url) => (url !== undefined && URL.canParse(url) ? [new URL(url).origin] : []));
  return [...named, ...urls].map((origin) => ({ origin, called: [host(shortName(origin))], trust: account, needed: true }));
}

const shortName = (origin: string): string => origin.replace(/^https:\/\//u, '');

function gateways({ patient, homes }: Subject): Place[] {
  if (patient !== 'runbeam') return [];
  try {
    return listInstances(homes)
      .slice(0, MOST_GATEWAYS)
      .flatMap((instance) => gatewayPlace(homes, instance));
  } catch (failure) {
    // `settings` says so.
    if (failure instanceof BeamError) return [];
    throw failure;
  }
}

function gatewayPlace(homes: Homes, instance: Instance): Place[] {
  try {
    const settings = readSettings(homes, instance.id);
    const origin = harmonyOrigin(instance, settings);
    const called = say`Gateway ${gateway(instance.label)} (${host(shortName(origin))})`;
    return [{ origin, called, trust: trustIn(instance, settings), needed: false }];
  } catch (failure) {
    if (failure instanceof BeamError) return [];
    throw failure;
  }
}

function unique(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [place.origin, place])).values()];
}

interface Asked {
  readonly place: Place;
  readonly finding: Draft;
  /** Seconds that our clock is ahead; absent where the server said nothing, or the same. */
  readonly skew?: number;
  readonly answered: boolean;
}

async function ask({ http, clock: ours, signal }: Subject, place: Place): Promise<Asked> {
  const watch = watchClock(http(place.trust), ours);
  try {
    await watch.http({ url: `${place.origin}/`, deadline: DEADLINE, signal });
  } catch (failure) {
    if (!(failure instanceof BeamError) || failure.code === 'interrupted') throw failure;
    // Whatever it was that came back, it came from there.
    if (failure.code !== 'bad_answer') return { place, finding: unreached(place, failure), answered: false };
  }
  const skew = watch.skew();
  return { place, finding: ok(say`${place.called} answers`), answered: true, ...(skew === undefined ? {} : { skew }) };
}

function unreached({ called, needed }: Place, failure: BeamError): Draft {
  const hint = failure.hint ?? { text: 'Check the network, a VPN and HTTPS_PROXY' };
  if (needed) return error([trouble(failure)], hint);
  return warning(say`${called}: ${trouble(failure)}`, failure.hint ?? { text: 'Start it, or see runbeam harmony:list' });
}

/** The clock, by the servers that answered. */
function clock(asked: readonly Asked[]): Draft[] {
  const answered = asked.filter((one) => one.answered);
  const worst = answered.reduce<Asked | undefined>(
    (most, one) => (Math.abs(one.skew ?? 0) > Math.abs(most?.skew ?? 0) ? one : most),
    undefined,
  );
  if (worst?.skew !== undefined) {
    const minutes = Math.round(Math.abs(worst.skew) / 60);
    const way = worst.skew > 0 ? say`ahead of` : say`behind`;
    const message = say`This machine's clock is ${minutes} min ${way} ${worst.place.called}`;
    return [warning(message, { text: 'Set it right' })];
  }
  return answered.length === 0 ? [] : [ok(say`This machine's clock agrees with theirs`)];
}
