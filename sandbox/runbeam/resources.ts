/** Laravel's answers: pages, single resources and validation errors. */
import type { Answer } from '../server/exchange.ts';

export type Resource = Readonly<Record<string, unknown>>;

const PER_PAGE = 15;

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

function positive(text: string | null): number | undefined {
  const value = Number(text ?? Number.NaN);
  return Number.isInteger(value) && value > 0 ? value : undefined;
}
