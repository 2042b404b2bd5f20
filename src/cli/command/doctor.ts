/** What both doctors are made of: the same flags, and lines that appear as each check ends. */
import * as Flags from '@oclif/core/flags';
import { doctor, type DoctorInput } from '../../services/doctor/doctor.ts';
import type { Patient } from '../../services/doctor/report/finding.ts';
import { doctorJson, presentDoctor, presentFinding } from '../present/doctor.ts';
import { BaseCommand } from './base-command.ts';

/** The flags of both. */
export const doctorFlags = {
  'fix': Flags.boolean({ default: false, summary: 'Put right what can be put right without harm, and say what was done' }),
  'offline': Flags.boolean({ default: false, summary: 'Ask no server' }),
  'bundle': Flags.string({
    helpValue: 'FILE',
    summary: 'Write a report for a bug report, with no name, host, path or secret in it',
  }),
  'with-hosts': Flags.boolean({ default: false, summary: 'Leave the names of servers in what --bundle writes' }),
};

/** What `doctorFlags` parses to. */
type DoctorFlags = Omit<DoctorInput, 'patient' | 'withHosts'> & { readonly 'with-hosts': boolean };

/** Both doctors. */
export abstract class DoctorCommand extends BaseCommand {
  static override description =
    'Changes nothing without --fix, starts no agent and renews no session. Each line says what was found, and what to type. ' +
    'Exit code 1 means that something is wrong; with warnings alone it is 0.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --offline --fix',
    '<%= config.bin %> doctor --bundle report.txt',
  ];

  protected async examine(patient: Patient, flags: DoctorFlags): Promise<void> {
    const context = await this.context();
    const now = context.clock.now();
    const result = await doctor(context, { ...flags, patient, withHosts: flags['with-hosts'] }, (finding) => {
      if (!this.wantsJson) this.say((style) => presentFinding(finding, style, now));
    });
    this.respond(doctorJson(result), () => presentDoctor(result));
    if (result.findings.some(({ level }) => level === 'error')) this.exitWith(1);
  }
}
