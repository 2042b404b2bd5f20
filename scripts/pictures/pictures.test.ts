/** The pictures in docs/ show what the programs do today: recorded again, each is the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../repository.ts';
import { recordPictures } from './record.ts';

const FOLDER = join(ROOT, 'docs/pictures');

test('what is recorded now is what the documents show', { timeout: 300_000 }, async () => {
  const recorded = await recordPictures();
  // Not up to date? Look at what differs, then: npm run docs:record
  for (const [name, picture] of recorded)
    expect({ name, picture }).toEqual({ name, picture: readFileSync(join(FOLDER, name), 'utf8') });
  const drawn = readdirSync(FOLDER).filter((name) => name !== 'ladder.svg');
  expect(drawn.toSorted()).toEqual([...recorded.keys()].toSorted());
});
