/** Completion in the shells themselves: what a Tab puts on the line is what the program then gets, whatever names are on disk. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../sandbox/testing.ts';
import { COMPLETE } from '../../src/cli/routing/argv.ts';
import { instancesFile } from '../../src/store/paths.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, NODE, type CliUser } from '../support/cli-user.ts';
import { missing } from '../support/programs.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

const COMPLETIONS = join(PACKAGE_ROOT, 'dist/completions');
/** The prompt, which does not stand in the line that sets it. */
const PROMPT = /ready-to-complete/;
const SET_PROMPT = `ready-to-"complete"`;

/** How each shell is started bare, with our script where a package puts it. */
const SHELLS = {
  bash: {
    start: 'bash --noprofile --norc -i',
    prepare: (folder: string) => `for f in ${folder}/bash/*; do . "$f"; done; PS1=${SET_PROMPT}`,
  },
  zsh: {
    start: 'zsh -f -i',
    prepare: (folder: string) => `fpath=(${folder}/zsh $fpath); autoload -Uz compinit; compinit -u -D; PS1=${SET_PROMPT}`,
  },
  fish: {
    start: 'fish --no-config -i',
    prepare: (folder: string) =>
      `set fish_complete_path ${folder}/fish $fish_complete_path; function fish_prompt; echo -n ${SET_PROMPT}; end`,
  },
} as const;

type ShellName = keyof typeof SHELLS;

const NAMES: readonly ShellName[] = ['bash', 'zsh', 'fish'];
const RUN = '$(touch pwned)';

/** Names that a shell would do something with, were they put on the line as they are. */
const HOSTILE = [
  'plain',
  'two words',
  "it's",
  '"quoted"',
  RUN,
  '`touch pwned`',
  ';touch pwned;',
  '&&touch pwned',
  '|touch pwned',
  '>pwned',
  '<(touch pwned)',
  '$HOME',
  '${x:-$(touch pwned)}',
  '!!',
  'a!b',
  '~root',
  '*',
  '?[a-z]{b,c}',
  '#no comment',
  'back\\slash',
  '\\$(touch pwned)',
  "'$(touch pwned)'",
  "'; touch pwned; '",
  'a=b:c@d',
  '%self^a',
  'größe ünd 漢字',
];

/** What a shell cannot be told to leave alone. */
const LEFT_OUT: Readonly<Record<ShellName, readonly string[]>> = { bash: [], zsh: [], fish: ['~root'] };

/** Names that no terminal shows: they are not offered. */
const UNSEEN = ['a\ntouch pwned', 'a\rtouch pwned', '\u001b[2Ja', 'a\tb', '\u202eevil', '--help', '-x', '\u0003'];

const keep = cleanup(afterAll);

/** A user whose `beamd` and `runbeam` write down what they were given, and are the real ones when they are asked to complete. */
interface Typist {
  readonly user: CliUser;
  readonly terminal: Terminal;
  /** Types the line and Enter, and gives the words that the program got. */
  line(keys: string): Promise<string[]>;
  /** The one gateway there is. */
  label(label: string): void;
}

async function typist(shell: ShellName): Promise<Typist> {
  const user = keep(createCliUser());
  const programs = join(user.root, 'programs');
  const records = join(user.root, 'records');
  mkdirSync(programs);
  mkdirSync(records);
  const record = join(records, 'words');
  for (const bin of ['beamd', 'runbeam']) {
    const real = join(PACKAGE_ROOT, 'bin', `${bin}.js`);
    const text = `#!/bin/sh
[ "$1" = __complete ] && exec '${NODE}' '${real}' "$@"
printf '%s\\0' "$@" > '${record}.new' && mv '${record}.new' '${record}'
`;
    writeFileSync(join(programs, bin), text, { mode: 0o755 });
  }
  const env = { ...user.env, PATH: `${programs}:${user.env['PATH'] ?? ''}`, TERM: 'xterm', LC_ALL: 'C.UTF-8', HISTFILE: '' };
  const { start, prepare } = SHELLS[shell];
  const terminal = keep(openTerminal(start, { cwd: user.work, env }));
  terminal.type(`${prepare(COMPLETIONS)}\r`);
  await terminal.waitFor(PROMPT);
  return {
    user,
    terminal,
    line: async (keys) => {
      terminal.type(`${keys}\r`);
      await appears(record);
      const words = readFileSync(record, 'utf8').split('\0').slice(0, -1);
      rmSync(record);
      return words;
    },
    label: (label) => {
      mkdirSync(user.homes.runbeam, { recursive: true, mode: 0o700 });
      const path = instancesFile(user.homes);
      writeFileSync(`${path}.new`, JSON.stringify([{ ip: '127.0.0.1', port: 8081, label, id: '1a2b3c4d' }]), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
  };
}

async function appears(path: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const watcher = watch(dirname(path), () => look());
    const look = (): void => {
      if (!existsSync(path)) return;
      watcher.close();
      resolve();
    };
    look();
  });
}

test.each(['>', '>>', '2>', '<', '&>'])('behind %s bash is to look for files', async (redirection) => {
  const user = keep(createCliUser());
  const stdin = `beamd token ${redirection} fo\0fo\0`;
  expect(await user.run('beamd', [COMPLETE, 'bash'], { stdin })).toEqual({ code: 0, stdout: 'files\n', stderr: '' });
});

describe.each(NAMES)('%s', (shell) => {
  const skip = missing(shell) || missing('script', 'bsdutils');
  let at: Typist;
  beforeAll(async () => {
    if (!skip) at = await typist(shell);
  });

  test.skipIf(skip)('commands, topics and flags', async () => {
    expect(await at.line('beamd acc\t')).toEqual(['accounts']);
    expect(await at.line('beamd ag\tunl\t')).toEqual(['agent', 'unlock']);
    expect(await at.line('runbeam harmony:auth\t')).toEqual(['harmony:authorize']);
    expect(await at.line('beamd login --iss\t')).toEqual(['login', '--issuer']);
    expect(await at.line('runbeam harmony:authorize --via=h\t')).toEqual(['harmony:authorize', '--via=harmony']);
    expect(await at.line('runbeam harmony:authorize --via h\t')).toEqual(['harmony:authorize', '--via', 'harmony']);
  });

  test.skipIf(skip)('files', async () => {
    writeFileSync(join(at.user.work, 'my app.yaml'), '');
    expect(await at.line('beamd --config my\t token')).toEqual(['--config', 'my app.yaml', 'token']);
    expect(await at.line('beamd --config=my\t token')).toEqual(['--config=my app.yaml', 'token']);
  });

  test.skipIf(skip)('names on disk go to the program as they are, and do nothing on the way', async () => {
    for (const label of HOSTILE.filter((each) => !LEFT_OUT[shell].includes(each))) {
      at.label(label);
      expect({ label, got: await at.line('runbeam harmony:info -l \t') }).toEqual({ label, got: ['harmony:info', '-l', label] });
      expect(await at.line('runbeam harmony:info --label=\t')).toEqual(['harmony:info', `--label=${label}`]);
    }
    expect(existsSync(join(at.user.work, 'pwned'))).toBe(false);
  });

  test.skipIf(skip)('a word goes on as it was begun, in quotes and behind a backslash', async () => {
    for (const label of ['two words', `two $(touch pwned) it's \`x\` "a!b" \\`]) {
      at.label(label);
      for (const begun of ['two', 'two\\ ', "'two", '"two', "'two ", '"two ', "tw'o ", 't"wo']) {
        const got = await at.line(`runbeam harmony:info -l ${begun}\t`);
        expect({ label, begun, got }).toEqual({ label, begun, got: ['harmony:info', '-l', label] });
      }
    }
    expect(existsSync(join(at.user.work, 'pwned'))).toBe(false);
  });

  test.skipIf(skip)('names that are not to be seen are not offered', async () => {
    for (const label of [...UNSEEN, ...LEFT_OUT[shell]]) {
      at.label(label);
      expect({ label, got: await at.line('runbeam harmony:info -l \tx') }).toEqual({ label, got: ['harmony:info', '-l', 'x'] });
    }
    expect(existsSync(join(at.user.work, 'pwned'))).toBe(false);
  });
});
