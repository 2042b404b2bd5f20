import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileError } from './file-errors.ts';
import { tempFolder } from '../temp-home.testing.ts';

const failed = (code: string): Error => Object.assign(new Error(code), { code });

test.each([
  ['/home/a/.runbeam/harmony.json', 'Set RUNBEAM_HOME to another folder'],
  ['/home/a/.runbeam', 'Set RUNBEAM_HOME to another folder'],
  ['/home/a/.beamd/accounts/x.yaml', 'Set BEAMD_HOME to another folder'],
  ['/repo/.beamd', 'Use a folder that can be written: BEAMD_HOME and RUNBEAM_HOME name those of beamd and runbeam'],
])('on a file system that is read-only %s moves with its own variable', (path, text) => {
  expect(fileError(failed('EROFS'), 'write', path)).toMatchObject({ code: 'storage', hint: { text } });
});

test.each(['EACCES', 'ENOTDIR', 'EIO'])('a command for %s takes the path as one word', (code) => {
  expect(fileError(failed(code), 'write', "/home/it's me/x").hint).toEqual({ command: "ls -ld '/home/it'\\''s me/x'" });
});

describe('a folder that is not there', () => {
  const missing = (path: string, syscall = 'open') => fileError(Object.assign(failed('ENOENT'), { syscall }), 'write', path);

  test('is named, with the command that makes it', () => {
    const folder = join(tempFolder(), "it's", 'new');
    expect(missing(join(folder, 'file'))).toMatchObject({
      code: 'storage',
      message: `There is no folder ${folder} to write into`,
      hint: { command: `mkdir -p '${folder.replace("'", "'\\''")}'` },
    });
  });

  test.skipIf(process.getuid?.() === 0)('is not to be made where this user may not make it', () => {
    const folder = tempFolder();
    chmodSync(folder, 0o500);
    expect(missing(join(folder, 'new', 'file')).hint).toEqual({ text: 'Have it made for you, or name a folder of your own' });
  });

  test('is something else where its name is a link that leads nowhere, and where it could not be made', () => {
    const folder = tempFolder();
    symlinkSync('nowhere', join(folder, 'link'));
    const link = join(folder, 'link', 'file');
    expect(missing(link)).toMatchObject({ message: `Cannot write ${link}: a folder on its way does not exist` });
    const made = join(folder, 'a', 'b');
    expect(missing(made, 'mkdir')).toMatchObject({ message: `Cannot write ${made}: a folder on its way does not exist` });
  });
});
