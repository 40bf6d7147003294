// The runs that are not at their end, for the status line: how far each is, and what it waits for.

import { SvelteMap } from "svelte/reactivity";
import { isOpen, standingOf, type Standing } from "./activity/standing";
import type { Progress, RunView } from "./bindings";

export type Going = Progress & { standing: Standing; held: number };

/** What needs a word of the admin is not moved; what goes on by itself stands before it. */
const ORDER: readonly Standing[] = ["working", "approval", "sign_in", "paused"];

export class Running {
  readonly #runs = new SvelteMap<string, Going>();
  /** What works comes first, then what waits. */
  readonly all = $derived([...this.#runs.values()].sort((one, other) => ORDER.indexOf(one.standing) - ORDER.indexOf(other.standing)));

  /** The newest news of a run; true when it has just ended. */
  take(progress: Progress): boolean {
    if (progress.ended) return this.#runs.delete(progress.run);
    const known = this.#runs.get(progress.run);
    this.#runs.set(progress.run, { ...progress, standing: known?.standing ?? "working", held: known?.held ?? 0 });
    return false;
  }

  /** What the store says is open: runs that the page missed are added, runs that ended unheard go. */
  settle(runs: readonly RunView[]): void {
    const open = new Map(runs.filter(isOpen).map((run) => [run.id, run]));
    for (const id of this.#runs.keys()) {
      if (!open.has(id)) this.#runs.delete(id);
    }
    for (const [id, run] of open) {
      const { kind, platform, done, total, held } = run;
      const told = this.#runs.get(id) ?? { run: id, kind, platform, done, total, seconds_left: run.time_left, ended: false };
      this.#runs.set(id, { ...told, done: Math.max(told.done, done), standing: standingOf(run), held });
    }
  }
}
