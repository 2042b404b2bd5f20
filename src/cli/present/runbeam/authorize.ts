import type { Authorized, AuthorizeOutcome, Upload } from '../../../services/runbeam/authorize.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import type { FoundToken } from '../../../services/runbeam/token.ts';
import { printable, shellWord } from '../../../text.ts';
import type { AuthorizeJson } from '../../json/runbeam/authorize.ts';
import { hintLine, type Style } from '../../output/style.ts';
import { instanceJson } from './instances.ts';
import { moment } from '../time.ts';
import { omitUndefined } from '../../../omit-undefined.ts';

/** @param now - milliseconds */
export function presentAuthorized({ instance, result }: Authorized, style: Style, now: number): string {
  const label = style.bold(printable(instance.label));
  const head = result.delivered
    ? style.done(`Authorized ${label}`)
    : style.warning(`A machine token was issued for ${label}, but the gateway does not have it`);
  const by = result.authorizedBy;
  return [
    head,
    style.pairs([
      ['gateway', `${printable(result.gateway.name)} (${printable(result.gateway.id)})`],
      ['code', printable(result.gateway.code)],
      ['authorized by', by && `${printable(by.name)} <${printable(by.email)}>`],
      ['expires', moment(result.expiresAt, now)],
      ['abilities', result.abilities.length === 0 ? undefined : printable(result.abilities.join(', '), 300)],
      ['via', result.via === 'cloud' ? 'Runbeam Cloud' : "the gateway's own /authorize"],
      ['key', result.delivered ? keyLine(result.keySent === true) : undefined],
      ['problem', result.problem && printable(result.problem.message, 300)],
      ['help', result.problem?.hint && printable(result.problem.hint, 400)],
    ]),
    ...(result.delivered ? [] : [hintLine({ command: `runbeam harmony:authorize --id ${instance.id} --retry` })]),
    // A gateway takes a token also while its integration is off: no more than what was seen is said.
    ...(result.delivered && result.via === 'cloud'
      ? [style.dim('The gateway took the token. Whether its Runbeam integration is on shows when it uploads its configuration')]
      : []),
  ].join('\n');
}

function keyLine(sent: boolean): string {
  return sent
    ? "the instance's, sent; the gateway keeps it in memory and needs it as RUNBEAM_ENCRYPTION_KEY after a restart"
    : "the gateway's own";
}

/** What became of the upload; nothing where none was wished. */
export function presentUpload({ label }: Pick<Instance, 'label'>, upload: Upload, style: Style): string {
  if (upload.status === 'skipped') {
    const next = hintLine({ command: `runbeam harmony:update -l ${shellWord(label)}` });
    return upload.asked ? `The configuration was not uploaded\n${next}` : '';
  }
  if (upload.status === 'failed') {
    const hint = upload.problem.hint === undefined ? [] : [hintLine(upload.problem.hint)];
    return [style.failed(`The configuration was not uploaded: ${printable(upload.problem.message, 300)}`), ...hint].join('\n');
  }
  const size = upload.configSize === undefined ? '' : ` (${upload.configSize} bytes)`;
  const said = upload.message === undefined ? [] : [style.dim(printable(upload.message))];
  return [style.done(`Uploaded the configuration${size}`), ...said].join('\n');
}

export function authorizeJson({ instance, result, upload }: AuthorizeOutcome): AuthorizeJson {
  const abilities = [...result.abilities];
  return omitUndefined({
    instance: instanceJson(instance),
    gateway: result.gateway,
    expires_at: result.expiresAt,
    expires_in: result.expiresIn,
    abilities,
    authorized_by: result.authorizedBy,
    via: result.via,
    key_sent: result.delivered ? result.keySent === true : undefined,
    delivered: result.delivered,
    problem: result.problem,
    upload: uploadJson(upload),
  });
}

function uploadJson(upload: Upload): AuthorizeJson['upload'] {
  if (upload.status === 'skipped') return { status: 'skipped' };
  if (upload.status === 'failed') return { status: 'failed', problem: upload.problem.toJSON() };
  return omitUndefined({
    status: 'done',
    config_size: upload.configSize,
    message: upload.message,
  });
}

/**
 * A summary without the token itself.
 *
 * @param now - milliseconds
 */
export function presentToken({ token, instance, source }: FoundToken, style: Style, now: number): string {
  return [
    style.pairs([
      ['instance', instance && `${printable(instance.label)} (${printable(instance.id)})`],
      ['gateway', printable(token.gatewayId)],
      ['code', token.gatewayCode === undefined ? undefined : printable(token.gatewayCode)],
      ['expires', moment(token.expiresAt, now)],
      ['abilities', token.abilities.length === 0 ? undefined : printable(token.abilities.join(', '), 300)],
      ['source', source === 'stored' ? 'stored by an earlier authorization' : 'issued just now'],
    ]),
    style.dim('The token itself is printed with --raw'),
  ].join('\n');
}
