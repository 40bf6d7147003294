// Test support: a source of people whose answers can be held back, and rows made up on the spot.

import { Refusal } from "../backend";
import type { Filter, Kind, Listing, PersonRow, Sort, SyncCell } from "../bindings";
import type { PeopleSource } from "./source";

export const ANY: Filter = { search: null, status: null, platform: null, primary: null, reason: null };
export const BY_NAME: Sort = { by: "name", descending: false };

export const CELL: SyncCell = { status: "not_synced", detail: null, representation: null, reason: null, action: "prompt", block: null };

export function person(id: string, over: Partial<PersonRow> = {}): PersonRow {
  return { id, name: `Person ${id}`, email: `${id}@example.com`, offered: true, primary: "alpha", primary_choices: ["alpha"], accounts: {}, syncs: { beta: CELL }, ...over };
}

export function refusal(kind: Kind): Refusal {
  return new Refusal({ kind, platform: null, message: "It did not work.", remedy: "Try again.", act: null });
}

/** People p0, p1, … whose search matches by the beginning of the id; each call can be held back until `let`. */
export class HeldSource implements PeopleSource {
  everybody: string[];
  calls: string[] = [];
  /** Names of calls that wait; the others are answered at once. */
  hold = new Set<string>();
  fails = new Map<string, Kind>();
  names = new Map<string, string>();
  #lists = new Map<number, string[]>();
  #next = 1;
  #waiting: { call: string; go: () => void }[] = [];

  constructor(size: number) {
    this.everybody = Array.from({ length: size }, (_, at) => `p${at}`);
  }

  /** Lets the oldest call of that name go on, and everything that follows from it. */
  async let(call: string): Promise<void> {
    const at = this.#waiting.findIndex((waiting) => waiting.call === call);
    if (at < 0) {
      throw new Error(`nothing waits for ${call}`);
    }
    this.#waiting.splice(at, 1)[0]?.go();
    await settled();
  }

  waiting(call: string): number {
    return this.#waiting.filter((waiting) => waiting.call === call).length;
  }

  forget(): void {
    this.#lists.clear();
  }

  async listPeople(filter: Filter): Promise<Listing> {
    const people = this.everybody.filter((id) => id.startsWith(filter.search ?? ""));
    const everyone = this.everybody.length;
    await this.#called("list", filter.search ?? "");
    const id = this.#next++;
    this.#lists.set(id, people);
    return { id, total: people.length, everyone, facets: { status: [], platform: [], primary: [], reason: [] }, conflicts: 0 };
  }

  async peopleWindow(listing: number, from: number, count: number): Promise<PersonRow[]> {
    await this.#called("window", `${listing}:${from}+${count}`);
    const people = this.#lists.get(listing);
    if (!people) {
      throw refusal("not_found");
    }
    return people.slice(from, from + count).map((id) => this.row(id));
  }

  async peopleById(people: string[]): Promise<PersonRow[]> {
    const rows = people.map((id) => this.row(id));
    await this.#called("people", people.join(","));
    return rows;
  }

  async positionOf(listing: number, id: string): Promise<number | null> {
    await this.#called("position", id);
    const at = this.#lists.get(listing)?.indexOf(id) ?? -1;
    return at < 0 ? null : at;
  }

  row(id: string): PersonRow {
    return person(id, { name: this.names.get(id) ?? `Person ${id}` });
  }

  async #called(call: string, what: string): Promise<void> {
    this.calls.push(`${call} ${what}`);
    if (this.hold.has(call)) {
      await new Promise<void>((go) => this.#waiting.push({ call, go }));
    }
    const kind = this.fails.get(call);
    if (kind) {
      throw refusal(kind);
    }
  }
}

/** Everything that was ready to go on has gone on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) {
    await Promise.resolve();
  }
}
