import { doctorFlags, DoctorCommand } from '../../cli/command/doctor.ts';

export default class Doctor extends DoctorCommand {
  static override summary = 'Look for what is wrong: files, the agent, the login, gateways, the network';
  static override description =
    'Changes nothing without --fix, starts no agent and renews no session. Each line says what was found, and what to type. ' +
    'Exit code 1 means that something is wrong; warnings are not.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --offline --fix',
    '<%= config.bin %> doctor --bundle report.txt',
  ];
  static override flags = doctorFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    await this.examine('runbeam', flags);
  }
}
