/** Flags that several commands share. */
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BeamError } from '../../errors.ts';

/** What these are called in help, where they stand together. */
const ACCOUNT = 'ACCOUNT';

/** `--server`, `--account`, `--scope` and `--config`: who acts, for which scope. The input of the ladder, `resolveTarget`. */
export const accountFlags = {
  server: Flags.string({
    helpGroup: ACCOUNT,
    helpValue: 'HOST',
    summary: 'Act on the account of this server (else BEAMD_SERVER, .beamd, the current account)',
  }),
  account: Flags.string({
    helpGroup: ACCOUNT,
    helpValue: 'NAME',
    summary:
      'The account of that server, where you have several (else BEAMD_ACCOUNT, .beamd.local, the current one); - is the one without a name',
  }),
  scope: Flags.string({
    helpGroup: ACCOUNT,
    helpValue: 'ORG',
    summary: 'Act for this org (else BEAMD_SCOPE, .beamd, the default org)',
  }),
  config: Flags.string({
    helpGroup: ACCOUNT,
    helpValue: 'FILE',
    summary: "Use this file's server and token: no account, no .beamd, no org",
  }),
};

/** Of `setup`. The input of `setUp`. */
export const setupFlags = {
  ...accountFlags,
  undo: Flags.boolean({ default: false, summary: 'Take out what was written, and nothing else' }),
  yes: Flags.boolean({ char: 'y', default: false, summary: 'Ask nothing' }),
};

/** `--storage` and `--insecure-storage`: where a login keeps its secrets. `loginContext` reads them. */
export const storageFlags = {
  'storage': Flags.option({
    options: ['auto', 'keyring', 'age'] as const,
    helpValue: 'STORE',
    summary: 'Keep the key of this login in the OS keyring or in an age key file; else BEAMD_STORAGE, else auto',
  })(),
  'insecure-storage': Flags.boolean({
    default: false,
    summary: 'Keep the secrets of this login in plain text',
    exclusive: ['storage'],
  }),
};

/** `--token`, `--token-file` and `--replace`: a login without a browser. `tokenSource` reads the first two. */
export const tokenFlags = {
  'token': Flags.string({ helpValue: 'TOKEN|-', summary: 'Log in with this token; - reads it from standard input' }),
  'token-file': Flags.string({ helpValue: 'FILE', summary: 'Log in with the token in this file', exclusive: ['token'] }),
  'replace': Flags.boolean({
    default: false,
    summary: 'Let a token that the server cannot check take the place of a login',
  }),
};

/** `--ca-file` and `--no-ca`: whom a login trusts beside the usual roots. `caInput` reads them. */
export const caFlags = {
  'ca-file': Flags.string({
    helpValue: 'FILE',
    summary: 'Trust the CA in this PEM file too, for this account alone; it is kept',
  }),
  'ca': Flags.boolean({
    allowNo: true,
    summary: 'Go on trusting the CA of the login before, as is usual, or forget it',
    exclusive: ['ca-file'],
  }),
};

/** How a login is shown. `loginContext` reads them, `--browser` apart. */
export const screenFlags = {
  browser: Flags.boolean({
    allowNo: true,
    summary: 'Open a browser at once, or never (BEAMD_BROWSER and BROWSER choose which); else Enter does, on a terminal',
  }),
  qr: Flags.boolean({ allowNo: true, summary: 'Show the address as a QR code; else where the terminal has room' }),
  copy: Flags.boolean({ default: false, summary: 'Put the code into the clipboard' }),
};

/** `--no-wait` and `--resume`; each with the flags of one command beside which it makes no sense. */
export const twoStepFlags = (notWaiting: readonly string[] = [], notResuming: readonly string[] = []) => ({
  'no-wait': Flags.boolean({
    default: false,
    summary: 'Begin a login, say where to approve it and how to resume it, and end; one that is under way is given again',
    exclusive: [...notWaiting, 'storage', 'insecure-storage', ...Object.keys(screenFlags)],
  }),
  'resume': Flags.string({
    helpValue: 'ID',
    summary: 'Wait for a login that --no-wait began, and save it',
    exclusive: ['no-wait', ...notResuming, ...Object.keys(screenFlags)],
  }),
});

/** `--config`, of a command of `runbeam` that talks to Runbeam Cloud. The input of `actingFor`. */
export const actingFlags = {
  config: Flags.string({
    helpValue: 'FILE',
    summary: "Use this file's server and token, and no login (else RUNBEAM_TOKEN, the login)",
  }),
};

/** `--config`, where it stands before a command that `refuseConfig` then refuses: it is no flag of that to be found. */
export const refusedConfigFlag = { config: Flags.string({ hidden: true, helpValue: 'FILE' }) };

/** `--passphrase-file`, where there is no terminal to ask on. */
export const passphraseFlag = {
  'passphrase-file': Flags.string({
    helpValue: 'FILE|-',
    summary: 'Read the passphrase from this file; - reads it from standard input',
  }),
};

/** `--no-pager`, of a command that may have much to show. */
export const pagerFlag = {
  'no-pager': Flags.boolean({
    default: false,
    summary: 'Show a long list at once, and not in a pager (BEAMD_PAGER, else PAGER, else less)',
  }),
};

/** The instance named without a flag. The input of `selectInstance`, as `name`. */
export const nameArg = {
  name: Args.string({ ignoreStdin: true, name: 'NAME', description: 'Label or id of the gateway' }),
};

/** Where the management API of an instance is. */
export const addressFlags = {
  'ip': Flags.string({ char: 'i', helpValue: 'IP', summary: 'Address of its management API (else 127.0.0.1)' }),
  'port': Flags.integer({ char: 'p', helpValue: 'PORT', summary: 'Port of its management API (else 8081)' }),
  'path-prefix': Flags.string({ char: 'x', helpValue: 'PREFIX', summary: 'Path prefix of its management API (else admin)' }),
};

/** How it may be spoken to. */
export const transportFlags = {
  'tls': Flags.boolean({ allowNo: true, summary: 'Speak https to it, also on this machine' }),
  'ca-file': Flags.string({
    helpValue: 'FILE',
    summary: 'Trust the CA in this PEM file too, for this gateway alone; it is kept',
  }),
  'allow-plaintext': Flags.boolean({
    allowNo: true,
    summary: 'Speak plain http to it though it is not on this machine: whoever is in between can read and change all',
  }),
};

/** `--label` and `--id`: which gateway is meant. The input of `selectInstance`. */
export const selectorFlags = {
  label: Flags.string({ char: 'l', helpValue: 'LABEL', summary: 'Label of the gateway', exclusive: ['id'] }),
  id: Flags.string({ helpValue: 'ID', summary: 'Id of the gateway here, 8 hex digits', exclusive: ['label'] }),
};

/** Refuses `--config` where a command is about accounts. Throws `usage`. */
export function refuseConfig(flags: { config?: string | undefined }, command: string): void {
  if (flags.config === undefined) return;
  throw new BeamError('usage', `${command} works on accounts; --config uses none`, { hint: { command: `${command} --help` } });
}

/** `--via`: which side asks Runbeam Cloud for a machine token. */
export const viaFlag = {
  via: Flags.option({
    options: ['cloud', 'harmony'] as const,
    helpValue: 'WAY',
    default: 'cloud' as const,
    summary: 'Who asks Runbeam Cloud: this command, or the gateway with your session',
  })(),
};
