/** What a gateway keeps on disk: its config.toml, its key and its machine token. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identityIn, newIdentity, openWith, sealFor } from './age.ts';

export class GatewayFolder {
  readonly path: string;
  /** A key that was sent and is kept nowhere else. */
  #inMemory: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  get configFile(): string {
    return join(this.path, 'config.toml');
  }

  /** base64 of the identity line, 0600, as the Rust SDK writes it. */
  get keyFile(): string {
    return join(this.path, 'encryption.key');
  }

  /** Binary age, pretty JSON inside. */
  get tokenFile(): string {
    return join(this.path, 'runbeam', 'auth.json');
  }

  async writeConfig(enabled: boolean): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    await writeFile(this.configFile, `[proxy]\nid = "sandbox"\n\n[runbeam]\nenabled = ${String(enabled)}\n`);
  }

  readConfig(): Promise<string> {
    return readFile(this.configFile, 'utf8');
  }

  /** The key on disk; a gateway that was never sent one makes its own. */
  async identity(): Promise<string> {
    if (this.#inMemory !== undefined) return this.#inMemory;
    const found = existsSync(this.keyFile) ? identityIn(await readFile(this.keyFile, 'utf8')) : undefined;
    return found ?? this.keepIdentity(await newIdentity());
  }

  useIdentity(identity: string): void {
    this.#inMemory = identity;
  }

  /** What is left after a restart: the files. */
  forget(): void {
    this.#inMemory = undefined;
  }

  async keepIdentity(identity: string): Promise<string> {
    await rm(this.keyFile, { force: true });
    await writeFile(this.keyFile, Buffer.from(`${identity}\n`).toString('base64'), { mode: 0o600 });
    return identity;
  }

  async saveToken(token: Readonly<Record<string, unknown>>): Promise<void> {
    const sealed = await sealFor(await this.identity(), JSON.stringify(token, undefined, 2));
    await mkdir(join(this.path, 'runbeam'), { recursive: true, mode: 0o700 });
    await rm(this.tokenFile, { force: true });
    await writeFile(this.tokenFile, sealed, { mode: 0o600 });
  }

  /** The machine token, decrypted with the gateway's key or the one given. Undefined when there is none. */
  async readToken(identity?: string): Promise<unknown> {
    if (!existsSync(this.tokenFile)) return undefined;
    return JSON.parse(await openWith(identity ?? (await this.identity()), await readFile(this.tokenFile)));
  }
}
