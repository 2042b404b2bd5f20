/** Stand-ins for secret engines: an API server for the real kubectl, and programs that speak as `vault` and `az` were seen to. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface SecretObject {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion?: string };
  readonly data?: Readonly<Record<string, string>>;
}

export interface ApiServer {
  /** By `NAMESPACE/NAME`. */
  readonly secrets: Map<string, SecretObject>;
  /** Methods and statuses of what was asked of secrets. */
  readonly calls: string[];
  /** From now on what else is asked of a secret is forbidden. */
  allow(allowed: (method: string, name: string) => boolean): void;
  /** The next so many reads are answered together, once all of them have come. */
  holdReads(count: number): void;
  /** A kubeconfig whose context `test` is this server. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

const RESOURCES = {
  kind: 'APIResourceList',
  groupVersion: 'v1',
  resources: [
    { name: 'secrets', singularName: 'secret', namespaced: true, kind: 'Secret', verbs: ['create', 'get', 'list', 'update'] },
  ],
};

/** What kubectl asks before anything else. */
const DISCOVERY: Readonly<Record<string, object>> = {
  '/version': { major: '1', minor: '32', gitVersion: 'v1.32.4' },
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': RESOURCES,
};

/** An API server of Kubernetes that knows Secrets and nothing else, and compares `resourceVersion` as the real one does. */
export async function startApiServer(): Promise<ApiServer> {
  const secrets = new Map<string, SecretObject>();
  const calls: string[] = [];
  let version = 1;
  let waiting: (() => void)[] = [];
  let held = 0;
  let isAllowed = (_method: string, _name: string): boolean => true;
  const answer = (request: IncomingMessage, response: ServerResponse, status: number, body: object): void => {
    if (request.url?.includes('/secrets') === true) calls.push(`${request.method ?? ''} ${String(status)}`);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const failure = (reason: string, code: number): object => ({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason,
    code,
  });
  const keep = (key: string, object: SecretObject): SecretObject => {
    version += 1;
    const kept = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    secrets.set(key, kept);
    return kept;
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '', 'http://api');
    const space = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(pathname)?.[1];
    const known = space === undefined ? DISCOVERY[pathname] : { kind: 'Namespace', apiVersion: 'v1', metadata: { name: space } };
    if (known !== undefined) {
      answer(request, response, 200, known);
      return;
    }
    const [, namespace, named] = /^\/api\/v1\/namespaces\/([^/]+)\/secrets(?:\/([^/]+))?$/.exec(pathname) ?? [];
    if (namespace === undefined) {
      answer(request, response, 404, failure('NotFound', 404));
      return;
    }
    const body = request.method === 'GET' ? undefined : (JSON.parse(await text(request)) as SecretObject);
    const key = `${namespace}/${named ?? body?.metadata.name ?? ''}`;
    const there = secrets.get(key);
    if (!isAllowed(request.method ?? '', key.slice(namespace.length + 1))) {
      answer(request, response, 403, failure('Forbidden', 403));
    } else if (body === undefined) {
      if (held > 0) {
        held -= 1;
        await new Promise<void>((go) => {
          waiting.push(go);
          if (held > 0) return;
          for (const each of waiting) each();
          waiting = [];
        });
      }
      if (there === undefined) answer(request, response, 404, failure('NotFound', 404));
      else answer(request, response, 200, there);
    } else if (request.method === 'POST') {
      if (secrets.has(key)) answer(request, response, 409, failure('AlreadyExists', 409));
      else answer(request, response, 201, keep(key, body));
    } else if (secrets.get(key)?.metadata.resourceVersion !== body.metadata.resourceVersion) {
      answer(request, response, 409, failure('Conflict', 409));
    } else answer(request, response, 200, keep(key, body));
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cluster = { name: 'test', cluster: { server: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` } };
  const kubeconfig = JSON.stringify({
    'apiVersion': 'v1',
    'kind': 'Config',
    'clusters': [cluster],
    'users': [{ name: 'test', user: {} }],
    'contexts': [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
  return {
    secrets,
    calls,
    allow: (allowed) => (isAllowed = allowed),
    holdReads: (count) => (held = count),
    kubeconfig,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** Runs before each stand-in: it notes what it was given besides standard input, which is what others on the machine see. */
const NOTES = `
const { appendFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const args = process.argv.slice(2);
const store = process.env.ENGINE_STORE;
appendFileSync(join(store, 'seen.jsonl'), JSON.stringify({ args, env: process.env }) + '\\n');
const end = (code, err) => { process.stderr.write(err); process.exit(code); };
const newest = (name) => Math.max(0, ...(existsSync(join(store, name)) ? readdirSync(join(store, name)).map(Number) : []).filter((n) => n > 0));
/** False: another was first. */
const add = (name, version, data) => {
  mkdirSync(join(store, name), { recursive: true });
  const draft = join(store, name, 'draft' + process.pid);
  writeFileSync(draft, data);
  try { linkSync(draft, join(store, name, String(version))); return true; } catch { return false; } finally { rmSync(draft); }
};
`;

/** As Vault 1.15 answers of a KV engine of version 2, by its documents. */
const VAULT = `${NOTES}
const name = args.find((word, at) => at > 1 && /^\\w/.test(word));
const folder = name.replaceAll('/', '_');
const version = newest(folder);
if (['1', args[1]].includes(process.env.VAULT_BREAKS)) end(2, '\\u001b[31mError\\u001b[0m writing: ' + readFileSync(0, 'utf8') + '\\n' + 'x\\n'.repeat(99));
if (args[1] === 'get') {
  if (version === 0) end(2, 'No value found at ' + name + '\\n');
  const data = JSON.parse(readFileSync(join(store, folder, String(version)), 'utf8'));
  process.stdout.write(JSON.stringify({ request_id: 'x', data: { data, metadata: { version, deletion_time: '', destroyed: false } } }));
} else {
  const data = readFileSync(0, 'utf8');
  const cas = Number(/^-cas=(\\d+)$/.exec(args[2])[1]);
  if (cas !== version || !add(folder, cas + 1, data)) {
    end(2, 'Error writing data: Code: 400. Errors:\\n\\n* check-and-set parameter did not match the current version\\n');
  }
  process.stdout.write(JSON.stringify({ data: { version: cas + 1 } }));
}
`;

/** As the Azure CLI 2 answers, by its documents. */
const AZ = `${NOTES}
if (args[0] === 'account') { process.stdout.write(JSON.stringify({ name: 'Production' })); process.exit(0); }
const name = args[3].split('=')[1] + '_' + args[4].split('=')[1];
const version = newest(name);
if (args[2] === 'show') {
  if (version === 0) end(3, 'ERROR: (SecretNotFound) A secret with (name/id) was not found in this key vault.\\n');
  const value = readFileSync(join(store, name, String(version)), 'utf8');
  process.stdout.write(JSON.stringify({ id: 'https://x.vault.azure.net/secrets/n/' + version, value }));
} else add(name, version + 1, readFileSync('/dev/stdin', 'utf8'));
`;

/** Puts a stand-in into a folder of the PATH. */
export function installClient(folder: string, program: 'vault' | 'az'): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, program);
  writeFileSync(file, `#!${process.execPath}\n${program === 'vault' ? VAULT : AZ}`);
  chmodSync(file, 0o755);
}
