import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LICENSES_FILE, readLicenses } from '../src/cli/routing/manifest.ts';
import { licenseNotice, packagesOf, type BundledPackage } from './licenses.ts';
import { packageManifest, ROOT } from './repository.ts';

function bundled(name: string, more: Partial<BundledPackage> = {}): BundledPackage {
  return { name, version: '1.0.0', license: 'MIT', repository: '', folder: '', text: 'Do as you like', ...more };
}

const LINE = '-'.repeat(80);

test('a license that several packages have is printed once, under all their names', () => {
  expect(licenseNotice([bundled('a'), bundled('b', { text: 'Name us', license: 'ISC' }), bundled('c')])).toBe(
    [
      'beamd and runbeam contain work of others, under the licenses below.\n',
      'a 1.0.0 (MIT)\nc 1.0.0 (MIT)\n\nDo as you like\n',
      'b 1.0.0 (ISC)\n\nName us\n',
    ].join(`\n${LINE}\n\n`),
  );
});

test.each(['GPL-3.0-only', 'none', 'MIT AND GPL-2.0-only', 'UNLICENSED', 'mit'])('%s is not allowed', (license) => {
  expect(() => licenseNotice([bundled('a'), bundled('b', { license })])).toThrow(`nobody has allowed: b 1.0.0 (${license})`);
});

test('a package without a license file has the one of its repository, or may not be bundled', () => {
  const repository = 'https://git.example.com/both.git';
  const alone = bundled('b', { text: '', repository });
  expect(licenseNotice([bundled('a', { repository }), alone])).toContain('a 1.0.0 (MIT)\nb 1.0.0 (MIT)\n');
  const others = [bundled('a'), bundled('a', { repository, license: 'ISC' }), bundled('a', { repository, text: '' })];
  for (const other of others) expect(() => licenseNotice([other, alone])).toThrow('has no license file');
  expect(() => licenseNotice([bundled('a'), bundled('b', { text: '' })])).toThrow('b 1.0.0 has no license file');
});

test('two versions of a package are two', () => {
  const modules = ['@noble/hashes/sha2.js', '@noble/hashes/hmac.js', '@noble/post-quantum/node_modules/@noble/hashes/sha2.js'];
  const found = packagesOf(modules.map((path) => join(ROOT, 'node_modules', path)));
  expect(found.map(({ name }) => name)).toEqual(['@noble/hashes', '@noble/hashes']);
  expect(new Set(found.map(({ version }) => version)).size).toBe(2);
});

test('modules are of the package that has a name, whatever stands in between', () => {
  const modules = [
    join(ROOT, 'node_modules/yaml/dist/index.js'),
    join(ROOT, 'node_modules/yaml/dist/doc/Document.js'),
    `\0${join(ROOT, 'node_modules/yaml/dist/errors.js')}?commonjs`,
    join(ROOT, 'src/errors.ts'),
    '\0clean-stack',
    '\0rolldown/runtime.js',
  ];
  const found = packagesOf(modules).map(({ name, license, folder }) => ({ name, license, folder }));
  expect(found).toEqual([
    { name: 'rolldown', license: 'MIT', folder: join(ROOT, 'node_modules/rolldown') },
    { name: 'yaml', license: 'ISC', folder: join(ROOT, 'node_modules/yaml') },
  ]);
});

test('what was built names what is in it, and nothing that only builds and tests it', () => {
  const notice = readLicenses(ROOT);
  const named = [...notice.matchAll(/^(\S+) \d+\.\d+\.\d+\S* \([\w.-]+\)$/gm)].map((match) => match[1]);
  const expected = [
    '@inquirer/search',
    '@oclif/core',
    'age-encryption',
    'https-proxy-agent',
    'jose',
    'lean-qr',
    'ora',
    'rolldown',
    'valibot',
    'yaml',
  ];
  expect(named).toEqual(expect.arrayContaining(expected));
  const direct = Object.keys(packageManifest()['devDependencies'] ?? {});
  const tools = direct.filter((name) => !expected.includes(name) && !/^fast-(?:string|wrap)-/.test(name));
  expect(tools).toEqual(expect.arrayContaining(['vitest', 'typescript']));
  expect(named.filter((name) => name !== undefined && tools.includes(name))).toEqual([]);
});

test('an installation without the notice is damaged', () => {
  expect(() => readLicenses(join(tmpdir(), 'nothing-here'))).toThrow(
    expect.objectContaining({ code: 'failed', message: `The installation is damaged: ${LICENSES_FILE} cannot be read` }),
  );
});
