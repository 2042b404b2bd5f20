/** Changes that gateways are to make, and what they say of them, as the Rust SDK 0.11 reads and writes it. */
import type { Answer } from '../server/exchange.ts';
import { missingFields, type Resource } from './resources.ts';

/** What a list shows of a change; the rest is for whoever asks for one. */
const LISTED = ['id', 'status', 'type', 'gateway_id', 'created_at'];

export class ChangeBook {
  readonly #changes: Record<string, unknown>[] = [];

  add(gatewayId: string, config: string): string {
    const id = `chg_${this.#changes.length + 1}`;
    const created = new Date().toISOString();
    this.#changes.push({
      id,
      status: 'pending',
      type: 'gateway',
      gateway_id: gatewayId,
      created_at: created,
      toml_config: config,
    });
    return id;
  }

  all(): readonly Resource[] {
    return this.#changes;
  }

  /** Those that nobody has acknowledged: of one gateway, or of all. */
  pending(gatewayId?: string): Resource[] {
    const waiting = this.#changes.filter(
      ({ status, gateway_id: of }) => status === 'pending' && (gatewayId === undefined || of === gatewayId),
    );
    return waiting.map((one) => Object.fromEntries(LISTED.map((name) => [name, one[name]])));
  }

  acknowledge({ change_ids: ids }: Readonly<Record<string, unknown>>): Answer {
    if (!Array.isArray(ids)) return missingFields(['change_ids']);
    const known = ids.map(String).filter((id) => this.#set(id, { status: 'acknowledged', acknowledged_at: now() }));
    return { json: { acknowledged: known, failed: ids.filter((id) => !known.includes(String(id))) } };
  }

  end(id: string | undefined, status: 'applied' | 'failed', why: Readonly<Record<string, unknown>> = {}): Answer {
    if (status === 'failed' && typeof why['error'] !== 'string') return missingFields(['error']);
    const told = status === 'failed' ? { error_message: why['error'], error_details: why['details'] ?? null } : {};
    if (!this.#set(id, { status, [`${status}_at`]: now(), ...told })) return { status: 404, json: { message: 'Not found.' } };
    return { json: { success: true, message: `The change was marked as ${status}.` } };
  }

  #set(id: string | undefined, members: Readonly<Record<string, unknown>>): boolean {
    const found = this.#changes.find((one) => one['id'] === id);
    if (found !== undefined) Object.assign(found, members);
    return found !== undefined;
  }
}

function now(): string {
  return new Date().toISOString();
}
