import { BaseCommand } from '../../../cli/command/base-command.ts';
import { setupFlags } from '../../../cli/command/flags.ts';
import { presentSetup, setupJson } from '../../../cli/present/setup.ts';
import { setUp } from '../../../services/setup/setup.ts';

export default class SetupKube extends BaseCommand {
  static override summary = 'Make kubectl ask beamd for its tokens';
  static override description =
    'Adds a user to your kubeconfig, the first file of KUBECONFIG or ~/.kube/config; comments and all the rest stay. It is shown first, and written after a yes. kubectl 1.22 or later.';
  static override examples = ['<%= config.bin %> setup kube', '<%= config.bin %> setup kube --undo'];
  static override flags = setupFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(SetupKube);
    const result = await setUp(await this.context(), { ...flags, program: 'kube' });
    this.respond(setupJson(result), (style) => presentSetup(result, style));
  }
}
