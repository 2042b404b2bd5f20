import type { Account, Scope } from '../../store/types.ts';
import type { AccountJson, ScopeJson } from '../json/account.ts';

export function scopeJson({ slug, role }: Scope): ScopeJson {
  return { slug, ...(role === undefined ? {} : { role }) };
}

export function accountJson(account: Account): AccountJson {
  return {
    server: account.server,
    kind: account.kind,
    scopes: account.scopes.map(scopeJson),
    storage: account.storage,
    ...(account.user === undefined ? {} : { user: account.user }),
    ...(account.defaultScope === undefined ? {} : { default_scope: account.defaultScope }),
    ...(account.controlPlane === undefined ? {} : { control_plane: account.controlPlane }),
    ...(account.endedAt === undefined ? {} : { ended_at: account.endedAt }),
  };
}

/** `1 org`, `3 orgs`. */
export function countOrgs(count: number): string {
  return count === 1 ? '1 org' : `${count} orgs`;
}
