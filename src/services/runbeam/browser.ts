/** `runbeam test-browser`: whether login could open a browser here. */
import { configuredApiUrl } from '../../runbeam/api-url.ts';
import type { Context } from '../context.ts';

export async function testBrowser(
  context: Pick<Context, 'homes' | 'env' | 'openBrowser'>,
): Promise<{ readonly url: string; readonly opened: boolean }> {
  const { url } = configuredApiUrl(context.homes, context.env);
  return { url, opened: await context.openBrowser(url) };
}
