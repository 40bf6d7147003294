// The runs that go on now, for the status line.

import { SvelteMap } from "svelte/reactivity";
import type { Progress, RunView } from "./bindings";

export class Running {
  readonly #runs = new SvelteMap<string, Progress>();
  readonly all = $derived([...this.#runs.values()]);

  /** The newest news of a run; true when it has just ended. */
  take(progress: Progress): boolean {
    if (!progress.ended) {
      this.#runs.set(progress.run, progress);
      return false;
    }
    return this.#runs.delete(progress.run);
  }

  /** What the store says is running: runs that the page missed are added, runs that ended unheard go. */
  settle(runs: readonly RunView[]): void {
    const going = new Map(runs.filter((run) => run.state === "running").map((run) => [run.id, run]));
    for (const id of this.#runs.keys()) {
      if (!going.has(id)) this.#runs.delete(id);
    }
    for (const [id, run] of going) {
      if (!this.#runs.has(id)) {
        this.#runs.set(id, { run: id, kind: run.kind, platform: run.platform, done: run.done, total: run.total, seconds_left: null, ended: false });
      }
    }
  }
}
