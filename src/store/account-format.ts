/** The text of an account file, for those who write one. */
import type { AccountDocument } from './account-file.ts';
import { defined } from './defined.ts';
import { stringifyYaml } from './yaml.ts';

const COMMENT = '# Written by beamd. Everything but the secret may be read and shown.\n';

/** What an account file says. */
export type AccountText = Pick<AccountDocument, 'account' | 'sealed' | 'extra'>;

/** The text of an account file: known fields, then unknown ones, the secret last. */
export async function formatAccountFile(document: AccountText): Promise<string> {
  const { account } = document;
  const body = await stringifyYaml(
    defined({
      server: account.server,
      provider: account.provider,
      kind: account.kind,
      dialect: account.dialect,
      user: account.user,
      scopes: account.scopes.map(({ slug: name, role }) => defined({ slug: name, role })),
      default_scope: account.defaultScope,
      storage: account.storage,
      control_plane: account.controlPlane,
      issuer: account.issuer,
      client_id: account.clientId,
      api_url: account.apiUrl,
      insecure_skip_verify: account.insecureSkipVerify,
      ended_at: account.endedAt,
      locked: account.locked && defined({ failures: account.locked.failures, not_before: account.locked.notBefore }),
      checked_at: account.checkedAt,
      ...document.extra,
      secret: document.sealed,
    }),
  );
  return COMMENT + body;
}
