/** A server whose discovery document changes after the login, to send what the user has elsewhere. */
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startOAuthEdge } from '../../sandbox/testing.ts';
import { expireSession, logIn } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { startCanaryHost } from '../support/canary-host.ts';

const keep = cleanup();

describe('a discovery document that changes after the login', () => {
  test.each(['beam-auth', 'OAuth'] as const)('%s: refresh, logout and login send nothing elsewhere', async (dialect) => {
    const canary = keep(await startCanaryHost());
    const edge = keep(await (dialect === 'OAuth' ? startOAuthEdge({ expiresIn: 1 }) : startBeamAuthEdge({ expiresIn: 1 })));
    const user = keep(createCliUser());
    await logIn(user, edge);
    const at = (name: string): string => `${canary.origin}/${name}`;
    const beam = { device_code_url: at('device'), token_url: at('token'), revocation_url: at('revoke') };
    const oauth = {
      issuer: edge.origin,
      token_endpoint: at('token'),
      device_authorization_endpoint: at('device'),
      revocation_endpoint: at('revoke'),
    };
    const document = dialect === 'OAuth' ? oauth : beam;
    for (const name of dialect === 'OAuth' ? ['openid-configuration', 'oauth-authorization-server'] : ['beam-auth']) {
      edge.faults.next(`GET /.well-known/${name}`, { json: document, times: Infinity });
    }
    await expireSession(user, edge);
    const server = ['--server', edge.origin];
    const ran = [
      await user.beamd('token', ...server),
      await user.beamd('login', ...server),
      await user.beamd('logout', ...server),
    ];
    expect(ran.map(({ code }) => code)).toEqual([5, 5, 0]);
    expect(ran[0]?.stderr).toContain('points elsewhere');
    expect({ connections: canary.connections(), received: canary.received() }).toEqual({ connections: 0, received: '' });
  });
});
