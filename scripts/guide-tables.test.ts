import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VARIABLES } from '../src/environment.ts';
import { withTable } from './guide-tables.ts';
import { ROOT } from './repository.ts';

test('a table takes the place of the one that has its heading, and of nothing else', () => {
  const document = '# A\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n| code |\n|---|\n| 0 |\n| 1 |\n\nEnd\n';
  expect(withTable(document, ['| code |', '|---|', '| 7 |'])).toBe(
    '# A\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n| code |\n|---|\n| 7 |\n\nEnd\n',
  );
  expect(() => withTable(document, ['| other |'])).toThrow('There is no table that begins with | other |');
});

test('every variable of ours that is read is told about, and no other', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.includes('test') && name !== 'environment.ts',
  );
  const read = sources.flatMap((name) =>
    readFileSync(join(ROOT, 'src', name), 'utf8').match(/(?<=')(?:BEAMD|RUNBEAM)_[A-Z_]+(?=')/g),
  );
  const told = VARIABLES.flatMap(({ names }) => names.map((name) => name.replace(/=.*/, '')));
  const ours = told.filter((name) => /^(?:BEAMD|RUNBEAM)_/.test(name));
  expect([...new Set(read.filter((name) => name !== null))].sort()).toEqual(ours.sort());
});
