import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { Context } from '../../services/context.ts';
import { printableJson } from '../../text.ts';
import { wantsJson } from '../routing/argv.ts';
import type { Output } from '../output/output.ts';
import { processOutput } from '../output/output.ts';
import type { Style } from '../output/style.ts';

/** What every command has: `--json`, a context, and one way to answer. Errors go up to `runBin`, which reports them. */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    json: Flags.boolean({ helpGroup: 'GLOBAL', summary: 'Print exactly one JSON value on stdout, errors too' }),
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
    else {
      const { style } = this.output;
      const rendered = text(style);
      if (rendered !== '') this.output.result(style.fold(rendered));
    }
  }

  /** Ends the command with this exit code although it has answered. */
  protected exitWith(code: number): void {
    process.exitCode = code;
  }

  protected override catch(error: Error): Promise<never> {
    return Promise.reject(error);
  }
}
