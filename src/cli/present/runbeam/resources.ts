/** What Runbeam Cloud keeps, as tables and one by one. */
import type { AcknowledgedChanges } from '../../../runbeam/cloud/changes.ts';
import type { MeshToken, Resolution } from '../../../runbeam/cloud/client.ts';
import type { Change, Resource } from '../../../runbeam/cloud/resources.ts';
import type { ChangeOutcome } from '../../../services/resources/changes.ts';
import type { Listed, ListedKind } from '../../../services/resources/collections.ts';
import { printable } from '../../../text.ts';
import type { AcknowledgedJson, MeshTokenJson, ResolutionJson } from '../../json/runbeam/resources.ts';
import type { Style } from '../../output/style.ts';
import { moment } from '../time.ts';

type AnyListed = Listed<ListedKind | 'changes'>;

/** Heads, and the members that stand below them. The id is what the other commands take for sure. */
const COLUMNS: Readonly<Record<AnyListed['kind'], readonly (readonly [head: string, member: string])[]>> = {
  gateways: [
    ['NAME', 'name'],
    ['CODE', 'code'],
    ['ENABLED', 'enabled'],
    ['ID', 'id'],
  ],
  services: [
    ['NAME', 'name'],
    ['GATEWAY', 'gateway_id'],
    ['DESCRIPTION', 'description'],
    ['ID', 'id'],
  ],
  endpoints: [
    ['NAME', 'name'],
    ['PATH', 'path'],
    ['METHODS', 'methods'],
    ['SERVICE', 'service_id'],
    ['ID', 'id'],
  ],
  backends: [
    ['NAME', 'name'],
    ['URL', 'url'],
    ['SERVICE', 'service_id'],
    ['ID', 'id'],
  ],
  pipelines: [
    ['NAME', 'name'],
    ['GATEWAY', 'gateway_id'],
    ['DESCRIPTION', 'description'],
    ['ID', 'id'],
  ],
  changes: [
    ['ID', 'id'],
    ['STATUS', 'status'],
    ['TYPE', 'type'],
    ['GATEWAY', 'gateway_id'],
    ['CREATED', 'created_at'],
  ],
};

/** Characters of a cell at most. */
const CELL = 40;

/**
 * @param now - milliseconds
 * @param page - the part of the list that this is, from 1
 */
export function presentListed({ kind, items }: AnyListed, style: Style, now: number, page = 1): string {
  if (items.length === 0 && page > 1) return `The list of ${kind} has no page ${page}`;
  if (items.length === 0) return kind === 'changes' ? 'No change waits' : `No ${kind} fit`;
  // A column in which nothing stands says nothing.
  const columns = COLUMNS[kind].filter(([, member]) => items.some((item) => shown(member, item[member], now) !== ''));
  const rows = items.map((item) =>
    columns.map(([, member], index) => (index === 0 ? style.bold : String)(printable(shown(member, item[member], now), CELL))),
  );
  return style.table(
    rows,
    columns.map(([head]) => head),
  );
}

export function listedJson({ kind, items, more }: AnyListed): Readonly<Record<string, unknown>> {
  return { [kind]: items, more };
}

const FIRST = ['id', 'name', 'code', 'type', 'status'];

/** Every member that has a value, a line each; those that everything has come first. `now` is milliseconds. */
export function presentResource(resource: Resource, style: Style, now: number): string {
  const known = FIRST.filter((name) => Object.hasOwn(resource, name));
  const names = [...known, ...Object.keys(resource).filter((name) => !known.includes(name))];
  return style.pairs(
    names.flatMap((name) => {
      const value = shown(name, resource[name], now);
      return value === '' ? [] : [[printable(name, CELL), printable(value, 2_000)] as const];
    }),
  );
}

/** A change, and below it its configuration as it is. `now` is milliseconds. */
export function presentChange({ toml_config: config, ...change }: Change, style: Style, now: number): string {
  const about = presentResource(change, style, now);
  return typeof config === 'string' ? `${about}\n\n${configLines(config)}` : about;
}

/** The TOML alone; an empty text if a change has none. */
export function presentConfig({ toml_config: config }: Change): string {
  return typeof config === 'string' ? configLines(config) : '';
}

function configLines(config: string): string {
  const lines = config.replace(/(?:\r?\n)+$/u, '').split(/\r?\n/u);
  return lines.map((line) => printable(line.replaceAll('\t', '    '), Infinity)).join('\n');
}

export function presentAcknowledged({ acknowledged, failed }: AcknowledgedChanges, style: Style): string {
  return [
    ...acknowledged.map((id) => style.done(`Acknowledged ${style.bold(printable(id, 80))}`)),
    ...failed.map((id) => style.failed(`${printable(id, 80)} was not taken: there is no such change, or it does not wait`)),
  ].join('\n');
}

export function acknowledgedJson({ acknowledged, failed }: AcknowledgedChanges): AcknowledgedJson {
  return { acknowledged: [...acknowledged], failed: [...failed] };
}

export function presentOutcome({ id, status }: ChangeOutcome, style: Style): string {
  return style.done(`Noted that ${style.bold(printable(id, 80))} ${status === 'applied' ? 'was applied' : 'failed'}`);
}

export function meshTokenJson({ token, expiresAt, meshId }: MeshToken): MeshTokenJson {
  return { token: token.reveal(), expires_at: expiresAt, mesh_id: meshId };
}

/** @param now - milliseconds */
export function presentResolution({ data, meta }: Resolution, style: Style, now: number): string {
  const about = style.pairs([
    ['provider', printable(meta.provider, 80)],
    ['resolved', moment(meta.resolved_at, now)],
  ]);
  return `${presentResource(data, style, now)}\n\n${about}`;
}

export function resolutionJson({ data, meta }: Resolution): ResolutionJson {
  return { resource: data, provider: meta.provider, resolved_at: meta.resolved_at };
}

/** A member in one line: times as everywhere, lists by commas, what has members of its own as JSON. */
function shown(name: string, value: unknown, now: number): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return name.endsWith('_at') ? moment(value, now) : value;
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) return value.map(String).join(', ');
  return JSON.stringify(value);
}
