import stringWidth from 'fast-string-width';
import { parse } from 'valibot';
import { expect, test } from 'vitest';
import type { Seen } from '../../../services/agents/activity.ts';
import { agentTopSchema } from '../../json/agent.ts';
import { createStyle } from '../../output/style.ts';
import { agentTopJson, presentAgentTop } from './top.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const SECONDS = NOW / 1000;

const seen: Seen = {
  at: NOW,
  agents: [
    {
      server: 'edge.example.com',
      state: 'running',
      locked: false,
      activity: {
        protocol: 3,
        version: '1.2.3',
        pid: 42,
        account: 'edge.example.com',
        startedAt: SECONDS - 7_200,
        issuedAt: SECONDS - 1_800,
        expiresAt: SECONDS + 1_800,
        calls: [
          { method: 'hello', count: 5 },
          { method: 'token', count: 12 },
        ],
        clients: [{ says: 'beamd token\u001b[2J', calls: 17, lastAt: SECONDS - 5 }],
        refreshLog: [{ at: SECONDS - 4_200 }, { at: SECONDS - 3_600, failed: 'network' }, { at: SECONDS - 1_800 }],
      },
    },
    { server: 'other.example.com', state: 'stopped', locked: true },
  ],
};

test('100 columns, with Unicode', () => {
  expect(presentAgentTop(seen, createStyle(false), 100)).toMatchInlineSnapshot(`
    "edge.example.com
      up 2 h, pid 42, version 1.2.3
      ◆······✗····················◆━━━━━━━━━━━━━━━━━━━━━┃─────────────────────
      token: issued 30 min ago, ends in 30 min; refreshes: 2, failed: 1
      calls: token 12, hello 5
      says "beamd token[2J": 17 calls, 5 s ago

    other.example.com
      not running
      the account is locked
      Run: beamd agent unlock --server other.example.com"
  `);
});

test('40 columns, in ASCII', () => {
  expect(presentAgentTop(seen, createStyle(false, false), 40)).toMatchInlineSnapshot(`
    "edge.example.com
      up 2 h, pid 42, version 1.2.3
      o...x..........o==========|-----------
      token: ends in 30 min
      refreshes: 2, failed: 1
      calls: token 12, hello 5
      says "beamd token[2J": 17, 5 s ago

    other.example.com
      not running
      the account is locked
      Run: beamd agent unlock
        --server other.example.com"
  `);
});

test.each([100, 60, 40, 20])('no line is wider than %i columns, whatever a client says', (width) => {
  const [first] = seen.agents;
  if (first?.state !== 'running') throw new Error('it runs');
  const clients = ['x'.repeat(500), '漢'.repeat(30), '\u001b]0;x\u0007'].map((says) => ({ says, calls: 1_000_000, lastAt: 0 }));
  const text = presentAgentTop(
    { at: NOW, agents: [{ ...first, activity: { ...first.activity, clients } }] },
    createStyle(false),
    width,
  );
  expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  expect(text.split('\n').filter((line) => !line.includes('漢') && stringWidth(line) > width)).toEqual([]);
});

test('as JSON', () => {
  expect(parse(agentTopSchema, agentTopJson(seen))).toEqual(agentTopJson(seen));
  expect(agentTopJson(seen).agents[1]).toEqual({ server: 'other.example.com', state: 'stopped', locked: true });
});
