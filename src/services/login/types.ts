/** What goes into a login, what it needs, and what comes out. */
import type { PollSeen } from '../../auth/device-flow/poll.ts';
import type { RevokeOutcome, ShownLogin } from '../../auth/dialect/dialect.ts';
import type { Secret } from '../../secret.ts';
import type { AccountRef } from '../../store/account-key.ts';
import type { Account } from '../../store/accounts/account.ts';
import type { Context } from '../context.ts';
import type { Left } from '../waiting.ts';

/** Where the token comes from. A `literal` one stood on the command line, where others can read it. */
export type TokenSource =
  | { readonly kind: 'literal'; readonly value: Secret }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'file'; readonly path: string };

export interface LoginInput {
  readonly server?: string | undefined;
  /** Name to keep the login under; `-`: none. */
  readonly account?: string | undefined;
  readonly scope?: string | undefined;
  readonly token?: TokenSource | undefined;
  /** A token that the server cannot check may take the place of a login. */
  readonly replace?: boolean | undefined;
  /** Open the user's browser. The URL is shown in any case. Default: when Enter is pressed, and by itself where nobody can. */
  readonly browser?: boolean | undefined;
  /** Accept any certificate, now and whenever the account is used. */
  readonly insecure: boolean;
  /** A PEM file with a CA to trust for this account from now on. */
  readonly caFile?: string | undefined;
  /** False: it trusts no CA of its own any more. */
  readonly ownCa?: boolean | undefined;
  readonly clientId?: string | undefined;
  /** The OAuth issuer of the login, where the server's own discovery does not lead to it. */
  readonly issuer?: string | undefined;
}

export interface SavedLogin {
  readonly account: Account;
  /** The account became `current`, because there was no other. */
  readonly current: boolean;
  /** An earlier login to the same server, under the same name, was replaced. */
  readonly replaced: boolean;
  /** What became of the session that was replaced; absent: there was none. */
  readonly earlierSession?: EarlierSession;
  /** The account that is current instead of this one. */
  readonly currentAccount?: AccountRef;
}

/** As `RevokeOutcome`. `unreadable`: the secret that revokes it could not be read. */
export type EarlierSession = RevokeOutcome | 'unreadable';

export interface LoginResult extends SavedLogin {
  /** `valid`: the server knows the token. `unchecked`: it offers no way to ask, or could not be asked. */
  readonly check: 'valid' | 'unchecked';
}

/** Where the user approves a device login, and how long that can be waited for. */
export interface Approval {
  readonly login: ShownLogin;
  /** What is logged in to, as a user knows it: a server by its name. */
  readonly place: string;
  /** `Server.name` of who is asked whether it is approved. */
  readonly host: string;
  /** Milliseconds since 1970 when the code ends. */
  readonly endsAt: number;
  /** Whose login this one takes the place of. */
  readonly replaces?: string;
  /** The code is not new. `joined`: another process waits for it, too. `resumed`: nobody does any more. */
  readonly begun?: 'joined' | 'resumed';
  /** Where nobody can approve in a browser: what to use instead, as a command or a way. */
  readonly instead?: string;
}

/** What the user sees of a device login, on stderr. */
export interface LoginScreen {
  /** Whether somebody watches who can press Enter: then that opens the browser, and nothing else does. */
  readonly attended: boolean;
  /** The URL and the code; printed before anything else happens. */
  show(approval: Approval): Promise<void>;
  /** Shows that the program waits. */
  wait(approval: Approval, options: ApprovalWait): Promise<ApprovalLine>;
  /** Says that the code has expired, and whether Enter was pressed for another one. Only where `attended`. Throws `interrupted`. */
  askForAnother(left: () => Left): Promise<boolean>;
}

export interface ApprovalWait {
  /** Opens the page when Enter is pressed; absent: nothing does. */
  readonly open?: () => Promise<boolean>;
  /** What is left behind if Ctrl-C ends the wait. */
  readonly left: () => Left;
}

/** The line that tells how the wait goes on. */
export interface ApprovalLine {
  readonly seen: (poll: PollSeen) => void;
  readonly end: () => void;
}

/** What every login needs: where it is kept, and how the user is told. */
export type SaveContext = Pick<
  Context,
  'accounts' | 'choose' | 'clock' | 'env' | 'homes' | 'http' | 'notify' | 'waiting' | 'warn'
>;

/** What a login with a static token needs. */
export type TokenLoginContext = SaveContext & Pick<Context, 'askPassphrase' | 'confirm' | 'readStdin' | 'signal'>;

/** What a device login needs. */
export type DeviceLoginContext = SaveContext &
  Pick<Context, 'openBrowser' | 'signal'> & {
    readonly screen: LoginScreen;
    /** Where the secrets are to be kept, as the user said it. Absent: nothing was said. */
    readonly storageWish?: string | undefined;
  };

export type LoginContext = TokenLoginContext & DeviceLoginContext & Pick<Context, 'cwd'>;
