import * as Flags from '@oclif/core/flags';
import { LEADING_VALUE_FLAGS, splitArgv } from '../../cli/routing/argv.ts';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { minTtlFlag, wishesOf } from '../../cli/command/token.ts';
import { runChild } from '../../cli/terminal/run-child.ts';
import { BeamError } from '../../errors.ts';
import { childEnv, token } from '../../services/token/token.ts';

export default class Exec extends BaseCommand {
  static override summary = 'Run a command with a fresh token in its environment';
  static override description =
    'The command gets BEAMD_SERVER, BEAMD_ACCOUNT, BEAMD_SCOPE and BEAMD_TOKEN, which ends at BEAMD_TOKEN_EXPIRES_AT; beamd token and every other ' +
    'command of ours in it get fresh ones of the same account and org. Signals and open descriptors are passed on, and its exit ' +
    'code is ours (127: there is no such program, 126: it cannot be run).';
  static override usage = 'exec [FLAGS] -- COMMAND...';
  static override examples = [
    '<%= config.bin %> exec -- make deploy',
    '<%= config.bin %> exec --scope acme -- env',
    '<%= config.bin %> exec --serve -- node server.js',
  ];
  static override flags = {
    ...accountFlags,
    ...minTtlFlag,
    serve: Flags.boolean({
      default: false,
      summary: 'Answer it with fresh tokens at BEAMD_TOKEN_URL, on loopback, to the bearer BEAMD_TOKEN_AUTH',
    }),
  };
  static override strict = false;

  async run(): Promise<void> {
    // First: to the parser the command's own flags are unknown ones of ours.
    const command = ownWords(this.argv);
    const { flags } = await this.parse(Exec);
    const context = await this.context();
    const grant = await token(context, flags, await wishesOf(context, flags));
    if (!flags.serve) {
      this.exitWith(await runChild(command, childEnv(context, grant)));
      return;
    }
    const { serveToken } = await import('../../services/token/serve-token.ts');
    const server = await serveToken(context, flags, grant);
    try {
      this.exitWith(await runChild(command, childEnv(context, grant, server.variables)));
    } finally {
      server.close();
    }
  }
}

/** Our own flags that take a value. */
const WITH_VALUE: ReadonlySet<string> = new Set([...LEADING_VALUE_FLAGS, ...Object.keys(minTtlFlag).map((name) => `--${name}`)]);

/** The command as typed: oclif makes something else of a second `--`, which is the command's own. */
function ownWords(argv: readonly string[]): readonly string[] {
  const hint = { command: 'beamd exec -- COMMAND' };
  const { rest } = splitArgv(argv, WITH_VALUE);
  const command = rest[0] === '--' ? rest.slice(1) : rest;
  if ((command[0] ?? '') === '') throw new BeamError('usage', 'There is no command to run', { hint });
  if (rest[0] === '--' || !rest.some((word) => word.startsWith('-'))) return command;
  throw new BeamError('usage', 'Flags of the command would be taken for flags of beamd exec: put -- before the command', {
    hint,
  });
}
