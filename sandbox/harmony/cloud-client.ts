/** How a gateway talks to Runbeam Cloud. */
import { jsonFields } from '../server/exchange.ts';

export interface CloudAnswer {
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Posts to the cloud, below the base URL that the cloud itself names. */
export async function postToCloud(cloud: string, path: string, bearer: string, body: unknown): Promise<CloudAnswer> {
  const response = await fetch(`${await baseUrl(cloud)}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', 'authorization': `Bearer ${bearer}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, fields: jsonFields(await response.text()) };
}

async function baseUrl(cloud: string): Promise<string> {
  for (const path of ['/api/harmony/base-url', '/harmony/base-url']) {
    const response = await fetch(`${cloud}${path}`);
    const { base_url: found } = jsonFields(await response.text());
    if (response.ok && typeof found === 'string') return found;
  }
  return `${cloud}/api`;
}
