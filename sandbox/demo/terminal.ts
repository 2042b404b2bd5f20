/** A terminal in which somebody types commands: shows each one with what it really prints, and checks it. */
import { decideByCode, decideByUrl, type Approver } from '../testing/approve.ts';
import { startBin, type BinName, type RunResult, type RunningBin } from '../testing/run-bin.ts';

/** A command did something else than what the demo promises. */
export class DemoFailed extends Error {
  override readonly name = 'DemoFailed';
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface Expected {
  /** Exit code. Default 0. */
  readonly code?: number;
  /** What stdout and stderr together must hold. */
  readonly shows?: readonly (RegExp | string)[];
}

export interface Typed extends Expected {
  /** Goes to standard input, as `printf '%s' "$NAME" | …` would send it. */
  readonly stdin?: { readonly name: string; readonly value: string };
  /** Part of the output that is shown shortened: it is a credential. */
  readonly shorten?: RegExp;
}

export class Terminal {
  readonly #env: Readonly<Record<string, string>>;
  readonly #cwd: string;

  constructor(env: Readonly<Record<string, string>>, cwd: string) {
    this.#env = env;
    this.#cwd = cwd;
  }

  chapter(title: string): void {
    print(`\n== ${title}\n`);
  }

  /** A comment: what the demo does or sees beside the commands. */
  note(text: string): void {
    print(`# ${text}\n`);
  }

  beamd(args: readonly string[], typed: Typed = {}): Promise<RunResult> {
    return this.#run('beamd', args, typed);
  }

  runbeam(args: readonly string[], typed: Typed = {}): Promise<RunResult> {
    return this.#run('runbeam', args, typed);
  }

  /** A device login; somebody reads the code and approves it on the server's pages. */
  async logIn(args: readonly string[], server: Approver, expected: Expected = {}): Promise<void> {
    await this.#live('beamd', args, expected, async (bin) => decideByCode(bin, this.#approver(server)));
  }

  /** `runbeam login`; somebody opens the URL and approves there. */
  async logInToCloud(server: Approver, expected: Expected = {}): Promise<void> {
    await this.#live('runbeam', ['login'], expected, async (bin) => decideByUrl(bin, this.#approver(server)));
  }

  /** The same command `count` times at once, without showing each. */
  async atOnce(count: number, bin: BinName, args: readonly string[]): Promise<readonly RunResult[]> {
    print(`$ ${commandLine(bin, args)}    # ${count} times at once\n`);
    return Promise.all(Array.from({ length: count }, () => this.#start(bin, args).done));
  }

  #start(bin: BinName, args: readonly string[], more: { stdin?: string; onOutput?: (text: string) => void } = {}): RunningBin {
    return startBin(bin, args, { env: this.#env, cwd: this.#cwd, ...more });
  }

  async #run(bin: BinName, args: readonly string[], typed: Typed): Promise<RunResult> {
    const { stdin, shorten } = typed;
    const line = commandLine(bin, args);
    print(stdin === undefined ? `$ ${line}\n` : `$ printf '%s' "$${stdin.name}" | ${line}\n`);
    const pieces: string[] = [];
    const more = stdin === undefined ? {} : { stdin: stdin.value };
    const result = await this.#start(bin, args, { ...more, onOutput: (text) => pieces.push(text) }).done;
    const output = pieces.join('');
    print(shorten === undefined ? output : output.replace(shorten, (secret) => `${secret.slice(0, 8)}…`));
    check(line, result, typed);
    return result;
  }

  async #live(
    bin: BinName,
    args: readonly string[],
    expected: Expected,
    decide: (running: RunningBin) => Promise<RunResult>,
  ): Promise<void> {
    const line = commandLine(bin, args);
    print(`$ ${line}\n`);
    const running = this.#start(bin, args, { onOutput: print });
    const result = await decide(running).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message.split('\n', 1)[0] : 'it could not be approved';
      running.kill('SIGINT');
      throw new DemoFailed(`${line}: ${reason ?? ''}`);
    });
    check(line, result, expected);
  }

  #approver(server: Approver): Approver {
    return {
      approve: async (code) => {
        this.note(`in a browser: ${code} is approved`);
        await server.approve(code);
      },
      deny: (code) => server.deny(code),
    };
  }
}

/** Fails the demo unless `holds`. */
export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new DemoFailed(`expected ${what}`);
}

function check(line: string, result: RunResult, { code = 0, shows = [] }: Expected): void {
  if (result.code !== code) throw new DemoFailed(`${line}: exit code ${String(result.code)}, expected ${code}`);
  const output = `${result.stdout}\n${result.stderr}`;
  for (const wanted of shows) {
    const found = typeof wanted === 'string' ? output.includes(wanted) : wanted.test(output);
    if (!found) throw new DemoFailed(`${line}: the output should show ${String(wanted)}`);
  }
}

function commandLine(bin: BinName, args: readonly string[]): string {
  return [bin, ...args.map((arg) => (/^[\w@%+=:,./[\]-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`))].join(' ');
}

function print(text: string): void {
  process.stdout.write(text);
}
