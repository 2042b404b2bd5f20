/** Secrets Manager of AWS, as `moto` has it, for the real `aws`. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { missing } from './programs.ts';

/** Whether to skip what needs it. */
export function noMoto(): boolean {
  if (missing('aws', 'pip install awscli')) return true;
  const isThere =
    process.env['CI'] === 'true' || spawnSync('python3', ['-c', 'import moto.server'], { stdio: 'ignore' }).status === 0;
  if (!isThere) console.warn('skipped: python3 has no moto (pip install "moto[secretsmanager]" flask flask-cors)');
  return !isThere;
}

export interface Moto {
  /** Variables by which `aws` finds it, and is logged in. */
  readonly env: Readonly<Record<string, string>>;
  /** The current value of a secret. */
  value(name: string): Promise<unknown>;
  create(name: string, value: unknown): Promise<void>;
  close(): Promise<void>;
}

const SCRIPT =
  'from moto.server import ThreadedMotoServer as S\nimport sys\ns=S(ip_address="127.0.0.1", port=0); s.start()\n' +
  'print("port=%d;" % s.get_host_and_port()[1], flush=True)\nsys.stdin.read(); s.stop()';

export async function startMoto(): Promise<Moto> {
  const server = spawn('python3', ['-c', SCRIPT], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const port = await new Promise<string>((resolve, reject) => {
    let said = '';
    server.stdout.setEncoding('utf8').on('data', (piece: string) => {
      said += piece;
      const found = /port=(\d+);/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    server.once('close', () => reject(new Error('moto did not start')));
  });
  const env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: randomBytes(8).toString('hex'),
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
  };
  const aws = async (...words: string[]): Promise<string> => {
    const options = { env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' } as const;
    return (await promisify(execFile)('aws', ['secretsmanager', ...words], options)).stdout;
  };
  return {
    env,
    value: async (name) => {
      const words = ['--secret-id', name, '--version-stage', 'AWSCURRENT', '--query', 'SecretString', '--output', 'text'];
      return JSON.parse(await aws('get-secret-value', ...words)) as unknown;
    },
    create: async (name, value) => {
      await aws('create-secret', '--name', name, '--secret-string', JSON.stringify(value));
    },
    close: () => {
      server.stdin.end();
      return ended;
    },
  };
}
