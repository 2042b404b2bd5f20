import { expect, test } from 'vitest';
import { publishedManifest, shippedFiles } from './package.ts';
import { packageManifest } from './repository.ts';

const source = {
  name: 'a',
  version: '1.0.0',
  scripts: { test: 'x' },
  bin: { a: 'a.js' },
  devDependencies: { b: '1' },
  overrides: { c: '1' },
  optionalDependencies: { d: '1' },
};
const published = {
  name: 'a',
  version: '1.0.0',
  bin: { a: 'a.js' },
  optionalDependencies: { d: '1' },
  man: ['./dist/man/a-b.1', './dist/man/a.1'],
};

test('a package without a setting for its repository names none', () => {
  expect(publishedManifest(source, ['a.1', 'a-b.1'], undefined)).toEqual(published);
});

test.each([
  'https://git.example.com/owner/name',
  'https://git.example.com/owner/name.git',
  'https://git.example.com/owner/name/',
])('where the repository is comes from its address alone: %s', (address) => {
  expect(publishedManifest(source, ['a.1', 'a-b.1'], address)).toEqual({
    ...published,
    repository: { type: 'git', url: 'git+https://git.example.com/owner/name.git' },
    homepage: 'https://git.example.com/owner/name#readme',
    bugs: { url: 'https://git.example.com/owner/name/issues' },
  });
});

test.each([
  '',
  'owner/name',
  'git@git.example.com:owner/name.git',
  'http://git.example.com/owner/name',
  'https://git.example.com/name',
  'https://user:secret@git.example.com/owner/name',
  'https://git.example.com/owner/name?x=1',
  'https://git.example.com/owner/na me',
])('no address of a repository: %j', (address) => {
  expect(() => publishedManifest(source, [], address)).toThrow('Not the address of a repository');
});

test('package.json invents no address, is not private, and can be published from nowhere but with provenance', () => {
  const manifest = packageManifest();
  const { license, publishConfig } = manifest;
  expect({ license, publishConfig }).toEqual({ license: 'Apache-2.0', publishConfig: { access: 'public', provenance: true } });
  for (const name of ['private', 'repository', 'homepage', 'bugs', 'man']) expect(manifest).not.toHaveProperty(name);
  expect(shippedFiles()).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist', 'oclif.manifest.json']));
});
