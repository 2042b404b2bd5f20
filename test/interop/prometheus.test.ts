/** What Prometheus itself makes of the file of `harmony:tokens --prometheus`, and of the alert of the guide. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PACKAGE_ROOT } from '../../sandbox/testing.ts';
import { prometheusText } from '../../src/cli/present/runbeam/reports/prometheus.ts';
import type { TokenRow } from '../../src/runbeam/token-standing.ts';
import { missing } from '../support/programs.ts';

const NOW = Date.parse('2026-11-01T12:00:00Z');
const DAY = 86_400;

/** What `promtool` ends with and says. */
function promtool(args: readonly string[], input = '', cwd?: string): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, {
    input,
    encoding: 'utf8',
    ...(cwd === undefined ? {} : { cwd }),
  });
  return { status, said: stdout + stderr };
}

function tokenOf(label: string, expiresAt: string): TokenRow {
  const instance = { id: '1a2b3c4d', ip: '127.0.0.1', port: 8081, label, pathPrefix: 'admin' };
  return { standing: 'live', instance, gatewayCode: label, cloud: 'https://cloud.example', expiresAt };
}

const rules = (): string => {
  const guide = readFileSync(join(PACKAGE_ROOT, 'docs/guides/machine-tokens.md'), 'utf8');
  return /```yaml\n(groups:\n[\s\S]*?)```/.exec(guide)?.[1] ?? expect.fail('the guide has no rules');
};

describe.skipIf(missing('promtool', 'prometheus'))('promtool', () => {
  test('the file is read, whatever gateways are called', () => {
    const rows = [tokenOf('gate', '2026-11-09T00:00:00Z'), tokenOf('a"b\\c\nd{} 1', '2026-11-10T00:00:00Z')];
    const { status, said } = promtool(['check', 'metrics'], prometheusText(rows, NOW));
    expect([status, said]).toEqual([0, '']);
    // It does look at it.
    expect(promtool(['check', 'metrics'], 'not { metrics').status).not.toBe(0);
  });

  test('the alert fires once a token is 25 days old, and not before', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rules-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    writeFileSync(join(folder, 'rules.yml'), rules());
    expect(promtool(['check', 'rules', 'rules.yml'], '', folder)).toMatchObject({ status: 0 });
    const series = 'runbeam_machine_token_expires_timestamp_seconds{label="gate",standing="live"}';
    const alert = { exp_labels: { severity: 'warning', label: 'gate', standing: 'live' } };
    const summary = 'The machine token of gate ends within 5 days';
    const at = (days: number, exp_alerts: readonly object[]): object => ({
      eval_time: `${days}d`,
      alertname: 'RunbeamMachineTokenEnds',
      exp_alerts,
    });
    const tests = {
      rule_files: ['rules.yml'],
      evaluation_interval: '1h',
      tests: [
        {
          interval: '1h',
          input_series: [{ series, values: `${30 * DAY}x${26 * 24}` }],
          alert_rule_test: [at(24, []), at(26, [{ ...alert, exp_annotations: { summary } }])],
        },
      ],
    };
    // Yaml reads JSON.
    writeFileSync(join(folder, 'tests.yml'), JSON.stringify(tests));
    const { status, said } = promtool(['test', 'rules', 'tests.yml'], '', folder);
    expect([status, said]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });
});
