// What was done and is being done: the runs, newest first, with live progress, and what the admin does with one that goes on.

import { SvelteMap, SvelteSet } from "svelte/reactivity";

import { call, problemOf } from "../backend";
import { commands } from "../bindings";
import type { Changed, Problem, Progress, RunView } from "../bindings";
import { Refresher } from "../refresher";
import { isOpen } from "./standing";

/** A run that tells nothing for so long may have begun to wait, in milliseconds. */
export const QUIET = 1500;

/** What is done with a run without a question. */
export type Deed = "pause" | "resume" | "stop";

const DEEDS = {
  pause: commands.pauseRun,
  resume: commands.resumeRun,
  stop: commands.cancelRun,
} satisfies { [deed in Deed]: unknown };

/** How far a run is, as told last. */
export type Advance = { done: number; total: number | null; secondsLeft: number | null };

export class RunList {
  phase = $state<"loading" | "failed" | "ready">("loading");
  problem = $state<Problem | null>(null);
  runs = $state.raw<RunView[]>([]);
  readonly #told = new SvelteMap<string, Progress>();
  readonly #stopping = new SvelteSet<string>();
  readonly #busy = new SvelteSet<string>();
  readonly #failures = new SvelteMap<string, Problem>();
  readonly #refresher = new Refresher(() => this.#refresh(), QUIET);

  /** `ended` is told a run that ended while the page was open. */
  constructor(private readonly ended: (run: RunView) => void = () => undefined) {}

  load(): Promise<void> {
    return this.#refresher.run();
  }

  heardChanged(changed: Changed): void {
    // A platform that signs out, or in again, holds runs and frees them.
    if (changed.runs || changed.connections) {
      void this.load();
    }
  }

  async heardProgress(progress: Progress): Promise<void> {
    if (!progress.ended) {
      this.#told.set(progress.run, progress);
      this.#refresher.whenQuiet();
      if (this.phase === "ready" && this.runs.every((run) => run.id !== progress.run)) {
        await this.load();
      }
      return;
    }
    await this.load();
    this.#told.delete(progress.run);
    this.#stopping.delete(progress.run);
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
      return { done: run.done, total: run.total, secondsLeft: run.time_left };
    }
    return { done: told.done, total: told.total ?? run.total, secondsLeft: told.seconds_left };
  }

  /** It was stopped, and what is under way comes to its end. */
  isStopping(run: string): boolean {
    return this.#stopping.has(run);
  }

  /** Something is being done with it now. */
  isBusy(run: string): boolean {
    return this.#busy.has(run);
  }

  failure(run: string): Problem | null {
    return this.#failures.get(run) ?? null;
  }

  /** Once at a time, however often it is pressed. */
  async act(deed: Deed, run: string): Promise<void> {
    if (this.#busy.has(run) || this.#stopping.has(run)) {
      return;
    }
    this.#busy.add(run);
    this.#failures.delete(run);
    if (deed === "stop") {
      this.#stopping.add(run);
    }
    try {
      await call(DEEDS[deed](run));
      await this.load();
      const now = this.find(run);
      if (now === null || !isOpen(now)) {
        this.#stopping.delete(run);
      }
    } catch (error) {
      this.#stopping.delete(run);
      this.#failures.set(run, problemOf(error));
    } finally {
      this.#busy.delete(run);
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
