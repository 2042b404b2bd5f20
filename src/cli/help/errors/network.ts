/** Errors with exit code 5: a server, or the way to it. None of them ends a session. */
import type { ErrorCode } from '../../../errors.ts';
import type { Explanation } from './explanation.ts';

type Code = 'network' | 'timeout' | 'server_error' | 'bad_answer';

export const NETWORK: Readonly<Record<Extract<ErrorCode, Code>, Explanation>> = {
  network: {
    what: 'A server cannot be reached, or its certificate is not trusted',
    says: ['Cannot reach …', 'The certificate of … is not trusted', 'The proxy … refused to reach …'],
    causes: [
      [
        'There is no network, or the name is mistyped',
        'Run `{bin} doctor`: it looks at the name, the way there and the certificate',
      ],
      ['The way out leads through a proxy, which is not set here or is wrong', 'Set `HTTPS_PROXY` and `NO_PROXY`'],
      [
        'The certificate is from a CA of your company',
        'Run `{bin} login --ca-file FILE`, or set `NODE_EXTRA_CA_CERTS`; for a gateway: `runbeam harmony:edit NAME --ca-file FILE`',
      ],
      ['A gateway does not run, or listens on another port', 'Start it, and compare with `runbeam harmony:list`'],
      [
        'The agent was started before the network settings changed',
        'Run `beamd agent stop`: the next command starts one with those of now',
      ],
    ],
  },
  timeout: {
    what: 'A server, or another process that asks it, did not answer in time',
    says: ['… did not answer in full within …', "… is waiting for a server's answer about the same session"],
    causes: [
      ['The server or the network is slow', 'Try again in a moment; nothing is lost'],
      [
        'Another process is renewing the same session, and waits itself',
        'Run the command again: it takes what the other one got',
      ],
      ['A firewall drops what is sent without a word', 'Run `{bin} doctor`, and set `HTTPS_PROXY` if there is a proxy'],
    ],
  },
  server_error: {
    what: 'The server says that it is in trouble, or wants to be asked later',
    says: ['… takes no more requests for now', '… no longer says where to renew the session', 'The … is an error: …'],
    causes: [
      ['It is down or being updated (500, 502, 503)', 'Try again in a moment; the session is kept'],
      [
        'It was asked too often (429)',
        'Wait; for many gateways, `runbeam harmony:authorize --all --concurrency 4` asks fewer at a time',
      ],
      ['It stays for hours', 'Look at the status page of the service, or into the log of your own server'],
    ],
  },
  bad_answer: {
    what: 'What answers is not what was expected there: another program, another version, or something in between',
    says: [
      'The … is not JSON',
      'The … is a redirect',
      "… is not Harmony's management API",
      'The login discovery of … belongs to another issuer',
    ],
    causes: [
      ['Another program listens at that address or port', 'Check the address; for a gateway: `runbeam harmony:status NAME`'],
      [
        'A proxy, a VPN page or a captive portal answers in its place',
        'Open the address in a browser, and log in to the network first',
      ],
      ['The path prefix of the gateway is another one', 'Run `runbeam harmony:edit NAME -x PREFIX`'],
      ['The server redirects; no redirect is ever followed, for a token would go along', 'Use the address that it redirects to'],
      ['The server is of a version that this program does not know', 'Update the older one of the two'],
    ],
  },
};
