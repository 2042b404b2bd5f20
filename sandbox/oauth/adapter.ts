/** Storage for oidc-provider: in memory, without its default's limit of 1,000 entries, and with a reuse grace. */
import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Stored {
  readonly payload: AdapterPayload;
  /** Milliseconds since 1970. */
  consumedAt?: number;
}

/** Everything one provider has stored. */
export class MemoryStore {
  readonly #models = new Map<string, Map<string, Stored>>();
  readonly #grace: number;

  /** @param grace seconds in which a rotated refresh token may be used again */
  constructor(grace: number) {
    this.#grace = grace;
  }

  /** The factory that oidc-provider calls with `AccessToken`, `RefreshToken`, `Session`… */
  readonly adapter = (model: string): Adapter => {
    const entries = this.entries(model);
    const find = (test: (payload: AdapterPayload) => boolean): Promise<AdapterPayload | undefined> =>
      Promise.resolve([...entries.values()].map((stored) => this.#shown(stored)).find(test));
    return {
      upsert: (id, payload) => {
        entries.set(id, { payload });
        return Promise.resolve();
      },
      find: (id) => {
        const stored = entries.get(id);
        return Promise.resolve(stored === undefined ? undefined : this.#shown(stored));
      },
      findByUserCode: (userCode) => find((payload) => payload.userCode === userCode),
      findByUid: (uid) => find((payload) => payload.uid === uid),
      destroy: (id) => {
        entries.delete(id);
        return Promise.resolve();
      },
      consume: (id) => {
        const stored = entries.get(id);
        if (stored !== undefined) stored.consumedAt ??= Date.now();
        return Promise.resolve();
      },
      revokeByGrantId: (grantId) => {
        for (const [id, { payload }] of entries) if (payload.grantId === grantId) entries.delete(id);
        return Promise.resolve();
      },
    };
  };

  entries(model: string): Map<string, Stored> {
    const found = this.#models.get(model) ?? new Map<string, Stored>();
    this.#models.set(model, found);
    return found;
  }

  #shown({ payload, consumedAt }: Stored): AdapterPayload {
    const used = consumedAt !== undefined && Date.now() - consumedAt >= this.#grace * 1000;
    return used ? { ...payload, consumed: Math.floor(consumedAt / 1000) } : payload;
  }
}
