// Which teams are imported: the list of the platform, a search in it, and the choice; none chosen means everyone.

import { call, problemOf } from "../backend";
import { commands } from "../bindings";
import type { PlatformSheet, Problem, TeamView } from "../bindings";

/** So many rows are drawn at most; the search finds the others. */
const SHOWN = 200;

export class TeamChoice {
  phase = $state<"loading" | "failed" | "ready" | "saving">("loading");
  problem = $state<Problem | null>(null);
  all = $state.raw<TeamView[]>([]);
  search = $state("");
  #chosen = $state.raw<ReadonlySet<string>>(new Set());

  readonly #matching = $derived.by(() => {
    const text = this.search.trim().toLocaleLowerCase();
    return text === "" ? this.all : this.all.filter((team) => team.name.toLocaleLowerCase().includes(text));
  });
  readonly shown = $derived(this.#matching.slice(0, SHOWN));
  readonly hidden = $derived(this.#matching.length - this.shown.length);
  readonly count = $derived(this.#chosen.size);

  constructor(readonly sheet: PlatformSheet) {}

  async load(): Promise<void> {
    this.phase = "loading";
    this.problem = null;
    try {
      const teams = await call(commands.teams(this.sheet.id));
      // Those chosen come first, so that a choice in a long list can be seen without searching.
      this.all = [...teams].sort((a, b) => Number(b.chosen) - Number(a.chosen) || a.name.localeCompare(b.name, "en"));
      this.#chosen = new Set(teams.filter((team) => team.chosen).map((team) => team.id));
      this.phase = "ready";
    } catch (error) {
      this.problem = problemOf(error);
      this.phase = "failed";
    }
  }

  isChosen(team: string): boolean {
    return this.#chosen.has(team);
  }

  toggle(team: string): void {
    const chosen = new Set(this.#chosen);
    if (!chosen.delete(team)) {
      chosen.add(team);
    }
    this.#chosen = chosen;
  }

  clear(): void {
    this.#chosen = new Set();
  }

  /** True when the choice is stored. */
  async save(): Promise<boolean> {
    if (this.phase !== "ready") {
      return false;
    }
    this.phase = "saving";
    this.problem = null;
    try {
      await call(commands.chooseTeams(this.sheet.id, [...this.#chosen]));
      return true;
    } catch (error) {
      this.problem = problemOf(error);
      return false;
    } finally {
      this.phase = "ready";
    }
  }
}
