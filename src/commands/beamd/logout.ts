import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/command/base-command.ts';
import { accountFlags } from '../../cli/command/flags.ts';
import { logoutJson, presentLogout } from '../../cli/present/login/logout.ts';
import { logout } from '../../services/login/logout.ts';

export default class Logout extends BaseCommand {
  static override summary = 'Revoke a session, stop its agent and delete it here';
  static override description = 'A server that cannot be reached does not stop a logout: what lives on there is said.';
  static override examples = [
    '<%= config.bin %> logout',
    '<%= config.bin %> logout --server edge.example.com',
    '<%= config.bin %> logout --server edge.example.com --account work',
    '<%= config.bin %> logout --all',
  ];
  static override flags = {
    ...accountFlags,
    all: Flags.boolean({ default: false, summary: 'Log out of every edge', exclusive: ['server', 'account', 'config'] }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Logout);
    const context = await this.context();
    const result = await logout(context, flags);
    this.respond(logoutJson(result), (style) => presentLogout(result, style, context.clock.now()));
  }
}
