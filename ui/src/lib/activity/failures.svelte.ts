// What failed and waits for the admin: by platform and reason, with who is meant where a platform will not tell whether it happened.

import { SvelteMap } from "svelte/reactivity";

import { call, problemOf } from "../backend";
import { commands, type Act, type Changed, type Failure, type PersonRow, type Problem, type Reason } from "../bindings";
import { Refresher } from "../refresher";

/** Failed syncs to one platform with one kind of reason, which are tried again together. */
export type Group = {
  key: string;
  platform: string;
  kind: string;
  /** What happened, in the words of each: most have one. */
  reasons: { reason: Reason; people: number }[];
  people: number;
  /** The oldest of them. */
  since: string;
  /** It may have happened all the same. */
  doubtful: boolean;
  act: Act | null;
};

/** People of a doubtful group who are named here; the others stand in the table. */
export const NAMED = 25;
/** A run over thousands tells of failures many times a second; they are counted anew about once, in milliseconds. */
const PAUSE = 1000;

/** The groups, the largest first. */
export function grouped(failures: readonly Failure[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { platform, reason, people, since, doubtful } of failures) {
    const key = `${platform}/${reason.kind}`;
    const known = groups.get(key);
    if (known === undefined) {
      groups.set(key, { key, platform, kind: reason.kind, reasons: [{ reason, people }], people, since, doubtful, act: reason.act });
    } else {
      known.reasons.push({ reason, people });
      known.people += people;
      known.since = known.since < since ? known.since : since;
      known.doubtful ||= doubtful;
      known.act ??= reason.act;
    }
  }
  return [...groups.values()].sort((one, other) => other.people - one.people);
}

export class Failures {
  phase = $state<"loading" | "failed" | "ready">("loading");
  problem = $state.raw<Problem | null>(null);
  groups = $state.raw<Group[]>([]);
  readonly total = $derived(this.groups.reduce((sum, group) => sum + group.people, 0));
  /** Who is meant, of the groups in doubt. */
  readonly #named = new SvelteMap<string, PersonRow[]>();
  readonly #refresher = new Refresher(() => this.#read(), PAUSE);

  load(): Promise<void> {
    return this.#refresher.run();
  }

  heardChanged(changed: Changed): void {
    if (changed.everyone || changed.people.length > 0 || changed.runs) this.#refresher.soon();
  }

  /** The first people of a group in doubt, by name. */
  named(group: Group): PersonRow[] {
    return this.#named.get(group.key) ?? [];
  }

  async #read(): Promise<void> {
    try {
      this.groups = grouped(await call(commands.failures()));
      await this.#name(this.groups.filter((group) => group.doubtful));
      this.problem = null;
      this.phase = "ready";
    } catch (error) {
      this.problem = problemOf(error);
      if (this.phase !== "ready") this.phase = "failed";
    }
  }

  async #name(groups: Group[]): Promise<void> {
    for (const key of this.#named.keys()) {
      if (groups.every((group) => group.key !== key)) this.#named.delete(key);
    }
    for (const { key, kind, platform } of groups) {
      const filter = { search: null, status: "failed" as const, platform, primary: null, reason: kind };
      const listing = await call(commands.listPeople(filter, { by: "name", descending: false }));
      this.#named.set(key, listing.total === 0 ? [] : await call(commands.peopleWindow(listing.id, 0, NAMED)));
    }
  }
}
