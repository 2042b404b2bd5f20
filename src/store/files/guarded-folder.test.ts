import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { tempFolder } from '../temp-home.testing.ts';
import { requireFolderFor, requireGuardedFolder } from './guarded-folder.ts';

describe('a folder that is not there', () => {
  test('is named, with the command that makes it', async () => {
    const folder = join(tempFolder(), "it's", 'new');
    const word = `'${folder.replace("'", "'\\''")}'`;
    const message = `There is no folder ${folder} to write into`;
    expect(await failure(() => requireFolderFor(join(folder, 'file')))).toMatchObject({
      code: 'storage',
      message,
      hint: { command: `mkdir -p ${word}` },
    });
    expect(await failure(() => requireGuardedFolder(folder))).toMatchObject({
      code: 'storage',
      message,
      hint: { command: `mkdir -p -m 700 ${word}` },
    });
  });

  test.skipIf(process.getuid?.() === 0)('is not to be made where this user may not make it', async () => {
    const folder = tempFolder();
    chmodSync(folder, 0o500);
    const { hint } = await failure(() => requireFolderFor(join(folder, 'new', 'file')));
    expect(hint).toEqual({ text: 'Have it made for you, or name a folder of your own' });
  });

  test('is something else where its name is that of a link which leads nowhere', async () => {
    const link = join(tempFolder(), 'link');
    symlinkSync('nowhere', link);
    expect(await failure(() => requireGuardedFolder(link))).toMatchObject({
      code: 'storage',
      message: `Cannot write ${link}: a folder on its way does not exist`,
    });
  });
});
