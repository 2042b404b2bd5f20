/** Every error leads on: who makes one says what to do next, or its kind has a usual next step, or stands here with a reason. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { EXIT_CODES } from '../src/errors.ts';
import { USUALLY_HINTED } from '../src/cli/output/usual-hint.ts';
import { ROOT } from './repository.ts';

/** Where an error without a hint is right, by the code and the file or folder. */
const WITHOUT: Readonly<Record<string, string>> = {
  'interrupted src/': 'the user wished it; the command that was interrupted adds what was and was not done',
  'access_denied src/auth/runbeam-cloud/login.ts': 'polling adds the command that was typed',
  'bad_config src/auth/jwt/verifier.ts': 'of a program that calls the library, which says itself what it needs',
  'bad_config src/sdk/verify.ts': 'the same',
  'usage src/sdk/agent/connection.ts': 'a mistake of a program, which no command puts right',
  'agent_outdated src/sdk/agent/link.ts': 'the program is what has to be brought up to date',
  'bad_file src/services/doctor/checks/accounts.ts': 'becomes a finding, which has its own next step',
  'bad_file src/services/doctor/checks/project.ts': 'the same',
  'bad_server src/store/accounts/account-file.ts': 'no command can bring it about',
};

interface Made {
  readonly code: string;
  readonly place: string;
}

/** Every `new BeamError(…)` of the product without a hint. A code that is not written out where it is made is `?`. */
function withoutHint(path: string): Made[] {
  const found: Made[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'BeamError') {
      const [code, , options] = node.arguments ?? [];
      // Options that are made elsewhere are held to be right.
      const isHinted =
        options !== undefined && (!ts.isObjectLiteralExpression(options) || /\bhint\b|\bHINT\b/.test(options.getText()));
      if (!isHinted) found.push({ code: code !== undefined && ts.isStringLiteral(code) ? code.text : '?', place: path });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest, true));
  return found;
}

const SOURCES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .map((path) => `src/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.ts') && !/\.(?:test|testing)\.ts$/.test(path));

test('whoever makes an error says what to do next, where that depends on the place', () => {
  const used = new Set<string>();
  const bare = SOURCES.flatMap(withoutHint).filter(({ code, place }) => {
    const reason = Object.keys(WITHOUT).find((key) => `${code} ${place}`.startsWith(key));
    if (reason !== undefined) used.add(reason);
    return reason === undefined && code !== '?' && !USUALLY_HINTED.has(code);
  });
  expect(bare).toEqual([]);
  expect([...used].toSorted()).toEqual(Object.keys(WITHOUT).toSorted());
});

test('an error whose code is a variable has a usual next step', () => {
  const variable = SOURCES.flatMap(withoutHint).filter(({ code }) => code === '?');
  // A failure that is told again: of servers alone.
  expect(variable).toEqual([{ code: '?', place: 'src/auth/jwt/kept-key-set.ts' }]);
});

test('codes with a usual next step are codes', () => {
  expect([...USUALLY_HINTED].filter((code) => !Object.hasOwn(EXIT_CODES, code))).toEqual([]);
});
