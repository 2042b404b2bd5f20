/** Stands in for `@oclif/core/command` in the everyday program: what a command inherits once its words are understood. */
import type { Parsed } from './parse.ts';

export abstract class Command {
  protected readonly argv: readonly string[];
  readonly #parsed: Parsed;

  /** `parsed`: what `argv` means by the flags and arguments of the command. */
  constructor(argv: readonly string[], parsed: Parsed) {
    this.argv = argv;
    this.#parsed = parsed;
  }

  abstract run(): Promise<void>;

  protected parse(): Promise<Parsed> {
    return Promise.resolve(this.#parsed);
  }
}
