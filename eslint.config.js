// Lint rules: types are never bent, modules stay small, and imports point down the layers of ARCHITECTURE.md only.
import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const TESTS = ['**/*.test.ts', '**/*testing.ts', 'test/**/*.ts'];

/** Rooms from the bottom up, in each folder that has some: one may import its own files and whatever stands below it. */
const ROOMS = {
  'src': ['*.ts', 'platform', 'net', 'store', 'auth', 'runbeam', 'agent', 'sdk', 'services', 'cli', 'commands', 'entry'],
  'src/store': ['files', '*.ts', 'formats', 'config', 'secrets', 'accounts', 'instances'],
  'src/auth': ['dialect', 'device-flow', 'edge-api', 'beam-auth', 'oauth', 'runbeam-cloud', 'jwt', '*.ts'],
  'src/runbeam': ['cloud', '*.ts'],
  'src/agent': ['protocol', 'worker', 'server', 'client'],
  'src/services': [
    '*.ts',
    'target',
    'token',
    'login',
    'credential',
    'beamd',
    'agents',
    'runbeam',
    'keys',
    'resources',
    'setup',
    'doctor',
  ],
  'src/services/doctor': ['report', 'checks', '*.ts'],
  'src/cli': ['json', 'routing', 'output', 'terminal', 'present', 'command', 'complete', 'help', 'fast-parse', 'oclif'],
};

const within = (folder, room) => `./${folder}/${room === '*.ts' ? room : `${room}/**/*`}`;

const roomZones = Object.entries(ROOMS).flatMap(([folder, rooms]) =>
  rooms.slice(0, -1).map((room, index) => ({
    target: within(folder, room),
    from: rooms.slice(index + 1).map((above) => within(folder, above)),
    message: `Imports point down only. Rooms of ${folder} from the bottom up: ${rooms.join(', ')}.`,
  })),
);

const shippedZone = {
  target: ['./src', './bin'],
  from: ['./sandbox', './test', './bench', './scripts'],
  message: 'What is published never imports what is not.',
};

/** Everyday commands load these: what they import is paid thousands of times a day. */
const HOT_FILES = [
  'src/services/target/*.ts',
  'src/agent/protocol/*.ts',
  'src/agent/client/*.ts',
  'src/store/*.ts',
  'src/store/config/{beamd-config,app-config,project-pin}.ts',
];
const COLD_MODULES = [
  'valibot',
  'yaml',
  '@oclif/core',
  'jose',
  'age-encryption',
  'lean-qr',
  'ora',
  'node:http',
  'node:https',
  'node:crypto',
];

const passedIn = (what) => `${what} is passed in, never reached for below src/cli and src/entry.`;

const SYNTAX = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Time comes from a Clock (src/clock.ts).',
  },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time comes from a Clock (src/clock.ts).' },
  { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
  {
    selector: "ExportDefaultDeclaration:not([declaration.type='ClassDeclaration'])",
    message: 'Named exports only; a default export is an oclif command class.',
  },
];

/** What one operating system has and another has not, or has otherwise. Regular expressions in selectors hold no slash. */
const ONE_SYSTEM = [
  "MemberExpression[object.name='process'][property.name=/^(platform|get[eu]*id|umask)$/]",
  "VariableDeclarator[init.name='process'] Property[key.name=/^(platform|get[eu]*id|umask)$/]",
  'Literal[value=/^\\u002F(proc|dev|bin|usr)(\\u002F|$)/]',
  'TemplateElement[value.raw=/^\\u002F(proc|dev|bin|usr)\\u002F/]',
].map((selector) => ({ selector, message: 'What systems do differently stands in src/platform, with a twin for each.' }));

export default tseslint.config(
  { ignores: ['dist/', 'release/', '.build/', 'coverage/', 'node_modules/', 'docs/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })],
      'import-x/extensions': ['.ts', '.js', '.mjs'],
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true, 'ts-ignore': true, 'ts-nocheck': true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      // env['NAME'] and fields of parsed JSON are not known properties: the brackets say so.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-self-import': 'error',
      'import-x/no-duplicates': ['error', { 'prefer-inline': true }],
    },
  },
  {
    files: ['src/**/*.ts', 'bin/*.js'],
    ignores: TESTS,
    plugins: { 'import-x': importX },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: [...roomZones, shippedZone] }],
    },
  },
  {
    files: ['src/**/*.ts', 'sandbox/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts'],
    ignores: TESTS,
    rules: {
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'complexity': ['error', 15],
      'max-depth': ['error', 4],
      'max-params': ['error', 5],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: [...TESTS, 'src/cli/**', 'src/entry/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: passedIn('The exit') },
        { object: 'process', property: 'stdout', message: passedIn('Stdout') },
        { object: 'process', property: 'stderr', message: passedIn('Stderr') },
        { object: 'process', property: 'stdin', message: passedIn('Stdin') },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: [...TESTS, 'src/clock.ts'],
    rules: {
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Every call goes through Http (src/net).' }],
      'no-restricted-syntax': ['error', ...SYNTAX, ...ONE_SYSTEM],
    },
  },
  { files: ['src/platform/*.ts'], rules: { 'no-restricted-syntax': ['error', ...SYNTAX] } },
  {
    files: HOT_FILES,
    ignores: TESTS,
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: COLD_MODULES.map((name) => ({
            name,
            allowTypeImports: true,
            message: 'On the path of everyday commands: import it lazily.',
          })),
        },
      ],
    },
  },
  {
    files: TESTS,
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off', // expect.any() and friends are typed any
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      'max-lines': ['error', { max: 600 }],
    },
  },
  { files: ['bin/*.js'], languageOptions: { sourceType: 'commonjs', globals: { require: 'readonly', module: 'readonly' } } },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'URL', 'Buffer', 'setTimeout', 'clearTimeout'].map((name) => [name, 'readonly']),
      ),
    },
  },
);
