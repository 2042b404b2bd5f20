import type { DoctorResult } from '../../services/doctor/doctor.ts';
import type { PinCheckResult } from '../../services/doctor/pin-check.ts';
import type { Finding, Level } from '../../services/doctor/report/finding.ts';
import { toText, type Moment, type Private, type Text } from '../../services/doctor/report/text.ts';
import { hintText } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { VERSION } from '../../programs.ts';
import { counted, printable } from '../../text.ts';
import type { DoctorJson, FindingJson, PinCheckJson } from '../json/doctor.ts';
import { hintLine, LONGEST, type Style } from '../output/style.ts';
import { moment, rfc3339, said } from './time.ts';

function messageOf(text: Text, show: (part: Private | Moment) => string): string {
  return printable(toText(text, show), LONGEST);
}

function forPrograms(part: Private | Moment): string {
  return 'unixSeconds' in part ? rfc3339(part.unixSeconds) : part.value;
}

function findingJson({ check, level, message, hint, fixed }: Finding): FindingJson {
  return omitUndefined({ check, level, message: messageOf(message, forPrograms), hint: hint && hintText(hint), fixed });
}

export function doctorJson({ patient, offline, findings, bundle }: DoctorResult): DoctorJson {
  return omitUndefined({ program: patient, version: VERSION, offline, findings: findings.map(findingJson), bundle });
}

export function pinCheckJson({ pin, verified, findings }: PinCheckResult): PinCheckJson {
  const { path, localPath, server, scope } = pin ?? {};
  return omitUndefined({ path, local_path: localPath, server, scope, verified, findings: findings.map(findingJson) });
}

const MARKS = { ok: 'done', warning: 'warning', error: 'failed' } as const satisfies Record<Level, keyof Style>;

/**
 * A mark and a line; below, what puts it right.
 *
 * @param now - milliseconds
 */
export function presentFinding({ level, message, hint, fixed }: Finding, style: Style, now: number): string {
  const line = messageOf(message, (part) =>
    'unixSeconds' in part ? moment(part.unixSeconds, now) : said({ message: part.value, at: part.at }, now),
  );
  const marked = style[MARKS[level]](fixed === true ? `Fixed: ${line}` : line);
  return hint === undefined ? marked : `${marked}\n  ${hintLine(hint)}`;
}

/** @param now - milliseconds */
export function presentPinCheck({ findings }: PinCheckResult, style: Style, now: number): string {
  return findings.map((finding) => presentFinding(finding, style, now)).join('\n');
}

/** The last line. */
export function presentDoctor({ offline, findings, bundle }: DoctorResult): string {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const parts = [
    ...(errors === 0 ? [] : [counted(errors, 'problem')]),
    ...(warnings === 0 ? [] : [counted(warnings, 'warning')]),
  ];
  const asked = offline ? ' Servers were not asked.' : '';
  const summary = `\n${parts.length === 0 ? 'Nothing is wrong' : parts.join(', ')}.${asked}`;
  if (bundle === undefined) return summary;
  return `${summary}\nWrote ${printable(bundle, LONGEST)}. Read it before you send it to anybody.`;
}
