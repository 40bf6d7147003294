// Filters, sorts and counts of people, done the simple way.

import type { Facets, Filter, PersonRow, Selection, Sort, Status } from "../../src/lib/bindings";
import { STATUSES } from "../../src/lib/status";

const statusOf = (person: PersonRow, status: Status) => Object.values(person.syncs).some((sync) => sync.status === status);
const reasonsOf = (person: PersonRow) => Object.values(person.syncs).flatMap((sync) => (sync.reason ?? sync.block)?.kind ?? []);

const RULES: { [part in keyof Filter]: (person: PersonRow, value: string) => boolean } = {
  search: (person, text) => `${person.name} ${person.email ?? ""}`.toLowerCase().includes(text.toLowerCase()),
  status: (person, status) => statusOf(person, status as Status),
  platform: (person, platform) => platform in person.accounts,
  primary: (person, platform) => person.primary === platform,
  reason: (person, reason) => reasonsOf(person).includes(reason),
};

export function matches(person: PersonRow, filter: Filter): boolean {
  const { platform, status, reason } = filter;
  if (platform !== null && (status !== null || reason !== null)) {
    const sync = person.syncs[platform];
    const fits = sync !== undefined && (status === null || sync.status === status) && (reason === null || (sync.reason ?? sync.block)?.kind === reason);
    return fits && matches(person, { ...filter, platform: null, status: null, reason: null });
  }
  return (Object.keys(RULES) as (keyof Filter)[]).every((part) => {
    const value = filter[part];
    return value === null || value === "" || RULES[part](person, value);
  });
}

const rank = (person: PersonRow) => Math.min(...Object.values(person.syncs).map((sync) => ["failed", "pending", "not_synced", "synced"].indexOf(sync.status)), 9);
const KEYS: { [by in Sort["by"]]: (person: PersonRow) => string } = {
  name: (person) => person.name,
  status: (person) => `${rank(person)}${person.name}`,
  primary: (person) => `${person.primary ?? "~"}${person.name}`,
};

export function listed(people: PersonRow[], filter: Filter, sort: Sort): PersonRow[] {
  const keyed = people.filter((person) => matches(person, filter)).map((person) => [KEYS[sort.by](person), person] as const);
  keyed.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  const rows = keyed.map(([, person]) => person);
  return sort.descending ? rows.reverse() : rows;
}

export function selected(people: PersonRow[], selection: Selection): PersonRow[] {
  const { matching } = selection;
  if (matching) return people.filter((person) => matches(person, matching));
  return people.filter((person) => selection.people?.includes(person.id));
}

function tally(people: PersonRow[], values: (person: PersonRow) => string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const person of people) for (const value of new Set(values(person))) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts];
}

export function facets(people: PersonRow[], filter: Filter): Facets {
  const without = (part: keyof Filter) => people.filter((person) => matches(person, { ...filter, [part]: null }));
  const byStatus = without("status");
  return {
    status: STATUSES.map((status) => ({ status, count: byStatus.filter((person) => statusOf(person, status)).length })),
    platform: tally(without("platform"), (person) => Object.keys(person.accounts)).map(([platform, count]) => ({ platform, count })),
    primary: tally(without("primary"), (person) => (person.primary ? [person.primary] : [])).map(([platform, count]) => ({ platform, count })),
    reason: tally(without("reason"), reasonsOf).map(([reason, count]) => ({ reason, count })),
  };
}
