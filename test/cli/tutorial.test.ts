/** docs/tutorial.md, typed as it stands there, line by line into one shell, against the sandbox as a reader starts it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';

const keep = cleanup();

/** A line that is typed, and what the page shows of it. */
interface Step {
  readonly line: string;
  readonly code: number;
  readonly shown: readonly string[];
}

/** The steps of a page: what stands in its fences after `$ `, with the lines below it. */
function stepsOf(page: string): Step[] {
  const fences = [...page.matchAll(/^```\n([^]*?)^```$/gm)].map((match) => match[1] ?? '');
  return fences
    .flatMap((text) => text.split(/^\$ /m).slice(1))
    .map((text) => {
      const [first = '', ...shown] = text.trimEnd().split('\n');
      const [line = '', code = '0'] = first.split(/ +# exit /);
      return { line, code: Number(code), shown };
    });
}

/** What the page shows, as a pattern: `…` stands for anything, blanks for as many as a column has. */
function pattern(shown: string): RegExp {
  const pieces = shown.split(/(…| +)/).map((piece) => {
    if (piece === '…') return '.*';
    return /^ +$/.test(piece) ? ' +' : piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${pieces.join('')}$`);
}

/** Starts the sandbox as the page says; resolves with the file that a shell is to read. */
async function startSandbox(): Promise<string> {
  const child = spawn(process.execPath, [join(PACKAGE_ROOT, '.build/sandbox.js'), '--auto-approve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  keep({
    close: async () => {
      child.kill('SIGINT');
      await ended;
    },
  });
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.includes('Ctrl-C ends')) resolve();
    });
    void ended.then(() => reject(new Error(`the sandbox ended:\n${text}`)));
  });
  return /^ {2}\. '(.+)'$/m.exec(text)?.[1] ?? '';
}

/** A shell that says, after each line, what was printed and how it ended. */
function openShell(env: string, cwd: string): (line: string) => Promise<{ code: number; output: string[] }> {
  const variables = { PATH: process.env['PATH'], HOME: dirname(env), BEAMD_BROWSER: 'none', LANG: 'C.UTF-8' };
  const child = spawn('sh', ['-c', 'exec sh 2>&1'], { cwd, env: variables, stdio: ['pipe', 'pipe', 'inherit'] });
  keep({ close: () => void child.kill() });
  const pieces = child.stdout.setEncoding('utf8')[Symbol.asyncIterator]();
  child.stdin.write(`. '${env}'\n`);
  return async (line) => {
    child.stdin.write(`${line}\necho "ended with $?."\n`);
    let text = '';
    for (;;) {
      const [, output = '', code] = /^([^]*)ended with (\d+)\.\n$/.exec(text) ?? [];
      if (code !== undefined) return { code: Number(code), output: output.split('\n') };
      const { value, done } = await pieces.next();
      if (done === true) throw new Error(`the shell ended at: ${line}\n${text}`);
      text += String(value);
    }
  };
}

test('every line ends as the page says, and prints what it shows, in that order', { timeout: 300_000 }, async () => {
  const steps = stepsOf(readFileSync(join(PACKAGE_ROOT, 'docs/tutorial.md'), 'utf8'));
  expect(steps.length).toBeGreaterThan(30);
  const folder = mkdtempSync(join(tmpdir(), 'tutorial-'));
  keep({ close: () => rmSync(folder, { recursive: true }) });
  const type = openShell(await startSandbox(), folder);
  for (const { line, code, shown } of steps) {
    const ran = await type(line);
    expect({ line, code: ran.code, output: ran.code === code ? [] : ran.output }).toEqual({ line, code, output: [] });
    let from = 0;
    for (const wanted of shown) {
      const at = ran.output.findIndex((text, index) => index >= from && pattern(wanted).test(text));
      expect({ line, missing: at < 0 && wanted, of: at < 0 ? ran.output : [] }).toEqual({ line, missing: false, of: [] });
      from = at + 1;
    }
  }
});
