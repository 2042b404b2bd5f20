/** What `harmony:add` and `harmony:edit` say. */
import type { Registered } from '../../../services/runbeam/gateways/add-instance.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { printable } from '../../../text.ts';
import type { RegisteredJson } from '../../json/runbeam/instances.ts';
import { hintLine, type Style } from '../../output/style.ts';
import { instanceJson } from './instances.ts';

export function presentAdded(registered: Registered, style: Style): string {
  const { instance, before, found } = registered;
  const via = found?.takesTokens === false ? ' --via harmony' : '';
  const next = hintLine({ command: `runbeam harmony:authorize --id ${instance.id}${via}` });
  return `${presentRegistered(before === undefined ? 'Added' : 'Changed', registered, style)}\n${next}`;
}

export function presentEdited(registered: Registered, style: Style): string {
  return presentRegistered('Changed', registered, style);
}

function presentRegistered(what: string, { instance, found }: Registered, style: Style): string {
  return [
    style.done(`${what} ${style.bold(printable(instance.label))}`),
    style.pairs([
      ['id', printable(instance.id)],
      ['address', `${printable(instance.ip)} port ${instance.port}`],
      ['prefix', printable(instance.pathPrefix)],
      ['version', found && printable(found.version, 40)],
      ['takes tokens', found && tokens(found.takesTokens)],
    ]),
  ].join('\n');
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
