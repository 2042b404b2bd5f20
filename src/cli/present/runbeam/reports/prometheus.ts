/** Machine tokens for the textfile collector of a Prometheus node exporter. */
import { STANDINGS, type TokenRow } from '../../../../runbeam/token-standing.ts';

const EXPIRES = 'runbeam_machine_token_expires_timestamp_seconds';
const ISSUED = 'runbeam_machine_token_issued_timestamp_seconds';

/**
 * The exposition format, version 0.0.4. Tokens that were replaced are counted and not listed.
 *
 * @param now - milliseconds
 */
export function prometheusText(rows: readonly TokenRow[], now: number): string {
  const shown = rows.filter(({ standing }) => standing !== 'replaced');
  return [
    `# HELP ${EXPIRES} When the machine token of a gateway ends.`,
    `# TYPE ${EXPIRES} gauge`,
    ...samples(EXPIRES, shown, ({ expiresAt }) => expiresAt),
    `# HELP ${ISSUED} When the machine token of a gateway was issued.`,
    `# TYPE ${ISSUED} gauge`,
    ...samples(ISSUED, shown, ({ issuedAt }) => issuedAt),
    '# HELP runbeam_machine_tokens Machine tokens that were issued from this machine, by what became of them.',
    '# TYPE runbeam_machine_tokens gauge',
    ...STANDINGS.map((standing) => {
      const count = rows.filter((row) => row.standing === standing).length;
      return `runbeam_machine_tokens{standing="${standing}"} ${count}`;
    }),
    '# HELP runbeam_machine_tokens_read_timestamp_seconds When this was written.',
    '# TYPE runbeam_machine_tokens_read_timestamp_seconds gauge',
    `runbeam_machine_tokens_read_timestamp_seconds ${Math.floor(now / 1000)}`,
    '',
  ].join('\n');
}

/** One for each set of labels: a second one would make the collector refuse the file. */
function samples(name: string, rows: readonly TokenRow[], timeOf: (row: TokenRow) => string | undefined): string[] {
  const lines = new Map<string, number>();
  for (const row of rows) {
    const time = Date.parse(timeOf(row) ?? '');
    if (Number.isNaN(time)) continue;
    const labels = labelsOf(row);
    lines.set(labels, Math.max(lines.get(labels) ?? 0, Math.floor(time / 1000)));
  }
  return [...lines].map(([labels, seconds]) => `${name}{${labels}} ${seconds}`);
}

function labelsOf({ instance, gatewayCode, cloud, standing }: TokenRow): string {
  const labels = { gateway_code: gatewayCode, label: instance?.label ?? '', cloud: cloud ?? '', standing };
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

const escaped = (value: string): string => value.replaceAll(/[\\"\n]/g, (sign) => ESCAPES[sign] ?? sign);
