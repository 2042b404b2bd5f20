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

test('every variable of ours that is read or set is told about, and no other', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.includes('test') && name !== 'environment.ts',
  );
  // As a name that is read, or as that of a value that is handed on; what the build puts in is declared.
  const names = /(?<=')(?:BEAMD|RUNBEAM)_[A-Z_]+(?=')|(?<!const )\b(?:BEAMD|RUNBEAM)_[A-Z_]+(?=:)/g;
  const known = sources.flatMap((name) => readFileSync(join(ROOT, 'src', name), 'utf8').match(names));
  const told = VARIABLES.flatMap(({ names }) => names.map((name) => name.replace(/=.*/, '')));
  const ours = told.filter((name) => /^(?:BEAMD|RUNBEAM)_/.test(name));
  expect([...new Set(known.filter((name) => name !== null))].sort()).toEqual(ours.sort());
});
