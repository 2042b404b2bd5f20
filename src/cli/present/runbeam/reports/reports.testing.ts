/** What the tests of reports begin with. */
import type { TokenRow } from '../../../../runbeam/token-standing.ts';

/** A token that is in force, or one that differs from it as said. */
export function tokenRow(more: Partial<TokenRow>): TokenRow {
  return {
    standing: 'live',
    instance: { id: '1a2b3c4d', ip: '127.0.0.1', port: 8081, label: 'gate', pathPrefix: 'admin' },
    gatewayCode: '1a2b3c4d',
    cloud: 'https://cloud.example',
    issuedAt: '2026-10-10T00:00:00Z',
    expiresAt: '2026-11-09T00:00:00Z',
    ...more,
  };
}
