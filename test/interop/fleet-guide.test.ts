/** Every block of the guide on fleets, read by the program that it is for. */
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { PACKAGE_ROOT, startRunbeamCloud } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { startApiServer } from '../support/engines.ts';
import { writeConfig } from '../support/files.ts';
import { succeeded } from '../support/login.ts';
import { absent, missing, noKubectl } from '../support/programs.ts';

const keep = cleanup(afterAll);
const guide = readFileSync(join(PACKAGE_ROOT, 'docs/guides/fleet.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text);

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'guide-'));
  keep({ close: () => rmSync(folder, { recursive: true }) });
  return folder;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

interface Role extends Manifest {
  readonly rules: readonly { readonly resources: string[]; readonly resourceNames: string[]; readonly verbs: string[] }[];
}

interface CronJob extends Manifest {
  readonly spec: {
    readonly jobTemplate: {
      readonly spec: {
        readonly template: {
          readonly spec: { readonly serviceAccountName: string; readonly containers: { command: string[]; args: string[] }[] };
        };
      };
    };
  };
}

const [kubernetesYaml = '', actionsYaml = '', ...others] = blocks('yaml');

/** As kubectl reads them, which is yaml 1.1: 0400 is octal. */
const manifests = parseAllDocuments(kubernetesYaml, { version: '1.1' }).map((each) => each.toJS() as Manifest);
const ofKind = (kind: string): Manifest => manifests.find((each) => each.kind === kind) ?? expect.fail(`there is no ${kind}`);

test('there are these blocks, and yaml reads them', () => {
  expect([others, blocks('ini').length]).toEqual([[], 2]);
  for (const text of [kubernetesYaml, actionsYaml]) {
    expect(parseAllDocuments(text, { strict: true }).flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  }
  expect(manifests.map(({ kind, metadata }) => [kind, metadata.name, metadata.namespace])).toEqual(
    ['ServiceAccount', 'Role', 'RoleBinding', 'CronJob'].map((kind) => [kind, 'harmony-renew', 'production']),
  );
});

describe.skipIf(noKubectl())('kubectl', () => {
  /** What is left of an object once kubectl has read it by its own types, which know no member of another name. */
  function throughKubectl(object: Manifest, words: readonly string[]): unknown {
    const { status, stdout, stderr } = spawnSync('kubectl', [...words, '--local', '-f', '-', '-o', 'json'], {
      input: JSON.stringify(object),
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  }

  test('knows every member of the CronJob and of the RoleBinding', () => {
    expect(throughKubectl(ofKind('CronJob'), ['set', 'resources', '--limits=cpu=1'])).toMatchObject(ofKind('CronJob'));
    const bound = throughKubectl(ofKind('RoleBinding'), ['set', 'subject', '--serviceaccount=other:other']);
    expect(bound).toMatchObject({ ...ofKind('RoleBinding'), subjects: expect.any(Array) });
    const misspelt = { ...ofKind('CronJob'), spec: { ...(ofKind('CronJob') as CronJob).spec, shedule: 'x' } };
    expect(throughKubectl(misspelt, ['set', 'resources', '--limits=cpu=1'])).not.toMatchObject(misspelt);
  });

  test('the command of the CronJob does with its Role alone', async () => {
    const cloud = keep(await startRunbeamCloud({ tokenKind: 'sanctum' }));
    const user = keep(createCliUser());
    const [rule] = (ofKind('Role') as Role).rules;
    const api = keep(await startApiServer());
    const VERBS: Readonly<Record<string, string>> = { GET: 'get', PUT: 'update', POST: 'create' };
    api.allow((method, name) => rule?.verbs.includes(VERBS[method] ?? '') === true && rule.resourceNames.includes(name));
    const token = {
      machine_token: 'old',
      expires_at: new Date(Date.now() + 86_400_000).toISOString(),
      gateway_id: 'g',
      gateway_code: 'gate',
      abilities: [],
    };
    const object = { apiVersion: 'v1', kind: 'Secret' };
    api.secrets.set('production/harmony-secrets', {
      ...object,
      metadata: { name: 'harmony-secrets', namespace: 'production', resourceVersion: '1' },
      data: { 'machine-token': Buffer.from(JSON.stringify(token)).toString('base64') },
    });
    const KUBECONFIG = join(user.root, 'kubeconfig');
    writeFileSync(KUBECONFIG, api.kubeconfig, { mode: 0o600 });
    const pod = (ofKind('CronJob') as CronJob).spec.jobTemplate.spec.template.spec;
    expect(pod.serviceAccountName).toBe('harmony-renew');
    const [container] = pod.containers;
    const config = writeConfig(user, 'ci.yaml', { server: cloud.origin, token: await cloud.issueUserToken() });
    const [program, ...words] = [...(container?.command ?? []), ...(container?.args ?? [])];
    expect(program).toBe('runbeam');
    const typed = words.map((word) => (word === '/etc/runbeam/ci.yaml' ? config : word));
    expect(succeeded(await user.run('runbeam', typed, { env: { KUBECONFIG } })).stdout).toMatch(
      /^✓ gate {2}renewed in k8s:production\/harmony-secrets \(Kubernetes, context test\); ends in 30 days/,
    );
    const kept = api.secrets.get('production/harmony-secrets')?.data?.['machine-token'] ?? '';
    expect(JSON.parse(Buffer.from(kept, 'base64').toString())).toMatchObject({
      machine_token: cloud.issued().at(-1)?.machineToken,
    });
    expect(api.calls.filter((call) => call.endsWith('403'))).toEqual([]);
    // Another Secret is none of its business.
    const elsewhere = await user.run('runbeam', ['--config', config, 'harmony:renew', '--to', 'k8s:production/other'], {
      env: { KUBECONFIG },
    });
    expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('kubectl could not read the secret')]);
  });
});

test.skipIf(missing('systemd-analyze', 'systemd'))('systemd takes the units', async () => {
  const folder = scratch();
  // What it starts has to be there.
  const runbeam = join(folder, 'runbeam');
  writeFileSync(runbeam, '');
  chmodSync(runbeam, 0o755);
  for (const text of blocks('ini')) {
    const name = /^# \/etc\/systemd\/system\/(\S+)$/m.exec(text)?.[1] ?? expect.fail('a unit has no name');
    writeFileSync(join(folder, name), text.replace('/usr/local/bin/runbeam', runbeam));
  }
  const verify = async (): Promise<string> => {
    const units = ['service', 'timer'].map((kind) => join(folder, `harmony-renew@production.${kind}`));
    const options = { env: { PATH: process.env['PATH'], SYSTEMD_UNIT_PATH: `${folder}:` } };
    const { stdout, stderr } = await promisify(execFile)('systemd-analyze', ['verify', ...units], options);
    return stdout + stderr;
  };
  const said = (await verify()).split('\n').filter((line) => line.includes('harmony-renew'));
  expect(said).toEqual([]);
  // It does look at them.
  const service = join(folder, 'harmony-renew@.service');
  writeFileSync(service, readFileSync(service, 'utf8').replace('LoadCredential', 'LoadCredentials'));
  expect(await verify()).toContain('LoadCredentials');
});

test.skipIf(absent('actionlint', 'go install github.com/rhysd/actionlint/cmd/actionlint@latest'))(
  'actionlint takes the workflow',
  () => {
    const folder = join(scratch(), '.github', 'workflows');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'renew.yml');
    writeFileSync(file, actionsYaml);
    const lint = (): { status: number | null; stdout: string } =>
      spawnSync('actionlint', ['-no-color', file], { cwd: folder, encoding: 'utf8' });
    expect(lint()).toMatchObject({ status: 0, stdout: '' });
    writeFileSync(file, actionsYaml.replace('runs-on:', 'run-on:'));
    expect(lint().status).toBe(1);
  },
);
