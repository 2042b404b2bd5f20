import type { DoctorResult } from '../../services/doctor/doctor.ts';
import type { Finding, Level } from '../../services/doctor/report/finding.ts';
import { toText, type Text } from '../../services/doctor/report/text.ts';
import { hintText } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { VERSION } from '../../programs.ts';
import { printable } from '../../text.ts';
import type { DoctorJson, FindingJson } from '../json/doctor.ts';
import type { Style } from '../output/style.ts';
import { relative } from './time.ts';

/** Characters of a message at most: paths may be long. */
const LONGEST = 8_192;

/** @param now - milliseconds */
function messageOf(text: Text, now: number): string {
  return printable(
    toText(text, (part) => ('unixSeconds' in part ? relative(part.unixSeconds, now) : part.value)),
    LONGEST,
  );
}

/** @param now - milliseconds */
function findingJson({ check, level, message, hint, fixed }: Finding, now: number): FindingJson {
  return omitUndefined({ check, level, message: messageOf(message, now), hint: hint && hintText(hint), fixed });
}

/** @param now - milliseconds */
export function doctorJson({ patient, offline, findings, bundle }: DoctorResult, now: number): DoctorJson {
  const all = findings.map((finding) => findingJson(finding, now));
  return omitUndefined({ program: patient, version: VERSION, offline, findings: all, bundle });
}

/** A mark and a line; below, what puts it right. */
export function presentFinding({ level, message, hint, fixed }: Finding, style: Style, now: number): string {
  const line = `${mark(level, style)} ${fixed === true ? 'Fixed: ' : ''}${messageOf(message, now)}`;
  if (hint === undefined) return line;
  return `${line}\n  ${'command' in hint ? 'Run' : 'Hint'}: ${printable(hintText(hint), LONGEST)}`;
}

function mark(level: Level, style: Style): string {
  if (level === 'ok') return style.green('✓');
  return level === 'warning' ? style.yellow('!') : style.red('✗');
}

/** The last line. */
export function presentDoctor({ offline, findings, bundle }: DoctorResult): string {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const parts = [amount(errors, 'problem'), amount(warnings, 'warning')].filter((part) => part !== '');
  const asked = offline ? ' Servers were not asked.' : '';
  const summary = `\n${parts.length === 0 ? 'Nothing is wrong' : parts.join(', ')}.${asked}`;
  if (bundle === undefined) return summary;
  return `${summary}\nWrote ${printable(bundle, LONGEST)}. Read it before you send it to anybody.`;
}

function amount(count: number, what: string): string {
  if (count === 0) return '';
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}
