import { expect, test } from 'vitest';
import { circles, crowdedFolders } from './rooms.ts';

const imports = (...pairs: [from: string, to: string][]): { from: string; to: string }[] =>
  pairs.map(([from, to]) => ({ from, to }));

test('imports that lead one way are in order', () => {
  const down = imports(
    ['src/cli/run.ts', 'src/store/paths.ts'],
    ['src/cli/output/style.ts', 'src/errors.ts'],
    ['src/store/files/lock.ts', 'src/store/paths.ts'],
    ['src/store/files/lock.ts', 'src/store/files/temporary.ts'],
    ['src/store/files/temporary.ts', 'src/store/files/lock.ts'],
  );
  expect(circles(down)).toEqual([]);
});

test('two rooms that import each other are told of once, by the files that do it', () => {
  const both = imports(['src/cli/output/style.ts', 'src/store/secrets/age.ts'], ['src/store/paths.ts', 'src/cli/run.ts']);
  expect(circles(both)).toEqual([
    'a circle of 2 rooms:\n    src/cli/output/style.ts imports src/store/secrets/age.ts\n    src/store/paths.ts imports src/cli/run.ts',
  ]);
});

test('a folder and the folder in it may not import each other either', () => {
  const nested = imports(['src/auth/discover.ts', 'src/auth/oauth/login.ts'], ['src/auth/oauth/token.ts', 'src/auth/dialect.ts']);
  expect(circles(nested)).toHaveLength(1);
});

test('a circle through others is one', () => {
  const round = imports(['src/a/1.ts', 'src/b/1.ts'], ['src/b/2.ts', 'src/c/1.ts'], ['src/c/2.ts', 'src/a/2.ts']);
  expect(circles(round)).toEqual([expect.stringMatching(/^a circle of 3 rooms:\n/)]);
});

test('of the circles that one import closes, the shortest is told of', () => {
  const down = imports(['src/d/1.ts', 'src/c/1.ts'], ['src/c/1.ts', 'src/b/1.ts'], ['src/b/1.ts', 'src/a/1.ts']);
  const up = imports(['src/d/1.ts', 'src/a/1.ts'], ['src/a/1.ts', 'src/d/1.ts']);
  expect(circles([...down, ...up])).toEqual([expect.stringMatching(/^a circle of 2 rooms:\n/)]);
});

test('a folder may have fourteen files, and one of commands as many as there are commands', () => {
  const files = (folder: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${folder}/${n}.ts`);
  expect(crowdedFolders([...files('src/net', 14), ...files('src/commands/beamd', 30), ...files('src/cli/json', 30)])).toEqual([]);
  expect(crowdedFolders(files('src/net', 15))).toEqual(['src/net has 15 files, and at most 14 are a room']);
});
