import { resumeCommand } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { BegunLogin } from '../../services/login/pending.ts';
import type { BegunLoginJson } from '../json/login.ts';
import { hintLine, type Style } from '../output/style.ts';
import { presentDevice } from './device.ts';
import { moment, rfc3339 } from './time.ts';

export function begunLoginJson(begun: BegunLogin): BegunLoginJson {
  const { id, server, login, expiresAt } = begun;
  return omitUndefined({
    id,
    server,
    control_plane: login.controlPlane?.name,
    verification_uri: login.verificationUri,
    verification_uri_complete: login.verificationUriComplete,
    user_code: login.userCode,
    expires_at: rfc3339(expiresAt),
    interval: login.interval,
    resume: resumeCommand(id),
  });
}

/** @param now - milliseconds */
export function presentBegunLogin(begun: BegunLogin, style: Style, now: number): string {
  const ends = style.dim(`The code ends ${moment(begun.expiresAt, now)}`);
  return [presentDevice(begun.login, style), ends, hintLine({ command: resumeCommand(begun.id) })].join('\n');
}
