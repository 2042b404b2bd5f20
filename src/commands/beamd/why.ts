import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { presentWhy, whyJson } from '../../cli/present/why.ts';
import { EXIT_CODES } from '../../errors.ts';
import { parseTopic, why } from '../../services/beamd/why.ts';

export default class Why extends BaseCommand {
  static override summary = 'Show why this server, org, account and token: what was asked, and which one won';
  static override description =
    'Every command finds them in this way. Where none is found, the exit code is that of every other command.';
  static override examples = [
    '<%= config.bin %> why',
    '<%= config.bin %> why scope',
    '<%= config.bin %> why --server edge.example.com',
  ];
  static override args = {
    topic: Args.string({
      ignoreStdin: true,
      name: 'TOPIC',
      description: 'server, account, scope or token; without one, all four',
    }),
  };
  static override flags = accountFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Why);
    const topic = parseTopic(args.topic);
    const context = await this.context();
    const result = await why(context, { ...flags, topic, reads: true });
    this.respond(whyJson(result), (style) => presentWhy(result, style, context.homes));
    if (result.problem === undefined) return;
    if (!this.wantsJson) throw result.problem;
    this.exitWith(EXIT_CODES[result.problem.code]);
  }
}
