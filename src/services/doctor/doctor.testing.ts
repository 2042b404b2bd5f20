/** A healthy user, and what the doctor finds there, for its tests. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomToken } from '../../auth/auth.testing.ts';
import { hintText } from '../../errors.ts';
import { Secret } from '../../secret.ts';
import { saveAccount, type TestContext } from '../services.testing.ts';
import { doctor, type DoctorInput } from './doctor.ts';
import type { Finding, Patient } from './report/finding.ts';
import { toText } from './report/text.ts';

export const SERVER = 'edge.example.com';

/** A user with one login, a program on the PATH and nothing else. */
export async function healthy(made: TestContext): Promise<TestContext> {
  const bin = join(made.homes.user, 'bin');
  mkdirSync(bin);
  for (const name of ['beamd', 'runbeam']) writeFileSync(join(bin, name), '', { mode: 0o755 });
  await saveAccount(made, `https://${SERVER}`, {}, { refreshToken: new Secret(randomToken()) });
  return { ...made, env: { PATH: bin } };
}

/** A finding, its texts as a user reads them; `~` is the home. */
export function shown({ homes }: TestContext, { message, hint, ...rest }: Finding): Record<string, unknown> {
  const short = (text: string): string => text.replaceAll(homes.user, '~');
  const text = short(toText(message, (part) => ('unixSeconds' in part ? `at ${part.unixSeconds}` : part.value)));
  return { ...rest, message: text, ...(hint && { hint: short(hintText(hint)) }) };
}

export interface Look extends Partial<DoctorInput> {
  readonly env?: Readonly<Record<string, string>>;
}

export async function lookAt(
  context: TestContext,
  patient: Patient,
  { env, ...input }: Look = {},
): Promise<Record<string, unknown>[]> {
  const whole = { ...context, env: { ...context.env, ...env } };
  const { findings } = await doctor(whole, { patient, fix: false, offline: true, withHosts: false, ...input });
  return findings.map((finding) => shown(context, finding));
}

/** What is wrong, and nothing of what is not. */
export async function wrongWith(context: TestContext, patient: Patient, input?: Look): Promise<Record<string, unknown>[]> {
  return (await lookAt(context, patient, input)).filter(({ level }) => level !== 'ok');
}
