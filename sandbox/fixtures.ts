/** Who lives in the sandbox. */

export interface Org {
  readonly slug: string;
  readonly role?: string;
}

export interface Person {
  readonly login: string;
  readonly name: string;
  readonly email: string;
}

export const ALICE: Person = { login: 'alice', name: 'Alice Example', email: 'alice@example.com' };

/** The first org is the personal one. */
export const ALICE_ORGS: readonly Org[] = [
  { slug: 'alice', role: 'owner' },
  { slug: 'acme', role: 'admin' },
  { slug: 'widgets', role: 'member' },
];

/** Exactly `count` orgs: none, the personal one, or that and numbered ones. */
export function manyOrgs(count: number): readonly Org[] {
  return Array.from({ length: count }, (_, index) =>
    index === 0 ? { slug: 'alice', role: 'owner' } : { slug: `org-${String(index).padStart(3, '0')}`, role: 'member' },
  );
}
