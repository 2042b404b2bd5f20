import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { presentStatus, statusJson } from '../../cli/present/status.ts';
import { EXIT_CODES } from '../../errors.ts';
import { isOver, status, type StatusResult, type Verdict } from '../../services/beamd/status.ts';

const EXITS: Readonly<Record<Verdict, number>> = {
  valid: 0,
  rejected: EXIT_CODES.token_rejected,
  unverified: EXIT_CODES.network,
};

/** A session that has ended takes a login, whatever else is found out. */
function exitCode({ session, check }: StatusResult): number {
  if (isOver(session)) return EXIT_CODES.session_ended;
  return check === undefined ? 0 : EXITS[check.verdict];
}

export default class Status extends BaseCommand {
  static override summary = 'Show which server and org are used here, why, and the state of the session';
  static override description =
    'Reads only what is on this machine and starts no agent. With --check the edge is asked; ' +
    'exit code 4 means rejected, 5 that it could not be verified. A session that has ended is exit code 4 in either case.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --check --json'];
  static override flags = {
    ...accountFlags,
    check: Flags.boolean({ default: false, summary: 'Ask the edge whether the session is valid' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Status);
    const context = await this.context();
    const result = await status(context, flags);
    this.respond(statusJson(result), (style) => presentStatus(result, style, context.clock.now(), context.homes));
    this.exitWith(exitCode(result));
  }
}
