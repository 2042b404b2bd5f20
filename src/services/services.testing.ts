/** For tests: a real context in a temporary home, with agents in this process and a user who is told what to answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgents } from '../agent/client/agents.ts';
import { systemClock } from '../clock.ts';
import { httpFor } from '../net/http-for.ts';
import { createAccountStore } from '../store/accounts/account-store.ts';
import { resolveHomes } from '../store/paths.ts';
import type { Context } from './context.ts';

export interface TestContext extends Context {
  /** Lines on stderr. */
  readonly notes: string[];
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
}

export function createTestContext(user: TestUser = {}): TestContext {
  const folder = mkdtempSync(join(tmpdir(), 'runbeam service ü '));
  const homes = resolveHomes({}, folder);
  const env = { BEAMD_NO_AGENT: '1', ...user.env };
  const notes: string[] = [];
  const opened: string[] = [];
  const questions: string[] = [];
  const notify = (line: string): void => void notes.push(line);
  const options = { homes, env, clock: systemClock, notify };
  return {
    env,
    cwd: folder,
    homes,
    clock: systemClock,
    accounts: createAccountStore(options),
    agents: createAgents(options),
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
    signal: new AbortController().signal,
    notes,
    opened,
    questions,
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
