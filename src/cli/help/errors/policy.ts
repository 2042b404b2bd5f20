/** Errors with exit codes 6 and 7: refused for safety's sake or by somebody's rules, and what was done by half. */
import type { ErrorCode } from '../../../errors.ts';
import type { Explanation } from './explanation.ts';

type Code = 'unknown_scope' | 'insecure_transport' | 'unsafe_path' | 'secret_in_project' | 'forbidden' | 'not_delivered';

export const POLICY: Readonly<Record<Extract<ErrorCode, Code>, Explanation>> = {
  unknown_scope: {
    what: 'The org is none of yours on that server',
    says: ['… has no org "…" for you', 'Your default org "…" on … is not among your orgs any more'],
    causes: [
      ['Its name is mistyped', 'Run `beamd orgs`'],
      ['You were added to it since the login', 'Run `beamd orgs --refresh`'],
      [
        'The project pins an org that you do not belong to',
        'Ask to be added, or give `--scope ORG`; `beamd why scope` shows where the name comes from',
      ],
      ['You left it, and it is your default still', 'Run `beamd default ORG`'],
      ['The server is self-hosted and has no orgs', 'Leave `--scope` and `scope:` out'],
    ],
  },
  insecure_transport: {
    what: 'A secret would have gone over plain http to another machine',
    says: [
      '… was given with http://, which would send tokens in the clear',
      'Plain http to … is refused: it is not on this machine',
    ],
    causes: [
      ['The address begins with `http://`', 'Give it with `https://`, or as a host alone'],
      [
        'A gateway on another machine has no TLS',
        'Put TLS in front of it, or forward its port: `ssh -L 8081:127.0.0.1:8081 HOST`',
      ],
      ['The gateway is in a network that you trust with its tokens', 'Run `runbeam harmony:edit -l LABEL --allow-plaintext`'],
    ],
  },
  unsafe_path: {
    what: 'A file or folder can be read or changed by others, so nothing secret is put there or taken from there',
    says: ['… can be read by other users', '… belongs to another user', '… is a symbolic link'],
    causes: [
      ['Its mode is too open', 'Run `{bin} doctor --fix`, or the `chmod` that the message names'],
      ['It belongs to another user, often because of `sudo`', 'Give it back: `chown` it to yourself, and run without `sudo`'],
      ['A folder is a symbolic link', 'Name the real folder with `BEAMD_HOME` or `RUNBEAM_HOME`'],
      [
        "The `.beamd` of a project is another user's",
        'Read it; then make it yours, or work elsewhere with `--server` and `--scope`',
      ],
      ['The file system keeps no modes, as some mounts of Windows folders', 'Use a folder on another one'],
    ],
  },
  secret_in_project: {
    what: 'A secret stands, or would stand, in a file that is shared with a project',
    says: ['… holds a secret', '… is not written: …, and there are secrets in it'],
    causes: [
      [
        'There is a token or a password in `.beamd`',
        'Remove the line and revoke the secret: it may be in the history of the repository',
      ],
      [
        'An API key is meant for CI',
        'Put it into the secrets of the CI, and from there into `BEAMD_TOKEN` or a file for `--config`',
      ],
      [
        'An export would write into a repository that does not ignore the file',
        'Add the file to `.gitignore`, or write to a folder outside of the repository',
      ],
    ],
  },
  forbidden: {
    what: 'The server, a gateway or a rule says that this may not be done',
    says: ['The … is 403: not allowed', 'The Runbeam integration of Harmony at … is disabled', '… refused the request'],
    causes: [
      ['Your user or your key may not do that there', 'Ask an admin of your org to allow it'],
      [
        'A gateway has its Runbeam integration off',
        'Set `enabled = true` under `[runbeam]` in its `config.toml`, then run `runbeam harmony:reload NAME`',
      ],
      [
        'A gateway refuses the token: it is of another gateway, or its key is another one',
        'Run `runbeam harmony:authorize -l LABEL`',
      ],
      ['A login for the same edge came another way before', 'Run `beamd logout`, then log in again'],
      [
        'The account asks you before each use, and the answer was no, or none came within a minute',
        'Run the command again and allow it; `beamd agent lock --no-confirm` ends the asking',
      ],
      [
        'The agent is one that another machine forwards: it gives tokens of one org, for a time',
        'Run the command on the machine where you are logged in, or `beamd agent forward HOST` there once more',
      ],
      ["A token was to be sent to a host that is not the account's", 'Name the host of the account; a token goes nowhere else'],
    ],
  },
  not_delivered: {
    what: 'A machine token was issued, and the gateway has not got it; it is kept here',
    says: ['The new machine token is kept here'],
    causes: [
      [
        'The gateway did not answer when the token was brought to it',
        'Start it, then run `runbeam harmony:authorize -l LABEL --retry`',
      ],
      [
        'The gateway refused it: its integration is off, or it is too old for tokens',
        'Run `runbeam harmony:info NAME`; see `runbeam help error forbidden`',
      ],
      ['Some of several gateways failed', 'Run the same command again with `--resume`: it asks only those'],
      ['The agent renewed a token and could not bring it', 'It tries again by itself; `runbeam harmony:tokens` shows which'],
    ],
  },
};
