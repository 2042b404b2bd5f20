/** Errors with exit code 4: a login is needed, or one that was there is no good any more. */
import type { ErrorCode } from '../../../errors.ts';
import type { Explanation } from './explanation.ts';

type Code =
  | 'login_required'
  | 'session_ended'
  | 'token_rejected'
  | 'locked'
  | 'wrong_passphrase'
  | 'access_denied'
  | 'expired_token'
  | 'no_device_login';

export const LOGIN: Readonly<Record<Extract<ErrorCode, Code>, Explanation>> = {
  login_required: {
    what: 'There is no login for what was asked',
    says: [
      'You are not logged in',
      'You are not logged in to …',
      'This project uses … (…), and you are not logged in to …',
      'The token for … cannot be renewed',
    ],
    causes: [
      ['You have not logged in there, or have logged out', 'Run `{bin} login`, or the command that the message names'],
      ['The project you are in uses another server', 'Run `beamd why server`: it shows where that name comes from'],
      [
        '`BEAMD_HOME` or `RUNBEAM_HOME` names another folder than when you logged in, as with `sudo`',
        'Run it as the user who logged in, with the same variables',
      ],
      ['In CI nobody can log in', 'Use an API key: `beamd --config FILE`, or `RUNBEAM_TOKEN` for `runbeam`'],
      [
        "What is asked for is a gateway's to do",
        'Set `RUNBEAM_MACHINE_TOKEN` to its machine token: `runbeam token:get -g CODE --raw`',
      ],
    ],
  },
  session_ended: {
    what: 'The server has ended the session, or it has reached its end: it cannot be renewed',
    says: ['Your session on … ended', 'Your session on … has expired', 'The session on … has ended'],
    causes: [
      [
        'It is older than the server lets a session become; those of Runbeam Cloud are never renewed',
        'Log in again: `{bin} login`',
      ],
      [
        'It was revoked there: by an admin, by a change of the password, by a logout elsewhere',
        'Log in again, and ask an admin if it ends again soon',
      ],
      [
        'The refresh token was used by something else: a copy of the home folder on another machine, or another program that reads it',
        'Log in on each machine for itself, and let other programs ask `beamd token`',
      ],
      ['A backup was put back that holds an earlier refresh token', 'Log in again'],
    ],
  },
  token_rejected: {
    what: 'The server does not take this token, or it could not be verified',
    says: ['… does not know this API key', '… rejected the token of …', 'The … is 401: the token was rejected'],
    causes: [
      [
        'An API key or token was revoked, or is one of another server',
        'Put one that is good there into the file or variable that the message names',
      ],
      [
        'The clock of this machine is wrong, so that a good token looks expired or not yet valid',
        'Run `{bin} doctor`: it compares the clocks',
      ],
      ['A JWT does not fit: its issuer, audience, key or signature', 'Run `runbeam verify`: it names the check that failed'],
      ['The session is good, and the server refused it once', 'Run the command again; if it stays, `{bin} login`'],
    ],
  },
  locked: {
    what: 'The account is locked with a passphrase',
    says: ['The account on … is locked', 'Too many wrong passphrases for the account on …'],
    causes: [
      ['`beamd agent lock` was run, or what locks by itself did so', 'Run `beamd agent unlock`'],
      ['The passphrase was wrong several times, and there is a pause', 'Wait for as long as the message says'],
      ['Nobody can type a passphrase here', 'Give it with `beamd agent unlock --passphrase-file FILE`'],
      ['The passphrase is lost', 'Run `beamd logout`, then `beamd login`: nothing else opens what it locked'],
    ],
  },
  wrong_passphrase: {
    what: 'The passphrase is not the one that the account was locked with',
    says: ['That is not the passphrase of the account on …'],
    causes: [
      ['It was mistyped, or typed with another keyboard', 'Run `beamd agent unlock` once more'],
      [
        'A file with it ends with more than one line break',
        'Correct the file: it holds the passphrase, and one line break at most',
      ],
      ['It is that of another account', 'Name the account: `beamd agent unlock --server HOST`'],
    ],
  },
  access_denied: {
    what: 'The login was denied in the browser',
    says: ['The login was denied in the browser; nothing was saved'],
    causes: [
      [
        'Somebody pressed "deny", perhaps because the code did not look right',
        'Run the login again, and compare the code before you approve',
      ],
      ['Your user may not log in to this server, or not with this client', 'Ask an admin of the server'],
      ['The login was used up, or is not known there any more', 'Run `{bin} login` again'],
    ],
  },
  expired_token: {
    what: 'A code or a token was too old when it was used',
    says: ['The login expired before it was approved', 'The machine token in … expired at …', 'The token expired'],
    causes: [
      ['Nobody approved the login in time', 'Run `{bin} login` again: the countdown says how long there is'],
      ['A machine token has reached its 30 days', 'Run `runbeam harmony:renew NAME`, or `runbeam harmony:authorize -l LABEL`'],
      ['A token in a variable or a file is old', 'Put a new one there: `runbeam token:get -g CODE --raw`'],
      ['The clock of this machine is wrong', 'Run `{bin} doctor`: it compares the clocks'],
    ],
  },
  no_device_login: {
    what: 'The server has no login that goes through a browser on another device',
    says: ['… offers no device login: it is self-hosted and takes a token', 'There is no discovery document of the issuer …'],
    causes: [
      ['It is self-hosted and takes a token', 'Run `beamd login --server HOST --token -`'],
      [
        'Its logins come from another server or from below a path, as those of Keycloak do',
        'Name it: `beamd login --server HOST --issuer URL`',
      ],
      ['Something else answers at that address', 'Check the spelling, and whether a proxy or a captive portal is in between'],
    ],
  },
};
