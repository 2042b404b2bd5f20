import type { BrowserTest, Setting } from '../../../services/runbeam/config.ts';
import { printable } from '../../../text.ts';
import type { CommandListJson } from '../../json/runbeam/basic.ts';
import { hintLine, type Style } from '../../output/style.ts';

const SOURCES = { config: 'config.json', env: 'RUNBEAM_API_URL', default: 'default' } as const;

export function presentSetting(setting: Setting, style: Style): string {
  const line = `${setting.key} = ${style.bold(printable(setting.value))} ${style.dim(`(${SOURCES[setting.source]})`)}`;
  const { refused } = setting;
  if (refused === undefined) return line;
  const next = refused.hint === undefined ? '' : `\n${hintLine(refused.hint)}`;
  return `${line}\n${style.warning(printable(refused.message))}${next}`;
}

/** The setting that is in force after it was changed. */
export function presentChanged(setting: Setting, style: Style): string {
  return style.done(presentSetting(setting, style));
}

export function presentCommands(commands: CommandListJson['commands'], style: Style): string {
  return style.table(
    commands.map(({ id, summary }) => [style.bold(id), summary]),
    ['COMMAND', 'DESCRIPTION'],
  );
}

export function presentBrowser(answer: BrowserTest, style: Style): string {
  return answer.opened
    ? style.done(`Opened ${answer.url} in a browser`)
    : style.warning(`No browser could be opened. The address is ${answer.url}`);
}
