/** The protocol of kubectl's credential plugins (client.authentication.k8s.io): a question in the environment, an ExecCredential as answer. */
import { variable } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Secret } from '../../secret.ts';
import { accountKey, noAccount, parseAccountName } from '../../store/account-key.ts';
import type { Account } from '../../store/accounts/account.ts';
import { parseServer } from '../../store/server.ts';
import { accountWords } from '../../hints.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { accountAt, placeOf, userOf } from './account-at.ts';
import { helperGrant, type HelperContext } from './helper-grant.ts';
import { looseJson, memberOf } from '../../loose-json.ts';

/** Versions of the API that have the same answer; which one, the user of the kubeconfig says. */
const VERSIONS = ['v1', 'v1beta1'].map((version) => `client.authentication.k8s.io/${version}`);

export interface KubeInput {
  /** The server of the account, exactly; the kubeconfig names it. */
  readonly server: string;
  /** Its name there, or `-`. */
  readonly account?: string | undefined;
}

export interface KubeCredential {
  /** As it was asked. */
  readonly apiVersion: string;
  readonly token: Secret;
  /** Unix seconds. */
  readonly expiresAt?: number;
}

/**
 * A token for the cluster that kubectl is about to speak to, which must be the edge or the control plane of the account. Throws
 * `usage` for what is no question of kubectl, `bad_config` where the kubeconfig hides which cluster it is, `forbidden` for another
 * one, `login_required`, and as `helperGrant`.
 */
export async function kubeCredential(context: HelperContext & Pick<Context, 'env'>, input: KubeInput): Promise<KubeCredential> {
  const { apiVersion, cluster } = parseExecInfo(variable(context.env, 'KUBERNETES_EXEC_INFO') ?? '');
  const account = await accountOf(context, input);
  if (cluster === undefined) {
    throw new BeamError('bad_config', 'The kubeconfig does not let it be known which cluster the token is for', {
      hint: { command: `beamd setup kube ${accountWords(account)}` },
    });
  }
  if (!isOf(account, cluster)) {
    throw new BeamError('forbidden', `The cluster is at ${printable(cluster)}, and the login is one to ${account.server}`, {
      hint: { text: 'A token goes to the edge and the control plane of its account only: use another user for this cluster' },
    });
  }
  const { accessToken: token, expiresAt } = await helperGrant(context, account);
  return omitUndefined({ apiVersion, token, expiresAt });
}

async function accountOf(context: HelperContext, { server: text, account: named }: KubeInput): Promise<Account> {
  const server = parseServer(text);
  const name = named === undefined ? undefined : parseAccountName(named);
  const username = named === undefined ? undefined : userOf({ name });
  const account = await accountAt(context, { origins: [server.origin], username });
  if (account === undefined) throw noAccount(accountKey(server, name));
  return account;
}

function isOf({ server, controlPlane }: Account, cluster: string): boolean {
  const [, scheme = '', host = ''] = /^([a-z]+):\/\/([^/?#@\\]+)(?:\/|$)/u.exec(cluster) ?? [];
  const origin = placeOf(scheme, host);
  const own = controlPlane === undefined ? [server] : [server, controlPlane];
  return origin !== undefined && own.some((name) => parseServer(name).origin === origin);
}

/** What kubectl asks, and the server of the cluster, if it says so. Throws `usage`. */
function parseExecInfo(text: string): { readonly apiVersion: string; readonly cluster: string | undefined } {
  const info = looseJson(text);
  const apiVersion = memberOf(info, 'apiVersion');
  if (typeof apiVersion !== 'string' || !VERSIONS.includes(apiVersion)) {
    throw new BeamError('usage', `KUBERNETES_EXEC_INFO holds no question that this answers (${VERSIONS.join(', ')})`, {
      hint: { text: 'kubectl runs this command: `beamd setup kube` makes it do so' },
    });
  }
  const cluster = memberOf(memberOf(memberOf(info, 'spec'), 'cluster'), 'server');
  return { apiVersion, cluster: typeof cluster === 'string' && cluster !== '' ? cluster : undefined };
}
