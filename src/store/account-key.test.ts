import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure } from '../errors.testing.ts';
import {
  accountKey,
  accountOfKey,
  formatAccountRef,
  goAccountFile,
  isAccountKey,
  keyOfFileName,
  parseAccountName,
  parseAccountRef,
  splitAccountKey,
} from './account-key.ts';
import { accountFile, resolveHomes } from './paths.ts';
import { parseServer } from './server.ts';

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

const servers = fc
  .tuple(
    fc.constantFrom('edge', 'edge.example.com', 'xn--bcher-kva.example', '127.0.0.1', '[::1]', '[2001:db8::7]'),
    fc.option(fc.integer({ min: 1, max: 65_535 })),
  )
  .map(([host, port]) => parseServer(port === null ? host : `${host}:${String(port)}`));
const names = fc.option(fc.stringMatching(NAME), { nil: undefined });

describe('the name of an account', () => {
  test('is 1 to 32 of a-z, 0-9 and -, and nothing else is one', () => {
    fc.assert(
      fc.property(fc.oneof(fc.stringMatching(/^[a-z0-9@/._-]{0,34}$/), fc.string(), fc.stringMatching(NAME)), (text) => {
        fc.pre(text !== '-');
        if (NAME.test(text)) expect(parseAccountName(text)).toBe(text);
        else expect(() => parseAccountName(text)).toThrow('is not the name of an account');
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(['', '..', '../x', 'a/b', 'a.b', 'A', '-a', '--', 'a b', 'a\n', 'ä', 'a@b', 'a'.repeat(33)])(
    'is not %j',
    async (text) => {
      expect(await failure(() => parseAccountName(text))).toMatchObject({ code: 'usage' });
    },
  );

  test('is none for a dash', () => {
    expect(parseAccountName('-')).toBeUndefined();
  });
});

describe('the key of an account', () => {
  const homes = resolveHomes({}, '/h');

  test('tells server and name, is a file of its own, and no two accounts share one', () => {
    const one = fc.tuple(servers, names);
    fc.assert(
      fc.property(one, one, ([server, text], [otherServer, otherText]) => {
        const name = text === undefined ? undefined : parseAccountName(text);
        const key = accountKey(server, name);
        expect(isAccountKey(key)).toBe(true);
        expect(accountFile(homes, key)).toBe(`/h/.beamd/accounts/${key}.yaml`);
        expect(splitAccountKey(key)).toEqual(name === undefined ? { serverKey: server.key } : { serverKey: server.key, name });
        const told = accountOfKey(key);
        expect(accountKey(parseServer(told.server), told.name)).toBe(key);
        const ref = parseAccountRef(
          formatAccountRef(name === undefined ? { server: server.name } : { server: server.name, name }),
        );
        expect([ref.server, ref.name]).toEqual([server, name]);
        const other = accountKey(otherServer, otherText === undefined ? undefined : parseAccountName(otherText));
        expect(other === key).toBe(otherServer.key === server.key && otherText === text);
      }),
      { numRuns: 1_000 },
    );
  });

  test('is refused where its temporary files would not fit into a folder', async () => {
    const server = parseServer(`${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example`);
    expect(isAccountKey(accountKey(server))).toBe(true);
    expect(await failure(() => accountKey(server, parseAccountName('a'.repeat(32))))).toMatchObject({ code: 'bad_server' });
  });

  test.each(['edge@', 'edge@A', 'edge@a/b', 'edge@../x', 'edge@a@b', '@a', 'edge@-a', `edge@${'a'.repeat(33)}`])(
    'is not %s',
    (key) => {
      expect(isAccountKey(key)).toBe(false);
    },
  );
});

test('the Go program names the file of port 443 by its port', () => {
  expect(goAccountFile('/a/edge.example.com.yaml')).toBe('/a/edge.example.com_443.yaml');
  expect(goAccountFile('/a/edge.example.com@work.yaml')).toBe('/a/edge.example.com_443@work.yaml');
  expect(goAccountFile('/a_443')).toBe('/a_443');
  const read = ['edge_443', 'edge_443@work', 'edge', 'edge@work', 'edge_8443', 'edge_4430'].map(keyOfFileName);
  expect(read).toEqual(['edge', 'edge@work', 'edge', 'edge@work', 'edge_8443', 'edge_4430']);
});
