/** How `ssh` is told to bring a forwarded agent to another machine: words, never a line for a shell of this one. */
import { BeamError } from '../../errors.ts';

export interface SshForward {
  /** As `ssh` takes it: `me@build.example.com`, an alias of its configuration. */
  readonly host: string;
  /** The socket here, and where it is to be there. */
  readonly socket: string;
  readonly remote: string;
  /** More of `-o KEY=VALUE`. */
  readonly options: readonly string[];
}

/**
 * The forwarding, without a command for the other side. It is of this connection alone, so it takes no part in one that others share, and
 * where it cannot be set up there is no connection. Throws `usage` for a host that `ssh` would take for something else.
 */
export function sshWords({ host, socket, remote, options }: SshForward, more: readonly string[] = []): string[] {
  checkHost(host);
  const own = ['ExitOnForwardFailure=yes', 'StreamLocalBindUnlink=yes', 'ControlPath=none', ...options];
  return ['ssh', ...own.flatMap((option) => ['-o', option]), '-R', `${remote}:${socket}`, ...more, '--', host];
}

/** A word that begins with a dash is an option of `ssh`, and one of these runs a program here. */
export function checkHost(host: string): void {
  if (/^[^\s\p{Cc}-][^\s\p{Cc}]*$/u.test(host)) return;
  throw new BeamError('usage', 'The host is no name that ssh takes', { hint: { command: 'beamd agent forward HOST' } });
}

/**
 * What the other side is to run, as one word: the shells of users read it, so it is `sh` and quotes of the kind that all of them know.
 * The command or a login shell gets `BEAMD_AGENT_SOCK`, and the socket's file, which sshd leaves, goes when that ends.
 */
export function remoteCommand(remote: string, command: readonly string[]): string {
  const run = command.length === 0 ? '"${SHELL:-sh}" -l' : command.map(quoted).join(' ');
  const script = [
    `trap "rm -f ${remote}" EXIT`,
    'trap "exit 129" HUP',
    'trap "exit 143" TERM',
    `BEAMD_AGENT_SOCK=${remote}`,
    'export BEAMD_AGENT_SOCK',
    run,
  ];
  return `exec sh -c ${quoted(script.join('; '))}`;
}

/** One word of a POSIX shell, and of fish, to which a backslash between single quotes may mean something: exactly this text. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, (mark) => (mark === "'" ? `'"'"'` : `'"\\\\"'`))}'`;
}
