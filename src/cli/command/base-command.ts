import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { Context } from '../../services/context.ts';
import { printableJson } from '../../text.ts';
import { GLOBAL_FLAGS, wantsJson } from '../routing/argv.ts';
import { processOutput, type Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';

const globalSwitch = (summary: string, char?: 'q' | 'v') =>
  Flags.boolean({ helpGroup: GLOBAL_FLAGS, summary, ...(char === undefined ? {} : { char }) });

/** What every command has: `--json`, a context, and one way to answer. Errors go up to `runBin`, which reports them. */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    'json': globalSwitch('Print exactly one JSON value on stdout, errors too'),
    // These hold before they are parsed (`routing/argv.ts`): an error of the parser is told in the same way.
    'quiet': globalSwitch('Say nothing beside results and errors', 'q'),
    'verbose': globalSwitch('Say what is done: which files, which hosts, and how long it takes', 'v'),
    'debug': globalSwitch('After an error, say where in the program it came from (as BEAMD_DEBUG=1)'),
    'no-color': globalSwitch('Use no colours (as NO_COLOR=1)'),
  };

  /** The real context. Made once, when first asked for. */
  protected context(): Promise<Context> {
    this.#context ??= import('./context.ts').then(({ createContext }) => createContext(this.output));
    return this.#context;
  }
  #context: Promise<Context> | undefined;

  protected get output(): Output {
    return processOutput();
  }

  /** Whether the user asked for JSON. */
  protected get wantsJson(): boolean {
    return wantsJson(this.argv);
  }

  /** Prints the result: `json` as it is with `--json`, else the text. An empty text prints nothing. */
  protected respond(json: unknown, text: (style: Style) => string): void {
    if (this.wantsJson) this.output.result(printableJson(JSON.stringify(json, null, 2)));
    else this.say(text);
  }

  /** Prints text as lines that fit the terminal. An empty text prints nothing. */
  protected say(text: (style: Style) => string): void {
    const { style } = this.output;
    const rendered = text(style);
    if (rendered !== '') this.output.result(style.fold(rendered));
  }

  /** As `respond`; a text that is longer than the terminal is shown in the user's pager. */
  protected async respondAtLength(json: unknown, text: (style: Style) => string, paged: boolean): Promise<void> {
    if (paged && !this.wantsJson && process.stdout.isTTY) {
      const { isTooLong, page } = await import('../terminal/pager.ts');
      const rendered = text(this.output.style);
      if (isTooLong(rendered, process.env) && (await page(rendered, process.env))) return;
    }
    this.respond(json, text);
  }

  /** Ends the command with this exit code although it has answered. */
  protected exitWith(code: number): void {
    process.exitCode = code;
  }

  protected override catch(error: Error): Promise<never> {
    return Promise.reject(error);
  }
}
