import type { PinCheckResult } from '../../services/doctor/pin-check.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { PinCheckJson } from '../json/pin.ts';
import type { Style } from '../output/style.ts';
import { findingJson, presentFinding } from './doctor.ts';

export function pinCheckJson({ pin, verified, findings }: PinCheckResult): PinCheckJson {
  const { path, localPath, server, scope } = pin ?? {};
  return omitUndefined({ path, local_path: localPath, server, scope, verified, findings: findings.map(findingJson) });
}

/** @param now - milliseconds */
export function presentPinCheck({ findings }: PinCheckResult, style: Style, now: number): string {
  return findings.map((finding) => presentFinding(finding, style, now)).join('\n');
}
