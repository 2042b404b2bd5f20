/** A user who works all the time, on a server that ends a session when a refresh token is used twice. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBeamAuthEdge, startOAuthEdge, type BeamAuthEdge, type OAuthEdge } from '../../../sandbox/testing.ts';
import { systemCode } from '../../../src/errors.ts';
import { parseHolder, SPENDING } from '../../../src/store/files/lock-holder.ts';
import { accountLock } from '../../../src/store/paths.ts';
import { keyOf } from '../agent.ts';
import { createCliUser, NODE, type CliUser } from '../cli-user.ts';
import type { Keep } from '../cleanup.ts';
import { mountDisk } from '../disk.ts';
import { installForUpdates, type Installed } from '../installed.ts';
import { logIn } from '../login.ts';
import { startNamespace } from '../namespace.ts';
import { seededRandom, type Random } from '../random.ts';
import { judge } from './answers.ts';
import { Journal, type Loss } from './losses.ts';

/** Milliseconds after which a command counts as hanging: a refresh is waited for 45 s, and a machine may be busy. */
const DEADLINE = 90_000;

/** Kilobytes of a small disk. */
const DISK = 1_024;

export interface HomeOptions {
  readonly name: string;
  readonly edge: 'beam-auth' | 'oauth';
  /** Seconds that an access token lives. */
  readonly life: number;
  /** Whether `~/.beamd` is on a small disk of its own, and whether the home is used from two namespaces. Both need root. */
  readonly onDisk?: boolean;
  readonly inNamespaces?: boolean;
  readonly seed: number;
}

/** What users do all day, by how often. */
const COMMANDS: readonly (readonly [number, readonly string[]])[] = [
  [50, ['token']],
  [30, ['token', '--json']],
  [4, ['whoami']],
  [4, ['status', '--json']],
  [3, ['accounts']],
  [3, ['orgs', '--json']],
  [2, ['orgs', '--refresh']],
  [3, ['agent', 'status']],
  [3, ['exec', '--', 'true']],
  [2, ['default', 'acme']],
  [2, ['default', 'widgets']],
  [1, ['agent', 'start']],
  [1, ['agent', 'stop']],
];

interface Over {
  readonly since: number;
  until: number;
}

/** The text of the highest file of a lock; empty where none is there, or has just gone. */
function lockText(lock: string): string {
  try {
    const numbers = readdirSync(lock).map((name) => Number(/^g(\d+)$/.exec(name)?.[1] ?? 0));
    return readFileSync(join(lock, `g${Math.max(...numbers)}`), 'latin1');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return '';
  }
}

/** A home, its server, and all that is known of them. */
export class Home {
  readonly name: string;
  readonly user: CliUser;
  readonly edge: BeamAuthEdge | OAuthEdge;
  readonly installed: Installed;
  /** The folder that is a small disk. */
  readonly disk: string | undefined;
  readonly journal = new Journal();
  readonly losses: Loss[] = [];
  /** How many of each answer. */
  readonly answers = new Map<string, number>();
  /** What may not have happened. */
  readonly faults: string[] = [];
  /** Milliseconds that the slowest command took. */
  slowest = 0;
  readonly #options: HomeOptions;
  #nodes: readonly string[] = [NODE];
  /** When the session was over, and known to be: wall clock. */
  readonly #over: Over[] = [];

  private constructor(options: HomeOptions, user: CliUser, edge: BeamAuthEdge | OAuthEdge, installed: Installed) {
    this.#options = options;
    this.name = options.name;
    this.user = user;
    this.edge = edge;
    this.installed = installed;
    this.disk = options.onDisk === true ? join(user.home, '.beamd') : undefined;
    edge.onRefresh((refresh) => {
      this.journal.asked.push({ refresh, worker: this.spender() });
      if (!refresh.granted && edge.liveSessions() === 0) this.#lose(refresh.at);
    });
  }

  /**
   * Who has marked the account's lock because a refresh is under way, also when that has died since. By its socket it would
   * take reading all of /proc, while the server stands still.
   */
  readonly spender = (): string | undefined => {
    const text = lockText(accountLock(this.user.homes, keyOf(this.edge)));
    const holder = text.startsWith(SPENDING) ? parseHolder(text) : undefined;
    return holder && `${holder.namespace} ${holder.pid}`;
  };

  static async open(keep: Keep, options: HomeOptions): Promise<Home> {
    const edge = keep(
      await (options.edge === 'oauth' ? startOAuthEdge : startBeamAuthEdge)({ grace: 0, expiresIn: options.life }),
    );
    const user = keep(createCliUser());
    const home = new Home(options, user, edge, await installForUpdates(user.root));
    if (home.disk !== undefined) keep(mountDisk(home.disk, DISK));
    if (options.inNamespaces === true) {
      const both = [keep(await startNamespace(user, 'a', true)), keep(await startNamespace(user, 'b', false))];
      home.#nodes = both.map(({ node }) => node);
    }
    await logIn(user, edge);
    return home;
  }

  random(actor: string): Random {
    return seededRandom(this.#options.seed, `${this.name} ${actor}`);
  }

  get isOver(): boolean {
    return this.#over.at(-1)?.until === Infinity;
  }

  #lose(at: number): void {
    if (this.isOver) return;
    this.#over.push({ since: Date.now(), until: Infinity });
    const loss = this.journal.loss(at);
    this.losses.push(loss);
    this.#tell(`a session was lost by ${loss.isResidual ? 'the kill that is stated' : 'nothing that is stated'}: ${loss.story}`);
    if (!loss.isResidual) this.faults.push(`a session was lost: ${loss.story}`);
  }

  /** At once: an hour is long. */
  #tell(line: string): void {
    process.stdout.write(`${new Date().toISOString()} ${this.name}: ${line}\n`);
  }

  /** Logs in again after a loss, for as long as it takes what is in the way to pass. */
  async logInAgain(): Promise<void> {
    for (const end = Date.now() + 3 * DEADLINE; ;) {
      // None that was begun and could not be stored counts as the user's.
      this.edge.endSessions();
      try {
        await logIn(this.user, this.edge);
        break;
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
    const over = this.#over.at(-1);
    if (over !== undefined) over.until = Date.now();
  }

  /** Calls commands, one after the other, until it is enough. */
  async work(client: number, enough: AbortSignal): Promise<void> {
    const random = this.random(`client ${client}`);
    while (!enough.aborted) {
      const node = random.pick(this.#nodes.map((one) => [1, one] as const));
      await this.call(random.pick(COMMANDS), node);
      await sleep(random.between(0, 600));
    }
  }

  async call(line: readonly string[], node = NODE): Promise<void> {
    const began = Date.now();
    const { folder } = this.installed;
    const ran = await this.user.run('beamd', line, { installed: folder, node, timeout: DEADLINE });
    const ended = Date.now();
    this.slowest = Math.max(this.slowest, ended - began);
    const wasOver = this.#over.some(({ since, until }) => since <= ended && until >= began);
    const { kind, fault } = judge({ line, ran, began }, { wasOver, endOf: (token) => this.edge.endOf(token) });
    this.answers.set(kind, (this.answers.get(kind) ?? 0) + 1);
    if (fault === undefined) return;
    this.faults.push(`beamd ${line.join(' ')}: ${fault} ${JSON.stringify(ran)}`);
    this.#tell(this.faults.at(-1) ?? '');
  }
}
