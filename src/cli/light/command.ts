/** Stands in for `@oclif/core/command` in the quick bundle: what a command inherits once its words are understood. */
import { parseRight } from './parse.ts';
import type { Grammar, Parsed } from './parse.ts';

export abstract class Command {
  protected readonly argv: readonly string[];

  constructor(argv: readonly string[]) {
    this.argv = argv;
  }

  abstract run(): Promise<void>;

  protected parse(grammar: Grammar): Promise<Parsed> {
    const parsed = parseRight(this.argv, grammar);
    // `runQuickly` has parsed the same words before it made the command.
    return parsed === undefined ? Promise.reject(new Error('not understood')) : Promise.resolve(parsed);
  }
}
