/** `runbeam harmony:authorize`: the agent of the Runbeam Cloud account does it; then the configuration may be uploaded. */
import type { Agent, AuthorizeResult } from '../../agent/protocol/agent.ts';
import { BeamError, type ErrorCode } from '../../errors.ts';
import { createHarmony } from '../../runbeam/harmony.ts';
import type { Account } from '../../store/accounts/account.ts';
import type { Instance } from '../../store/instances/instances.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { namingRunbeamLogin, runbeamAccount, type AccountContext } from './account.ts';
import { selectInstance, type Selector } from './instances.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface AuthorizeInput extends Selector {
  readonly via: 'cloud' | 'harmony';
  /** Deliver the token kept from an earlier, undelivered authorization. */
  readonly retry: boolean;
  /** Upload the configuration without asking. */
  readonly update: boolean;
  /** Ask nothing; without `update` the upload is skipped. */
  readonly yes: boolean;
}

type AuthorizeContext = AccountContext & Pick<Context, 'agents' | 'confirm' | 'http' | 'signal'>;

/** What became of the configuration upload. */
export type Upload =
  | { readonly status: 'done'; readonly configSize?: number; readonly message?: string }
  | { readonly status: 'skipped' }
  | {
      readonly status: 'failed';
      readonly problem: { readonly code: ErrorCode; readonly message: string; readonly hint?: string };
    };

export interface AuthorizeOutcome {
  readonly instance: Instance;
  readonly result: AuthorizeResult;
  readonly upload: Upload;
}

/** Throws as `selectInstance`, `runbeamAccount` and `Agent.authorize`. An upload that fails is part of the outcome. */
export async function authorize(context: AuthorizeContext, input: AuthorizeInput): Promise<AuthorizeOutcome> {
  const instance = selectInstance(context, input);
  const account = await runbeamAccount(context);
  const { id, ip, port, label, pathPrefix } = instance;
  const request = { instance: { id, ip, port, label, pathPrefix }, via: input.via, retry: input.retry };
  const result = await withAgent(context, account, (agent) => agent.authorize(request));
  const upload = result.delivered && (await wantsUpload(context, input, label)) ? await uploadConfig(context, instance) : SKIPPED;
  return { instance, result, upload };
}

const SKIPPED: Upload = { status: 'skipped' };

/**
 * Does work with the agent of the account. With `RUNBEAM_ENCRYPTION_KEY` set that is one in this process: the variable is
 * this process's, and keys never cross the socket.
 */
export async function withAgent<T>(
  { agents, env }: Pick<Context, 'agents' | 'env'>,
  account: Account,
  work: (agent: Agent) => Promise<T>,
): Promise<T> {
  const ownKey = (env['RUNBEAM_ENCRYPTION_KEY'] ?? '').trim() !== '';
  return namingRunbeamLogin(async () => {
    const agent = ownKey ? await agents.inProcess(account.key) : await agents.open(account);
    try {
      return await work(agent);
    } finally {
      agent.close();
    }
  });
}

async function wantsUpload({ confirm }: AuthorizeContext, input: AuthorizeInput, label: string): Promise<boolean> {
  if (input.update || input.yes) return input.update;
  return (await confirm(`Upload the configuration of ${printable(label)} to Runbeam Cloud?`)) === true;
}

async function uploadConfig(context: AuthorizeContext, instance: Instance): Promise<Upload> {
  try {
    const answer = await createHarmony(instance, context.http(), context.signal).update();
    return omitUndefined({
      status: 'done',
      configSize: answer.config_size,
      message: answer.message === undefined ? undefined : printable(answer.message),
    });
  } catch (error) {
    // The gateway is authorized all the same: that is not to be hidden behind this error.
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    return { status: 'failed', problem: error.toJSON() };
  }
}
