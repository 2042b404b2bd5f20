/** What the workflows promise; whether they are well formed is for actionlint to say, which .ci/run asks. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { ownManifest } from '../src/cli/routing/manifest.ts';
import { ROOT } from './repository.ts';

const FOLDER = join(ROOT, '.github/workflows');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly on: unknown;
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<string, { permissions?: unknown; environment?: string; steps: readonly Step[]; strategy?: unknown }>
  >;
}

const names = readdirSync(FOLDER);
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const workflow = (name: string): Workflow => parse(read(name)) as Workflow;
const stepsOf = (name: string): Step[] => Object.values(workflow(name).jobs).flatMap(({ steps }) => steps);

test('what others wrote is taken by what it is, not by a name that can move', () => {
  const used = names.flatMap((name) => read(name).split('\n')).filter((line) => /\buses:/.test(line));
  expect(used.length).toBeGreaterThan(4);
  expect(used.filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
});

test('nothing may write, and only the job that a maintainer approves may publish', () => {
  const given = names.flatMap((name) => {
    const { permissions, jobs } = workflow(name);
    return [permissions, ...Object.values(jobs).map((job) => job.permissions)].filter((each) => each !== undefined);
  });
  expect(given).toEqual([
    { contents: 'read' },
    { contents: 'read' },
    { 'contents': 'read', 'id-token': 'write' },
    { contents: 'read' },
  ]);
  expect(workflow('release.yml').jobs['publish']).toMatchObject({ environment: 'npm', needs: 'make' });
  expect(names.flatMap((name) => read(name).match(/secrets\.\w+/g) ?? [])).toEqual([]);
});

test('CI is .ci/run, on Linux, macOS and Windows', () => {
  expect(stepsOf('ci.yml').flatMap(({ run }) => run ?? [])).toEqual(['bash .ci/run']);
  const systems = [...read('ci.yml').matchAll(/- os: ([a-z]+)/g)].map((match) => match[1]);
  expect([...new Set(systems)]).toEqual(['ubuntu', 'macos', 'windows']);
});

test('the site is built where something of it changes, as it would stand below the name of the repository', () => {
  expect(stepsOf('site.yml').flatMap(({ run }) => run ?? [])).toEqual(['npm ci', 'npm run docs:build -- --base "/$SITE_NAME/"']);
  const { pull_request: changed } = workflow('site.yml').on as { readonly pull_request: { readonly paths: readonly string[] } };
  for (const path of changed.paths) expect(existsSync(join(ROOT, path.replace(/\*.*/, '')))).toBe(true);
});

test('a release is made from a tag, names the repository it runs in, and is published as it was made', () => {
  expect(workflow('release.yml').on).toEqual({ push: { tags: ['v*'] } });
  const steps = stepsOf('release.yml').filter(({ run }) => run !== undefined);
  expect(steps).toEqual([
    { run: 'npm ci' },
    {
      run: 'npm run release -- --tag "$GITHUB_REF_NAME"',
      env: { RELEASE_REPOSITORY: '${{ github.server_url }}/${{ github.repository }}' },
    },
    { run: 'sha256sum --check --strict SHA256SUMS' },
    { run: 'npm publish ./beamd-cli-*.tgz --ignore-scripts' },
  ]);
});

test('the workflow of the guide is one, takes from others what ours take, and runs a command that there is', () => {
  const guide = readFileSync(join(ROOT, 'docs/guides/projects-and-ci.md'), 'utf8');
  const text = /^```yaml\n(name: [\s\S]*?)^```/m.exec(guide)?.[1] ?? '';
  const { permissions, jobs } = parse(text) as Workflow;
  expect(permissions).toEqual({ contents: 'read' });
  const ours = read('ci.yml');
  for (const [line] of text.matchAll(/uses: .*/g)) expect(ours).toContain(line);
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['npx --yes --package @beamd/cli beamd pin check']);
  expect(ownManifest().commands).toHaveProperty('beamd:pin:check');
});
