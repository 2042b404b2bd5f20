/** A package registry on this machine, with packages as they are installed here: npm fills its cache from it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface Registry {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

interface Package {
  readonly name: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

/** Serves what is installed in these folders; `scratch` is where it is packed. */
export async function startRegistry(folders: readonly string[], scratch: string): Promise<Registry> {
  const packages = folders.map((folder) => pack(folder, scratch));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    asked.push(path);
    const found = packages.find(({ name }) => path === `/${name}` || path === `/${name}.tgz`);
    if (found === undefined) response.writeHead(404).end('{}');
    else if (path.endsWith('.tgz')) response.end(found.bytes);
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(packument(found, url)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pack(folder: string, scratch: string): Package {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', scratch, folder];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: scratch, encoding: 'utf8' })) as {
    name: string;
    filename: string;
  }[];
  if (packed === undefined) throw new Error(`npm packed nothing of ${folder}`);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  return { name: packed.name, manifest, bytes: readFileSync(join(scratch, packed.filename)) };
}

function packument({ name, manifest, bytes }: Package, url: string): unknown {
  const version = String(manifest['version']);
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const dist = { tarball: `${url}/${name}.tgz`, integrity };
  return { name, 'dist-tags': { latest: version }, 'versions': { [version]: { ...manifest, dist } } };
}
