/** For tests: a real context in a temporary home, with agents in this process and a user who is told what to answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { createAgents } from '../agent/client/agents.ts';
import { accountOf, credentialOf, randomToken } from '../auth/auth.testing.ts';
import { systemClock } from '../clock.ts';
import { hintText, type Warn } from '../errors.ts';
import { httpFor } from '../net/http-for.ts';
import type { Account, Credential } from '../store/accounts/account.ts';
import { createAccountStore } from '../store/accounts/account-store.ts';
import { resolveHomes } from '../store/paths.ts';
import type { Keyring } from '../store/secrets/keyring-child.ts';
import type { Context } from './context.ts';

export interface TestContext extends Context {
  /** Lines on stderr. */
  readonly notes: string[];
  /** What was waited for. */
  readonly waits: string[];
  /** URLs opened. */
  readonly opened: string[];
  /** Questions asked. */
  readonly questions: string[];
  close(): void;
}

export interface TestUser {
  readonly env?: Readonly<Record<string, string>>;
  readonly answer?: boolean;
  /** Index of what is chosen among several; absent: there is no terminal. */
  readonly choice?: number;
  readonly stdin?: string;
  /** Default: there is none. */
  readonly osKeyring?: Keyring;
}

/** Contexts of this test file, each closed after its test. */
export function testContexts(): (user?: TestUser) => TestContext {
  const open: TestContext[] = [];
  afterEach(() => {
    for (const context of open.splice(0)) context.close();
  });
  return (user) => {
    const context = createTestContext(user);
    open.push(context);
    return context;
  };
}

/** Saves an account as a login to an edge leaves it. */
export function saveAccount(
  { accounts }: Pick<Context, 'accounts'>,
  origin: string,
  part: Partial<Account> = {},
  credential: Partial<Credential> = {},
): Promise<Account> {
  const scopes = [{ slug: 'alice', role: 'owner' }, { slug: 'acme' }];
  const account = accountOf(origin, { dialect: 'beam-auth', user: 'alice', scopes, defaultScope: 'alice', ...part });
  return accounts.save(account, { ...credentialOf(randomToken()), ...credential });
}

export function createTestContext(user: TestUser = {}): TestContext {
  const folder = mkdtempSync(join(tmpdir(), 'runbeam service ü '));
  const homes = resolveHomes({}, folder);
  const env = { BEAMD_NO_AGENT: '1', ...user.env };
  const notes: string[] = [];
  const waits: string[] = [];
  const opened: string[] = [];
  const questions: string[] = [];
  const notify = (line: string): void => void notes.push(line);
  const warn: Warn = (line, hint) => notes.push(`! ${line}`, ...(hint === undefined ? [] : [hintText(hint)]));
  const options = { homes, env, clock: systemClock, warn };
  return {
    env,
    cwd: folder,
    homes,
    clock: systemClock,
    accounts: createAccountStore(options),
    agents: createAgents(options),
    osKeyring: user.osKeyring ?? (() => Promise.resolve({ trouble: 'absent' })),
    http: (account = {}) => httpFor(account, env),
    openBrowser: (url) => {
      opened.push(url);
      return Promise.resolve(true);
    },
    readStdin: () => Promise.resolve(user.stdin ?? ''),
    confirm: (question) => {
      questions.push(question);
      return Promise.resolve(user.answer);
    },
    choose: (question, choices) => {
      questions.push(`${question} ${choices.join(' | ')}`);
      return Promise.resolve(user.choice);
    },
    askPassphrase: (question) => {
      questions.push(question);
      return Promise.resolve(undefined);
    },
    notify,
    warn,
    waiting: ({ line }, work) => {
      waits.push(line);
      return work((next) => void waits.push(next));
    },
    signal: new AbortController().signal,
    notes,
    waits,
    opened,
    questions,
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
