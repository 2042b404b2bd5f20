/** `runbeam config:set|get|unset`: the one setting there is, `api_url` in `~/.runbeam/config.json`. */
import { BeamError } from '../../errors.ts';
import { didYouMean } from '../../nearest.ts';
import { configuredApiUrl, parseApiUrl, writtenApiUrl, type ApiUrl, type ApiUrlSource } from '../../runbeam/api-url.ts';
import { writeRunbeamConfig } from '../../store/config/runbeam-config.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';

export interface Setting {
  readonly key: 'api_url';
  readonly value: string;
  readonly source: ApiUrlSource;
  /** Why the value is not used: with it, every command that needs Runbeam Cloud fails. */
  readonly refused?: BeamError;
}

type ConfigContext = Pick<Context, 'homes' | 'env'>;
type WritingContext = Pick<Context, 'homes' | 'env' | 'clock' | 'warn'>;

/**
 * What is set, where it comes from, and why it is refused if it is: other programs take values that this one does not. Throws
 * `usage` for a key that does not exist.
 */
export function getConfig({ homes, env }: ConfigContext, { key }: { readonly key?: string | undefined }): Setting {
  if (key !== undefined) checkKey(key);
  const { value, source } = writtenApiUrl(homes, env);
  try {
    return { key: 'api_url', value: parseApiUrl(value, source), source };
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return { key: 'api_url', value: withoutUser(value), source, refused: error };
  }
}

/** A URL may hold a password, which is not to be shown. */
function withoutUser(text: string): string {
  return text.includes('@') ? '(hidden: it may hold a password)' : printable(text, 2_048);
}

/** Says so where the environment wins over it. Throws `usage`, `bad_server`, `insecure_transport`, `storage`. */
export async function setConfig(
  context: WritingContext,
  input: { readonly key: string; readonly value: string },
): Promise<Setting> {
  checkKey(input.key);
  const url = parseApiUrl(input.value);
  await writeRunbeamConfig(context, { apiUrl: url });
  const used = writtenApiUrl(context.homes, context.env);
  if (used.value !== url && used.source === 'env') {
    context.warn(`RUNBEAM_API_URL is set to ${withoutUser(used.value)} and wins over it`, { command: 'unset RUNBEAM_API_URL' });
  }
  return { key: 'api_url', value: url, source: 'config' };
}

/** Removes the setting; what is then in force is returned. Throws `usage`, `storage`. */
export async function unsetConfig(context: WritingContext, { key }: { readonly key: string }): Promise<Setting> {
  checkKey(key);
  await writeRunbeamConfig(context, {});
  return toSetting(configuredApiUrl(context.homes, context.env));
}

// Both spellings are in use: the file says api_url, the older CLI's command line api-url.
function checkKey(key: string): void {
  if (key === 'api_url' || key === 'api-url') return;
  const meant = didYouMean(key.replaceAll('-', '_'), ['api_url']) || '; the settings are: api_url';
  throw new BeamError('usage', `There is no setting named ${printable(key, 40)}${meant}`, {
    hint: { command: 'runbeam config:get' },
  });
}

function toSetting({ url, source }: ApiUrl): Setting {
  return { key: 'api_url', value: url, source };
}

export interface BrowserTest {
  readonly url: string;
  readonly opened: boolean;
}

/** `runbeam test-browser`: whether a login could open a browser here. Throws `bad_server`, `insecure_transport`. */
export async function testBrowser(context: ConfigContext & Pick<Context, 'openBrowser'>): Promise<BrowserTest> {
  const { url } = configuredApiUrl(context.homes, context.env);
  return { url, opened: await context.openBrowser(url) };
}
