// What was done and is being done: the runs, newest first, with live progress.

import { SvelteMap, SvelteSet } from "svelte/reactivity";

import { call, problemOf } from "../backend";
import { commands } from "../bindings";
import type { Changed, Problem, Progress, RunView } from "../bindings";
import { Refresher } from "../refresher";

/** How far a run is, as told last. */
export type Advance = { done: number; total: number | null; secondsLeft: number | null };

export class RunList {
  phase = $state<"loading" | "failed" | "ready">("loading");
  problem = $state<Problem | null>(null);
  runs = $state.raw<RunView[]>([]);
  readonly #told = new SvelteMap<string, Progress>();
  readonly #cancelling = new SvelteSet<string>();
  readonly #failures = new SvelteMap<string, Problem>();
  readonly #refresher = new Refresher(() => this.#refresh());

  /** `ended` is told a run that ended while the page was open. */
  constructor(private readonly ended: (run: RunView) => void = () => undefined) {}

  load(): Promise<void> {
    return this.#refresher.run();
  }

  heardChanged(changed: Changed): void {
    if (changed.runs) {
      void this.load();
    }
  }

  async heardProgress(progress: Progress): Promise<void> {
    if (!progress.ended) {
      this.#told.set(progress.run, progress);
      if (this.phase === "ready" && this.runs.every((run) => run.id !== progress.run)) {
        await this.load();
      }
      return;
    }
    await this.load();
    this.#told.delete(progress.run);
    this.#cancelling.delete(progress.run);
    const run = this.runs.find((run) => run.id === progress.run);
    if (run !== undefined) {
      this.ended(run);
    }
  }

  find(run: string): RunView | null {
    return this.runs.find((known) => known.id === run) ?? null;
  }

  /** Of a running run only; what was told since it was listed counts. */
  advance(run: RunView): Advance {
    const told = this.#told.get(run.id);
    if (told === undefined || told.done < run.done) {
      return { done: run.done, total: run.total, secondsLeft: null };
    }
    return { done: told.done, total: told.total ?? run.total, secondsLeft: told.seconds_left };
  }

  isCancelling(run: string): boolean {
    return this.#cancelling.has(run);
  }

  failure(run: string): Problem | null {
    return this.#failures.get(run) ?? null;
  }

  async cancel(run: string): Promise<void> {
    if (this.#cancelling.has(run)) {
      return;
    }
    this.#cancelling.add(run);
    this.#failures.delete(run);
    try {
      await call(commands.cancelRun(run));
    } catch (error) {
      this.#cancelling.delete(run);
      this.#failures.set(run, problemOf(error));
    }
  }

  async #refresh(): Promise<void> {
    try {
      this.runs = await call(commands.runs());
      this.problem = null;
      this.phase = "ready";
    } catch (error) {
      this.problem = problemOf(error);
      if (this.phase !== "ready") {
        this.phase = "failed";
      }
    }
  }
}
