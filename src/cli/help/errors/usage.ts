/** Errors with exit code 2: the command line, a setting or a file is not as it has to be. */
import type { ErrorCode } from '../../../errors.ts';
import type { Explanation } from './explanation.ts';

type Code = 'usage' | 'bad_config' | 'bad_file' | 'bad_server' | 'bad_key' | 'no_server' | 'not_found';

export const USAGE: Readonly<Record<Extract<ErrorCode, Code>, Explanation>> = {
  usage: {
    what: 'The command line does not say what to do, or says two things',
    says: ['There is no flag …', '… do not go together', 'Unexpected argument', 'Missing: …', 'There are several accounts on …'],
    causes: [
      [
        'A flag, an argument or a command is mistyped, or is one of another version',
        'Add `--help` to the command: it shows what there is',
      ],
      [
        'Several accounts or servers fit the name that was given',
        'Give the whole name, or `--account NAME`; `beamd accounts` lists them',
      ],
      [
        'A choice is missing that is only asked for on a terminal: in a script or in CI nobody is asked',
        'Give it as a flag: `-y` is a yes, and the message names the others',
      ],
      [
        'The flags of the program that `beamd exec` runs were taken for its own',
        'Put `--` before that program: `beamd exec -- ls -la`',
      ],
    ],
  },
  bad_config: {
    what: 'A variable, a setting or an API key file has a value that cannot be used',
    says: [
      'The proxy in … cannot be used',
      'There is no home folder: HOME is not set',
      'BEAMD_STORAGE is not auto, keyring or age',
    ],
    causes: [
      [
        '`HTTPS_PROXY` or another variable of proxies is no URL of a proxy',
        'Correct or unset the variable that the message names',
      ],
      ['`BEAMD_HOME` or `RUNBEAM_HOME` is not an absolute path, or there is no `HOME`', 'Set it to an absolute path'],
      [
        'The file of `--config` has no `server`, or neither `token` nor `agent_socket`',
        'Correct the file, and run `beamd --config FILE`',
      ],
      ['The address of a registered gateway is none', 'Run `runbeam harmony:edit NAME` with a right one'],
    ],
  },
  bad_file: {
    what: 'A file that was named, or that is kept here, cannot be read as what it should be',
    says: ['… is not a regular file', '… is a folder', '… is larger than …', 'Cannot read the CA file …'],
    causes: [
      ['It was edited by hand, and a line of it is not what the format wants', 'Correct the line that the message names'],
      [
        'It was written by half, or by another program',
        'Move it away and run the command again; an account comes back with `{bin} login`',
      ],
      ['Its path leads to a folder, a socket or something else that is no file', 'Give the path of the file'],
      ['A file with certificates holds none, or not in PEM form', 'Give a file with `-----BEGIN CERTIFICATE-----` in it'],
    ],
  },
  bad_server: {
    what: 'What was given as the address of a server is none',
    says: ['A server gave, or was given as, something that is not an http(s) URL', 'The issuer is not a URL like …'],
    causes: [
      ['There is a space, a path or a user name in it', 'Give a host, and a port where it is not 443: `edge.example.com:8443`'],
      ['The issuer of `--issuer` is not written out', 'Give it as the OpenID configuration has it, with `https://`'],
      [
        'The setting of the Runbeam Cloud address is wrong',
        'Run `runbeam config:get api-url`, then `runbeam config:unset api-url` or set another',
      ],
    ],
  },
  bad_key: {
    what: 'An encryption key is not an age identity',
    says: ['… is not an age X25519 identity'],
    causes: [
      [
        'The variable `BEAMD_ENCRYPTION_KEY` or `RUNBEAM_ENCRYPTION_KEY` was cut off, quoted twice, or holds the public key (`age1...`)',
        'Set it to the line that begins with `AGE-SECRET-KEY-1`, as `age-keygen` writes it, or to base64 of it',
      ],
      [
        'A key file was edited, or is that of another program',
        'Put the right file back, or move it away: what was sealed to it can then not be opened, so log in again',
      ],
      ['The key is of another kind: of ssh, of a plugin, or for a passphrase', 'Make one with `age-keygen`'],
    ],
  },
  no_server: {
    what: 'You are logged in to several servers, and nothing says which one is meant',
    says: ['You are logged in to several servers, and none is the current one'],
    causes: [
      ['No server has been made the current one, or that login is gone', 'Run `beamd switch SERVER`'],
      [
        'It is meant for one command or one project only',
        'Give `--server HOST`, set `BEAMD_SERVER`, or run `beamd link --server HOST` in the project',
      ],
    ],
  },
  not_found: {
    what: 'There is no such thing: a gateway, a token, a login, a file, or what a server was asked for',
    says: [
      'No gateway is registered',
      'There is no gateway with the label or id …',
      'No gateway is known here as …',
      'No .beamd applies in …',
    ],
    causes: [
      ['The name is mistyped', 'List what there is: `runbeam harmony:list`, `runbeam gateways:list`, `beamd accounts`'],
      [
        'It was never made: no gateway is registered, or it has no machine token yet',
        'Run `runbeam harmony:add`, then `runbeam harmony:authorize -l LABEL`',
      ],
      [
        'A server answers 404: the address or the path prefix is another one',
        'Check the address; for a gateway: `runbeam harmony:status NAME`',
      ],
      ['The gateway is of a version that does not have this', 'Run `runbeam harmony:info NAME`, which shows its version'],
      ['A login in two steps was used up, or its code has expired', 'Begin a new one: `{bin} login --no-wait`'],
    ],
  },
};
