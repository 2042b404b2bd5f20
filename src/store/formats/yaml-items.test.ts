import fc from 'fast-check';
import { expect, test } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { editNamedItem } from './yaml-items.ts';
import { parseYaml } from './yaml.ts';

const fields = { user: { exec: { command: 'beamd', args: ['credential', 'kube'] } } };
const set = (text: string) => editNamedItem(text, 'config', { list: 'users', name: 'ours', fields });
const remove = (text: string) => editNamedItem(text, 'config', { list: 'users', name: 'ours' });

const OURS = `- name: ours
  user:
    exec:
      command: beamd
      args:
      - credential
      - kube
`;
const indented = (block: string, by: string): string => block.replaceAll(/^(?=.)/gmu, by);

test.each([
  ['an indented list, with comments', 'users: # all\n  # by hand\n  - name: a   # first\n    user: { token:   x }\n', '  '],
  ['as kubectl writes it', 'users:\n- name: a\n  user:\n    token: x\n', ''],
  ['a value over several lines', 'users:\n- name: a\n  user:\n    token: |\n      x\n      y\n', ''],
  ['an item without a value', 'users:\n- name: a\n  user:\n', ''],
])('%s: one item more, and every other byte as it was', async (_, before, indent) => {
  const tail = '# of contexts\ncontexts:   []\n';
  const after = await set(before + tail);
  expect(after).toBe(before + indented(OURS, indent) + tail);
  expect(await set(after)).toBe(after);
  expect(await remove(after)).toBe(before + tail);
  expect(await remove(before)).toBe(before);
});

test('one in the middle is changed where it stands', async () => {
  const text = (ours: string): string => `users:\n- name: a\n${ours}# of b\n- name: b\n`;
  expect(await set(text('- name: ours\n  user: old\n'))).toBe(text(OURS));
  expect(await remove(text(OURS))).toBe(text(''));
});

test.each(['users: []\n', 'users: null\n', 'users:\n', 'users: # none yet\n'])('%j: the first of all', async (line) => {
  const after = await set(`a: 1\n${line}b: 2\n`);
  expect(after).toBe(`a: 1\nusers:\n${OURS}b: 2\n`);
  expect(await remove(after)).toBe('a: 1\nusers: []\nb: 2\n');
});

test('no list at all, and no end of the last line', async () => {
  expect(await set('kind: Config')).toBe(`kind: Config\nusers:\n${OURS}`);
  expect(await set('users:\n- name: a')).toBe(`users:\n- name: a\n${OURS}`);
});

test('JSON', async () => {
  const after = await set('{"users": [{"name": "a"}], "kind": "Config"}');
  expect(await parseYaml(after, 'config')).toEqual({ users: [{ name: 'a' }, { name: 'ours', ...fields }], kind: 'Config' });
  expect(await parseYaml(await remove(after), 'config')).toEqual({ users: [{ name: 'a' }], kind: 'Config' });
});

test('what is no list is left alone', async () => {
  expect(await failure(() => set('users: 1\n'))).toEqual({
    code: 'bad_file',
    message: 'config has `users`, and it is no list',
    hint: { text: 'Look at config' },
  });
  expect(await failure(() => set('users: [\n'))).toMatchObject({ code: 'bad_file' });
});

test('whatever the others are, theirs stays and ours is there', async () => {
  const name = fc.constantFrom('a', 'b', 'c d', '- x', '#', "it's");
  const value = fc.constantFrom('x', '{ t: 1 }', '[]', '|\n      text\n', '"q"  # said');
  const item = fc.record({ name, value, gap: fc.constantFrom('', '\n', '  # note\n') });
  await fc.assert(
    fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '  '), async (items, by) => {
      const list = items
        .map((each) => `${each.gap}${by}- name: ${JSON.stringify(each.name)}\n${by}  user: ${each.value}\n`)
        .join('');
      const text = `kind: Config\nusers:\n${list}`;
      const before = await parseYaml(text, 'config');
      const after = await set(text);
      const users = before['users'] as unknown[];
      expect(await parseYaml(after, 'config')).toEqual({ kind: 'Config', users: [...users, { name: 'ours', ...fields }] });
      expect(await parseYaml(await remove(after), 'config')).toEqual(before);
    }),
  );
});
