/** Laravel's answers: pages, single resources and validation errors. */
import { randomBytes } from 'node:crypto';
import type { Answer } from '../server/exchange.ts';

export type Resource = Readonly<Record<string, unknown>>;

const PER_PAGE = 15;

export const RESOURCE_KINDS = ['services', 'endpoints', 'backends', 'pipelines', 'transforms'] as const;

/** What SDK 0.11 refuses a resource without, beside its id, its name and, but for a gateway, its gateway. */
function known(type: string, code: string): Resource {
  return { type, code, team_id: 'team_1' };
}

/** A gateway as the lists have it: the answer to its authorization has less. */
export function gatewayResource(gateway: Resource & { readonly code: string }): Resource {
  return { ...known('gateway', gateway.code), ...gateway };
}

/** So many of a kind, with members that say something; every second one is of the first gateway. */
export function resourcesOf(kind: (typeof RESOURCE_KINDS)[number], count: number): Resource[] {
  return Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const gateway = `gw_${(index % 2) + 1}`;
    const common = {
      ...known(kind.slice(0, -1), `${kind}-${number}`),
      id: `${kind}_${number}`,
      name: `${kind} ${number}`,
      gateway_id: gateway,
    };
    if (kind === 'endpoints') return { ...common, service_id: 'services_1', path: `/v1/${number}`, methods: ['GET', 'POST'] };
    if (kind === 'backends') return { ...common, service_id: 'services_1', url: `https://backend-${number}.example/fhir` };
    return kind === 'transforms' ? common : { ...common, description: `What ${kind} ${number} is for` };
  });
}

/** One page of a list: `{data, links, meta}`. Reads `?page=` and `?per_page=`. */
export function pageOf(items: readonly Resource[], url: URL): Answer {
  const perPage = positive(url.searchParams.get('per_page')) ?? PER_PAGE;
  const page = positive(url.searchParams.get('page')) ?? 1;
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const from = (page - 1) * perPage;
  const data = items.slice(from, from + perPage);
  const link = (number: number): string => `${url.origin}${url.pathname}?page=${number}`;
  return {
    json: {
      data,
      links: {
        first: link(1),
        last: link(last),
        prev: page > 1 ? link(page - 1) : null,
        next: page < last ? link(page + 1) : null,
      },
      meta: {
        current_page: page,
        from: data.length === 0 ? null : from + 1,
        last_page: last,
        path: `${url.origin}${url.pathname}`,
        per_page: perPage,
        to: data.length === 0 ? null : from + data.length,
        total: items.length,
      },
    },
  };
}

/** The item whose `id` or `code` is `key`: `{data}`, else 404. */
export function oneOf(items: readonly Resource[], key: string | undefined): Answer {
  const item = items.find(({ id, code }) => key !== undefined && (id === key || code === key));
  return item === undefined ? { status: 404, json: { message: 'Not found.' } } : { json: { data: item } };
}

/** 422 with the names of the fields that are missing. */
export function missingFields(names: readonly string[]): Answer {
  const errors = Object.fromEntries(names.map((name) => [name, [`The ${name} field is required.`]]));
  return { status: 422, json: { message: 'The given data was invalid.', errors } };
}

export const UNAUTHENTICATED: Answer = { status: 401, json: { message: 'Unauthenticated.' } };

const HOUR = 3_600_000;

/** A token for a member of a mesh. */
export function meshToken({ mesh_id: mesh, destination_url: url }: Readonly<Record<string, unknown>>): Answer {
  const missing = Object.entries({ mesh_id: mesh, destination_url: url }).filter(([, value]) => typeof value !== 'string');
  if (missing.length > 0) return missingFields(missing.map(([name]) => name));
  const expiresAt = new Date(Date.now() + HOUR).toISOString();
  return { json: { token: randomBytes(32).toString('base64url'), expires_at: expiresAt, mesh_id: mesh } };
}

/** What `PROVIDER.TEAM.TYPE.name.NAME` stands for; the sandbox knows every name there may be. */
export function resolved(reference: string): Answer {
  const [provider, team, type, by, name] = reference.split('.');
  if (by !== 'name' || name === undefined) return { status: 404, json: { message: 'Not found.' } };
  const data = { id: `${type ?? ''}_1`, type, name, team_id: team, enabled: true, urls: [`https://${name}.example`] };
  return { json: { data, meta: { provider, resolved_at: new Date().toISOString() } } };
}

function positive(text: string | null): number | undefined {
  const value = Number(text ?? Number.NaN);
  return Number.isInteger(value) && value > 0 ? value : undefined;
}
