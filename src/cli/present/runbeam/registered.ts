/** What `harmony:add` and `harmony:edit` say. */
import type { Edited, Registered } from '../../../services/runbeam/gateways/add-instance.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { printable } from '../../../text.ts';
import type { RegisteredJson } from '../../json/runbeam/instances.ts';
import { hintLine, type Style } from '../../output/style.ts';
import { instanceJson } from './instances.ts';

export function presentAdded(registered: Registered, style: Style): string {
  const { instance, before, found } = registered;
  const via = found?.takesTokens === false ? ' --via harmony' : '';
  const next = hintLine({ command: `runbeam harmony:authorize --id ${instance.id}${via}` });
  const what = before === undefined ? 'Added' : 'Changed';
  return [style.done(`${what} ${style.bold(printable(instance.label))}`), facts(registered, [], style), next].join('\n');
}

/** What it is now, and of its settings those that were to be changed. */
export function presentEdited({ before, change, ...registered }: Edited, style: Style): string {
  const { label } = registered.instance;
  const was = before.label === label ? '' : `, which was ${printable(before.label)}`;
  return [style.done(`Changed ${style.bold(printable(label))}${was}`), facts(registered, changed(change), style)].join('\n');
}

/** A name, and what is said of it. */
type Fact = readonly [name: string, text: string | undefined];

function changed(change: Edited['change']): Fact[] {
  const { plaintextTo } = change;
  const http = plaintextTo === undefined ? 'not allowed' : `allowed to ${printable(plaintextTo)}`;
  return [
    [
      'renew',
      'renew' in change ? (change.renew === 'auto' ? 'auto: by the agent, before its machine token ends' : 'off') : undefined,
    ],
    ['tls', 'tls' in change && plaintextTo === undefined ? (change.tls === true ? 'always' : 'only off this machine') : undefined],
    ['own CA', 'ca' in change ? (change.ca === undefined ? 'forgotten' : 'trusted') : undefined],
    ['plain http', 'plaintextTo' in change ? http : undefined],
  ];
}

function facts({ instance, found }: Registered, more: readonly Fact[], style: Style): string {
  return style.pairs([
    ['id', printable(instance.id)],
    ['address', `${printable(instance.ip)} port ${instance.port}`],
    ['prefix', printable(instance.pathPrefix)],
    ['version', found && printable(found.version, 40)],
    ['takes tokens', found && tokens(found.takesTokens)],
    ...more,
  ]);
}

function tokens(taken: boolean): string {
  return taken ? 'yes' : 'no: it asks Runbeam Cloud itself, with your session';
}

export function registeredJson({ instance, found, problem }: Registered): RegisteredJson {
  return omitUndefined({
    instance: instanceJson(instance),
    found: found && { version: found.version, path_prefix: found.pathPrefix, takes_tokens: found.takesTokens },
    problem: problem?.toJSON(),
  });
}
