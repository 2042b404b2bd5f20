import { generate } from 'lean-qr';
import { describe, expect, test } from 'vitest';
import type { ShownLogin } from '../../../auth/dialect/dialect.ts';
import { createStyle } from '../../output/style.ts';
import { countdown, describeTrouble, presentDevice, presentDeviceScreen } from './device.ts';
import { qrLines } from './qr.ts';

const plain = createStyle(false);
const colour = createStyle(true);
const ascii = createStyle(false, false);
const COMPLETE = 'https://beamd.run/device?user_code=BCDF-GHJK';
const LOGIN: ShownLogin = {
  userCode: 'BCDF-GHJK',
  verificationUri: 'https://beamd.run/device',
  verificationUriComplete: COMPLETE,
  expiresIn: 600,
  interval: 5,
};
const CONTROL_PLANE = { name: 'beamd.example', server: 'edge.example.com' };

describe('where nobody watches', () => {
  test('the page, the code, and what never to do', () => {
    expect(presentDevice(LOGIN, plain)).toBe(
      [
        'Open https://beamd.run/device in a browser',
        'and enter the code BCDF-GHJK',
        'or open https://beamd.run/device?user_code=BCDF-GHJK and compare the code',
        '! Never enter a code that someone sent you.',
      ].join('\n'),
    );
    const { userCode: _, ...codeless } = LOGIN;
    expect(presentDevice({ ...codeless, clockSkew: 300 }, plain)).toBe(
      [
        'Open https://beamd.run/device in a browser',
        '! Never enter a code that someone sent you.',
        "! This machine's clock is 5 min ahead of the server. Set it right.",
      ].join('\n'),
    );
    expect(presentDevice({ ...LOGIN, userCode: 'A\u001b[31mB\u202e' }, plain)).toContain('the code A[31mB\n');
    expect(presentDevice({ ...LOGIN, controlPlane: CONTROL_PLANE }, plain)).toMatch(
      /^edge\.example\.com sends this login to beamd\.example\nOpen /,
    );
  });
});

describe('the screen', () => {
  test('has the addresses and the code on lines of their own', () => {
    const login = { ...LOGIN, controlPlane: CONTROL_PLANE };
    expect(presentDeviceScreen({ login, place: 'edge.example.com', replaces: 'alice' }, plain, { columns: 60 })).toEqual([
      'edge.example.com sends this login to beamd.example',
      'Log in to edge.example.com',
      'This replaces the login of alice',
      '',
      'Open this page:',
      '  https://beamd.run/device',
      '',
      'and enter the code:',
      '  ╭───────────────╮',
      '  │   BCDF-GHJK   │',
      '  ╰───────────────╯',
      '',
      'or open this one and compare the code:',
      '  https://beamd.run/device?user_code=BCDF-GHJK',
      '',
      '! Never enter a code that someone sent you.',
    ]);
  });

  test('breaks no address and no code, however narrow it is', () => {
    const lines = presentDeviceScreen({ login: LOGIN, place: 'edge' }, plain, { columns: 18 });
    expect(lines.slice(2, 10)).toEqual([
      'Open this page:',
      'https://beamd.run/device',
      '',
      'and enter the code:',
      '  BCDF-GHJK',
      '',
      'or open this one and compare the code:',
      COMPLETE,
    ]);
    expect(presentDeviceScreen({ login: LOGIN, place: 'edge' }, ascii, { columns: 40 }).slice(6, 9)).toEqual([
      '  +---------------+',
      '  |   BCDF-GHJK   |',
      '  +---------------+',
    ]);
  });

  test('has links that a terminal opens, their host in bold', () => {
    const [, , , link] = presentDeviceScreen({ login: LOGIN, place: 'edge' }, colour, { columns: 80 });
    const { verificationUri } = LOGIN;
    expect(link).toBe(`  \u001b]8;;${verificationUri}\u001b\\https://\u001b[1mbeamd.run\u001b[22m/device\u001b]8;;\u001b\\`);
    // What is no page of the web is text, and never a link.
    const hostile = { ...LOGIN, verificationUri: 'javascript:alert(1)' };
    expect(presentDeviceScreen({ login: hostile, place: 'edge' }, colour, {})[3]).toBe('  javascript:alert(1)');
  });

  test('says what keeps a server, and what time is left', () => {
    expect(
      (['slow_down', 'network', 'timeout', 'server_error'] as const).map((one) => describeTrouble(one, 'beamd.run')),
    ).toEqual([
      'beamd.run wants to be asked less often',
      'beamd.run cannot be reached',
      'beamd.run does not answer',
      'beamd.run is in trouble',
    ]);
    expect([600_000, 59_001, 9_000, 1, -1].map(countdown)).toEqual(['10:00', '1:00', '0:09', '0:01', '0:00']);
  });
});

describe('the QR code', () => {
  const room = { columns: 80 };
  const code = generate(COMPLETE, { maxVersion: 10 });

  /** The modules that half blocks show: true where ink is. */
  const modules = (lines: readonly string[]): boolean[][] =>
    lines.flatMap((line) => [Array.from(line, (cell) => '█▀'.includes(cell)), Array.from(line, (cell) => '█▄'.includes(cell))]);

  const side = code.size + 4;
  const isDark = (x: number, y: number): boolean => code.get(x - 2, y - 2);
  const square = (of: (x: number, y: number) => boolean): boolean[][] =>
    Array.from({ length: side + 1 }, (_, y) => Array.from({ length: side }, (__, x) => of(x, y)));

  test('is black on white where there are colours, and light on dark where not', async () => {
    const painted = await qrLines(COMPLETE, colour, room);
    expect(painted?.every((line) => line.startsWith('\u001b[30;107m') && line.endsWith('\u001b[0m'))).toBe(true);
    expect(modules((painted ?? []).map((line) => line.slice(9, -4)))).toEqual(square(isDark));
    expect(modules((await qrLines(COMPLETE, plain, room)) ?? [])).toEqual(square((x, y) => !isDark(x, y)));
  });

  test('is of blanks where a terminal has no blocks', async () => {
    const lines = await qrLines(COMPLETE, createStyle(true, false), room);
    expect(lines).toHaveLength(side);
    const dark = '\u001b[40m  \u001b[107m';
    const rows = lines?.map((line) => line.slice(9, -4).replaceAll(dark, '#').replaceAll('  ', '.'));
    expect(rows).toEqual(
      square(isDark)
        .slice(0, side)
        .map((row) => row.map((on) => (on ? '#' : '.')).join('')),
    );
    expect(await qrLines(COMPLETE, ascii, room)).toBeUndefined();
  });

  test('is refused where it does not fit, and for an address that nobody needs', async () => {
    expect(await qrLines(COMPLETE, plain, { columns: side - 1 })).toBeUndefined();
    expect(await qrLines(COMPLETE, plain, { columns: side })).toHaveLength((side + 1) / 2);
    expect(await qrLines(`https://beamd.run/${'a'.repeat(2_000)}`, plain, {})).toBeUndefined();
    expect(await qrLines(`https://beamd.run/${'a'.repeat(252)}`, plain, {})).toHaveLength(31);
    expect(await qrLines(`https://beamd.run/${'a'.repeat(253)}`, plain, {})).toBeUndefined();
  });
});
