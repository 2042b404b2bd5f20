// What the least is that has to be done for many gateways: two calls each by `fetch`, so many at a time, and again where they
// fail. Nothing is looked at first, kept or written down. Told what to do by one JSON value on standard input; prints milliseconds.
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const { cloud, userToken, gateways, port, concurrency } = JSON.parse(await text(process.stdin));
let opens = 0;

async function post(url, body, headers = {}) {
  for (;;) {
    while (opens > performance.now()) await sleep(opens - performance.now());
    try {
      const answer = await globalThis.fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      const value = await answer.text();
      if (answer.ok) return JSON.parse(value);
      const seconds = Number(answer.headers.get('retry-after') ?? 0);
      if (answer.status === 429) opens = Math.max(opens, performance.now() + seconds * 1_000);
    } catch {
      // Once more.
    }
    await sleep(200 + Math.random() * 200);
  }
}

async function authorize({ id, ip }) {
  const asked = { token: userToken, gateway_code: id };
  const issued = await post(`${cloud}/api/harmony/authorize`, asked, { authorization: `Bearer ${userToken}` });
  const { machine_token, expires_at, gateway, abilities } = issued;
  const token = { machine_token, expires_at, gateway_id: gateway.id, gateway_code: gateway.code, abilities };
  await post(`http://${ip}:${port}/admin/token`, token);
}

const left = gateways.values();
const begun = performance.now();
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    for (const gateway of left) await authorize(gateway);
  }),
);
process.stdout.write(String(performance.now() - begun));
