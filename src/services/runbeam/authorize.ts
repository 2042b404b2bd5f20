/** `runbeam harmony:authorize`: the agent of the login does it, or this process with a token that it was given; then the configuration may be uploaded. */
import type { AuthorizeResult } from '../../agent/protocol/agent.ts';
import { BeamError } from '../../errors.ts';
import { isSdkForm } from '../../store/instances/instance-key.ts';
import type { Instance } from '../../store/instances/instances.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { actingFor, type ActingContext, type ActingInput } from './acting.ts';
import type { Left } from '../waiting.ts';
import { gatewayTitle, uploadConfiguration } from './gateways/gateway.ts';
import { whatAuthorizingLeft } from './interrupted.ts';
import { sdkFormHint } from './gateways/instances.ts';
import { noTokenIssued, whyNoToken } from './gateways/session-only.ts';
import { selectInstance, type SelectContext, type Selector } from './gateways/select-instance.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface AuthorizeInput extends Selector, Pick<ActingInput, 'config'> {
  readonly via: 'cloud' | 'harmony';
  /** Deliver the token kept from an earlier, undelivered authorization. */
  readonly retry: boolean;
  /** As `AuthorizeRequest.replaces`. */
  readonly replaces?: string | undefined;
  /** Upload the configuration without asking. */
  readonly update: boolean;
  /** Questions may be put; without `update` and without asking the upload is skipped. */
  readonly ask: boolean;
}

type AuthorizeContext = ActingContext & SelectContext & Pick<Context, 'confirm' | 'waiting'>;

/** What became of the configuration upload. */
export type Upload =
  | { readonly status: 'done'; readonly configSize?: number; readonly message?: string }
  /** `asked`: the user was asked, and did not say yes. */
  | { readonly status: 'skipped'; readonly asked: boolean }
  | {
      readonly status: 'failed';
      readonly problem: BeamError;
    };

export interface Authorized {
  readonly instance: Instance;
  readonly result: AuthorizeResult;
}

export interface AuthorizeOutcome extends Authorized {
  readonly upload: Upload;
}

/**
 * Authorizes; what came of it is to be reported before `uploadAfter` asks anything. Which API the gateway has is found out
 * first, so that no token is issued that nobody takes. Throws `forbidden` for a gateway that could only be handed the
 * session, and as `selectInstance`, `actingFor`, `Harmony.api` and `Agent.authorize`.
 */
export async function authorize(context: AuthorizeContext, input: AuthorizeInput): Promise<Authorized> {
  const instance = await selectInstance(context, input);
  const acting = await actingFor(context, { config: input.config, workOf: 'user' });
  const via = await chooseWay(context, input, instance);
  warnOfKeyForm(context, instance);
  const { id, ip, port, label, pathPrefix } = instance;
  const { retry, replaces } = input;
  const request = omitUndefined({ instance: { id, ip, port, label, pathPrefix }, via, retry, replaces });
  const left = whatAuthorizingLeft(context, instance, { retry, here: acting.given !== undefined });
  const line = retry
    ? `Delivering the kept machine token to ${gatewayTitle(instance)}`
    : `Authorizing ${gatewayTitle(instance)} with ${acting.server.name}`;
  const result = await context.waiting({ line, left }, () => acting.withBroker((broker) => broker.authorize(request)));
  return { instance, result };
}

/** Uploads the configuration if that was or is now wished. Interrupted at the question, it is authorized and not uploaded. */
export async function uploadAfter(context: AuthorizeContext, input: AuthorizeInput, done: Authorized): Promise<Upload> {
  if (!done.result.delivered) return { status: 'skipped', asked: false };
  if (!input.update && !input.ask) return { status: 'skipped', asked: false };
  if (input.update || (await wantsUpload(context, done.instance))) return uploadConfig(context, done.instance);
  return { status: 'skipped', asked: true };
}

/** The user's own session goes to a gateway only if the user says so. */
async function chooseWay(
  context: AuthorizeContext,
  { via, retry, ask }: AuthorizeInput,
  instance: Instance,
): Promise<AuthorizeInput['via']> {
  if (via === 'harmony' || retry) return via;
  const asking = { line: `Waiting for ${gatewayTitle(instance)}`, left: (): Left => ({ message: 'nothing was issued' }) };
  const why = await context.waiting(asking, () => whyNoToken(context, instance));
  if (why === undefined) return via;
  if (ask && (await context.confirm(`${why}. Hand it over?`)) === true) return 'harmony';
  throw noTokenIssued(why, instance);
}

function warnOfKeyForm({ env, warn }: AuthorizeContext, { id }: Instance): void {
  const key = env['RUNBEAM_ENCRYPTION_KEY'];
  if (key === undefined || key.trim() === '' || isSdkForm(key)) return;
  warn('RUNBEAM_ENCRYPTION_KEY is in a form that gateways with SDK 0.11 cannot read', sdkFormHint(id));
}

async function wantsUpload({ confirm }: AuthorizeContext, { label }: Instance): Promise<boolean> {
  try {
    return (await confirm(`Upload the configuration of ${printable(label)} to Runbeam Cloud?`)) === true;
  } catch (error) {
    // The gateway is authorized, and that was said: this was only about the upload.
    if (error instanceof BeamError && error.code === 'interrupted') return false;
    throw error;
  }
}

async function uploadConfig(context: AuthorizeContext, instance: Instance): Promise<Upload> {
  try {
    const { answer } = await uploadConfiguration(context, { id: instance.id });
    return omitUndefined({
      status: 'done',
      configSize: answer.config_size,
      message: answer.message === undefined ? undefined : printable(answer.message),
    });
  } catch (error) {
    // The gateway is authorized all the same: that is not to be hidden behind this error.
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    return { status: 'failed', problem: error };
  }
}
