import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { othersWords, ownWords } from '../../../cli/routing/argv.ts';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { accountFlags } from '../../../cli/command/flags.ts';
import { forwardUntilInterrupted, forwardWithSsh } from '../../../cli/command/forward.ts';

export default class AgentForward extends BaseCommand {
  static override summary = 'Give tokens of one org to another machine, over ssh';
  static override description =
    'Starts ssh with a socket of its own that gives tokens of one account and one org, for a time, and ends with the connection. ' +
    'Nothing can be minted or changed over it, and each use is logged. BEAMD_AGENT_SOCK is set in the shell, or for the command, on the ' +
    'other side; beamd token takes it from there, without a login. With --print-only you run ssh yourself.';
  static override usage = 'agent forward HOST [FLAGS] [-- COMMAND...]';
  static override examples = [
    '<%= config.bin %> agent forward build.example.com',
    '<%= config.bin %> agent forward build.example.com --scope acme --for 30m -- ./deploy.sh',
    '<%= config.bin %> agent forward build.example.com --print-only',
  ];
  static override args = {
    host: Args.string({ required: true, ignoreStdin: true, name: 'HOST', description: 'The machine, as ssh knows it' }),
  };
  static override flags = {
    ...accountFlags,
    'for': Flags.string({ default: '8h', helpValue: 'SPAN', summary: 'How long tokens are given: 30m, 8h, 2d' }),
    'ssh-option': Flags.string({
      char: 'o',
      multiple: true,
      default: [],
      helpValue: 'KEY=VALUE',
      summary: 'An option of ssh, as its -o takes it',
    }),
    'print-only': Flags.boolean({ default: false, summary: 'Print the ssh command, and serve it until Ctrl-C' }),
  };

  async run(): Promise<void> {
    // First: parsing keeps of the words only what it was given.
    const command = othersWords(this.argv);
    const { args, flags } = await this.parse(AgentForward, [...ownWords(this.argv)]);
    const input = { ...flags, host: args.host, options: flags['ssh-option'] };
    const context = await this.context();
    const { output, wantsJson } = this;
    const forward = flags['print-only'] ? forwardUntilInterrupted : forwardWithSsh;
    this.exitWith(await forward(context, input, { output, wantsJson, command }));
  }
}
