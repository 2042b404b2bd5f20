/** The screen that was asked for. */
import { createContext } from '../command/context.ts';
import { processOutput, setTelling, telling } from '../output/output.ts';
import { ownManifest, type Bin } from '../routing/manifest.ts';
import { isTopic, type Subject } from '../routing/topics.ts';
import { commandScreen, topicScreen, type ShownCommand } from './command-screen.ts';
import { errorScreen } from './error-screen.ts';
import { firstScreen } from './first-screen.ts';
import { createLayout, helpWidth } from './layout.ts';
import { subjectScreen } from './subjects.ts';
import { topicOf, visible } from './words.ts';

/** A command or topic by its id, the program itself by an empty one; a subject; or an error by its code. */
export type Wanted = { readonly id: string } | { readonly subject: Subject } | { readonly code: string };

/** What makes its text; undefined if there is no such help. Throws `failed` where the manifest cannot be read. */
export function findScreen(bin: Bin, wanted: Wanted): (() => string | Promise<string>) | undefined {
  const layout = createLayout(helpWidth(process.env, process.stdout.columns), processOutput().style);
  if ('subject' in wanted) return () => subjectScreen(bin, wanted.subject, process.env, layout);
  if ('code' in wanted) return () => errorScreen(bin, wanted.code, layout);
  const { id } = wanted;
  const manifest = ownManifest();
  const shown = visible<ShownCommand>(bin, manifest);
  if (id === '') return async () => firstScreen(bin, shown, await isLoggedIn(bin), layout);
  if (isTopic(bin, id)) {
    const inTopic = shown.filter((command) => topicOf(command) === id);
    return () => topicScreen(bin, id, inTopic, layout);
  }
  const all: readonly ShownCommand[] = Object.values(manifest.commands).filter((command) => command.id.startsWith(`${bin}:`));
  const command = all.find((one) => one.id === `${bin}:${id}` || one.aliases?.includes(id) === true);
  return command && (() => commandScreen(bin, command, layout));
}

/** Whether to leave out how to begin. What cannot be read is no reason to tell nothing, nor to say that there is no login. */
async function isLoggedIn(bin: Bin): Promise<boolean> {
  setTelling({ ...telling(), quiet: true });
  const provider = bin === 'beamd' ? 'edge' : 'runbeam';
  const { accounts } = createContext(processOutput());
  const { accounts: found, problems } = await accounts.list().catch(() => ({ accounts: [], problems: [undefined] }));
  return problems.length > 0 || found.some((account) => account.provider === provider);
}
