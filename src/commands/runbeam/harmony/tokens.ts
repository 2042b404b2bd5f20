import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/command/base-command.ts';
import { pagerFlag } from '../../../cli/command/flags.ts';
import { calendarText } from '../../../cli/present/runbeam/reports/calendar.ts';
import { prometheusText } from '../../../cli/present/runbeam/reports/prometheus.ts';
import { timelinePage } from '../../../cli/present/runbeam/reports/timeline.ts';
import { presentTokens, tokensJson } from '../../../cli/present/runbeam/tokens.ts';
import { tokenFrom } from '../../../services/runbeam/engines/token-from.ts';
import { listTokens } from '../../../services/runbeam/tokens/ledger.ts';
import { writeReport } from '../../../services/runbeam/tokens/report.ts';

export default class HarmonyTokens extends BaseCommand {
  static override summary = 'List the machine tokens that were issued from here, and when they end';
  static override description =
    'Never the tokens themselves. What is on this disk is read, and without --from nobody is asked. A machine token lives for 30 days.';
  static override examples = [
    '<%= config.bin %> harmony:tokens',
    '<%= config.bin %> harmony:tokens --due 7d --json',
    '<%= config.bin %> harmony:tokens --prometheus /var/lib/node_exporter/runbeam.prom',
    '<%= config.bin %> harmony:tokens --ics tokens.ics --html tokens.html',
  ];
  static override flags = {
    ...pagerFlag,
    due: Flags.string({ helpValue: 'SPAN', summary: 'Only what ends within this span, or has ended: 12h, 7d' }),
    all: Flags.boolean({ default: false, summary: 'Also those that newer ones have replaced' }),
    from: Flags.string({
      helpValue: 'TARGET',
      exclusive: ['due', 'all'],
      summary: 'The one that a secret engine has: vault:MOUNT/PATH, k8s:NAMESPACE/NAME, aws:NAME, azure:VAULT/NAME',
    }),
    prometheus: Flags.string({
      helpValue: 'FILE',
      exclusive: ['due'],
      summary: 'Write this file for the textfile collector of a node exporter, too',
    }),
    ics: Flags.string({ helpValue: 'FILE', exclusive: ['due'], summary: 'Write a calendar with their ends, too' }),
    html: Flags.string({ helpValue: 'FILE', exclusive: ['due'], summary: 'Write a page with a timeline, too' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(HarmonyTokens);
    const context = await this.context();
    const rows =
      flags.from !== undefined
        ? [await tokenFrom(context, flags.from)]
        : await listTokens(context, { ...flags, all: flags.all || flags.prometheus !== undefined });
    const now = context.clock.now();
    const shown = flags.all ? rows : rows.filter(({ standing }) => standing !== 'replaced');
    if (flags.prometheus !== undefined) writeReport(flags.prometheus, prometheusText(rows, now));
    if (flags.ics !== undefined) writeReport(flags.ics, calendarText(shown, now));
    if (flags.html !== undefined) writeReport(flags.html, timelinePage(shown, now));
    const text = (style: Parameters<typeof presentTokens>[1]): string =>
      presentTokens(shown, style, now, flags.due !== undefined);
    // Of very many it is only made where it is wanted.
    const json = this.wantsJson ? tokensJson(shown) : undefined;
    await this.respondAtLength(json, text, !flags['no-pager']);
  }
}
