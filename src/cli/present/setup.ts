import { omitUndefined } from '../../omit-undefined.ts';
import { accountTitle } from '../../hints.ts';
import type { SetupResult, SetUpProgram } from '../../services/setup/setup.ts';
import { printable } from '../../text.ts';
import type { SetupJson } from '../json/credential.ts';
import { hintLine, type Style } from '../output/style.ts';

const CALLED: Readonly<Record<SetUpProgram, string>> = { git: 'git', docker: 'docker', kube: 'kubectl' };

export function setupJson({ name, lines, ...result }: SetupResult): SetupJson {
  return { ...omitUndefined({ ...result, account: name }), lines: [...lines] };
}

export function presentSetup({ program, server, name, place, outcome, next }: SetupResult, style: Style): string {
  const [called, whose, where] = [CALLED[program], accountTitle(omitUndefined({ server, name })), printable(place, 1_000)];
  const line = {
    written: style.done(`${called} gets its tokens of ${style.bold(whose)} here now (${where})`),
    there: `${called} gets its tokens of ${style.bold(whose)} here already (${where})`,
    removed: style.done(`Took out what ${where} had for ${style.bold(whose)}`),
    absent: `${where} has nothing for ${style.bold(whose)}`,
  }[outcome];
  return next === undefined || outcome === 'absent' ? line : `${line}\n${hintLine({ command: next })}`;
}
