/** The examples of docs/sdk, as they stand there: checked by the compiler, and run with the package's own name. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cleanEnv, PACKAGE_ROOT, startBeamAuthEdge, startRunbeamCloud, type RunbeamCloud } from '../../sandbox/testing.ts';
import { createCliUser } from '../support/cli-user.ts';
import { logIn } from '../support/login.ts';

const run = promisify(execFile);
let folder: string;
let cloud: RunbeamCloud;

// In the checkout: so the package's name leads to what was built.
beforeAll(async () => {
  mkdirSync(join(PACKAGE_ROOT, '.build'), { recursive: true });
  folder = mkdtempSync(join(PACKAGE_ROOT, '.build', 'examples-'));
  cloud = await startRunbeamCloud();
  cloud.addGateway('a');
  cloud.addChange('my-gateway', 'a = 1');
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await cloud.close();
});

function examplesOf(page: string): string[] {
  const text = readFileSync(join(PACKAGE_ROOT, page), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
}

const EXAMPLES = [...examplesOf('docs/sdk/runbeam.md'), ...examplesOf('README.md')];

const PRINTED: readonly string[] = [
  'gw_1 Gateway a\ngw_2 Gateway my-gateway\n',
  'services 1\nservices 2\nnot_found 404\n',
  'a = 1\n',
  'Alice Example\n',
  'gw_1 false undefined\ntrue\n',
  '200 Hello, 42\n401 \n',
  'gw_1 Gateway a\ngw_2 Gateway my-gateway\nservices_1 services 1\nservices_2 services 2\n',
  'gw_2 true\n',
];

it('are all here', () => {
  expect(EXAMPLES).toHaveLength(PRINTED.length);
});

it('are what the compiler takes, as ES module and as CommonJS', () => {
  const imports = (code: string): string =>
    code
      .split('\n')
      .filter((line) => line.startsWith('import '))
      .join('\n');
  const files = [
    ...EXAMPLES.map((code, index) => [`${index}.mts`, code]),
    ...EXAMPLES.map((code, index) => [`${index}.cts`, `${imports(code)}\nexport {};\n`]),
  ];
  expect(problemsOf(files)).toEqual([]);
});

/** What the compiler says of files. */
function problemsOf(files: readonly (readonly string[])[]): unknown[] {
  const paths = files.map(([name = '', code = '']) => {
    writeFileSync(join(folder, name), code);
    return join(folder, name);
  });
  const program = ts.createProgram(paths, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    exactOptionalPropertyTypes: false,
    types: ['node'],
    noEmit: true,
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => [file?.fileName, messageText]);
}

/** Writes an example so that Node runs it; returns its path. */
function transpiled(name: string, code: string): string {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  writeFileSync(join(folder, name), outputText);
  return join(folder, name);
}

async function printedBy(code: string, at: RunbeamCloud): Promise<string> {
  const path = transpiled('run.mjs', code);
  const env = { ...cleanEnv(folder), RUNBEAM_API_URL: at.origin, RUNBEAM_TOKEN: await at.issueUserToken() };
  return (await run(process.execPath, [path], { env })).stdout;
}

it.each(PRINTED.map((printed, index) => [index + 1, printed] as const))(
  'example %i prints what it should',
  async (number, printed) => {
    expect(await printedBy(EXAMPLES[number - 1] ?? '', cloud)).toBe(printed);
  },
);

it('take a Sanctum token as well', async () => {
  const opaque = await startRunbeamCloud({ tokenKind: 'sanctum' });
  try {
    const code = EXAMPLES.find((each) => each.includes('verifyUserToken')) ?? '';
    expect(await printedBy(code, opaque)).toBe('valid\n');
    expect(await printedBy(examplesOf('README.md').at(-1) ?? '', opaque)).toBe('gw_1 true\n');
  } finally {
    await opaque.close();
  }
});

it('of the agent is what the compiler takes, and prints what it should', async () => {
  const [code = '', ...more] = examplesOf('docs/sdk/agent.md');
  expect(more).toEqual([]);
  expect(problemsOf([['agent.mts', code]])).toEqual([]);
  const edge = await startBeamAuthEdge();
  const user = createCliUser();
  try {
    await logIn(user, edge);
    const path = transpiled('agent.mjs', code);
    expect((await run(process.execPath, [path], { env: user.env, cwd: user.work })).stdout).toBe('200 true\n');
  } finally {
    await user.close();
    await edge.close();
  }
});

it('works for whoever uses require', async () => {
  const program = `const { RunbeamClient, Secret } = require('@beamd/cli/runbeam');
    console.log(typeof RunbeamClient, String(new Secret('x')));`;
  expect((await run(process.execPath, ['-e', program], { cwd: PACKAGE_ROOT })).stdout).toBe('function [redacted]\n');
});
