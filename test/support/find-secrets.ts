/** Looks for secrets wherever they must not be: in output, in files, in what /proc shows of a process. */
import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where a secret was found; empty when it is nowhere. */
export type Finding = string;

/** A secret as it is, and as base64 would carry it. */
function forms(secret: string): string[] {
  return [secret, Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -2), encodeURIComponent(secret)];
}

export function findInText(where: string, text: string, secrets: readonly string[]): Finding[] {
  return secrets.some((secret) => forms(secret).some((form) => text.includes(form))) ? [where] : [];
}

/** Searches every regular file below a folder, and the names themselves. */
export function findInFiles(folder: string, secrets: readonly string[]): Finding[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const path = join(folder, name);
    const content = lstatSync(path).isFile() ? readFileSync(path, 'latin1') : '';
    return findInText(path, `${name}\n${content}`, secrets);
  });
}

/** Searches the command line and the environment of processes. */
export function findInProcesses(pids: readonly number[], secrets: readonly string[]): Finding[] {
  if (process.platform !== 'linux') return [];
  return pids.flatMap((pid) =>
    ['cmdline', 'environ'].flatMap((file) => {
      const path = `/proc/${pid}/${file}`;
      return findInText(path, readFileSync(path, 'latin1'), secrets);
    }),
  );
}
