import { expect, test } from 'vitest';
import { fileError } from './file-errors.ts';

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
