// The results of one run, person by person. Rows are read in blocks around what is seen, never all at once.

import { SvelteMap } from "svelte/reactivity";

import { call, problemOf } from "../backend";
import { commands } from "../bindings";
import type { Changed, Problem, Progress, RunPeople, RunPerson, Status } from "../bindings";
import { Export } from "../export.svelte";
import { Refresher } from "../refresher";

export const BLOCK = 100;
/** A run over thousands tells of itself many times a second; its results are read anew about once, in milliseconds. */
const PAUSE = 1000;
/** Blocks that stay in memory; those farthest from what is seen go first. */
const KEPT = 12;

export class RunResults {
  phase = $state<"loading" | "failed" | "ready">("loading");
  problem = $state<Problem | null>(null);
  status = $state<Status | null>(null);
  total = $state(0);
  /** By status, of the whole run. */
  counts = $state.raw<{ [status in string]: number }>({});
  readonly export = new Export(() => call(commands.exportRun(this.run)));

  readonly #blocks = new SvelteMap<number, RunPerson[]>();
  readonly #wanted = new Set<number>();
  #first = 0;
  #last = 0;
  /** Which filter the rows belong to; an answer for another one comes too late. */
  #generation = 0;
  readonly #refresher = new Refresher(() => this.#readSeen(), PAUSE);

  readonly everybody = $derived(Object.values(this.counts).reduce((sum, count) => sum + count, 0));

  constructor(readonly run: string) {}

  load(): Promise<void> {
    return this.#refresher.run();
  }

  row(index: number): RunPerson | null {
    return this.#blocks.get(Math.floor(index / BLOCK))?.[index % BLOCK] ?? null;
  }

  /** These rows are seen now (the end is not); what is missing of them is read. */
  see(from: number, to: number): void {
    this.#first = Math.floor(from / BLOCK);
    this.#last = Math.floor(Math.max(from, to - 1) / BLOCK);
    for (let block = this.#first; block <= this.#last; block += 1) {
      if (block * BLOCK < this.total && !this.#blocks.has(block) && !this.#wanted.has(block)) {
        void this.#read(block);
      }
    }
  }

  async show(status: Status | null): Promise<void> {
    if (status === this.status) {
      return;
    }
    this.status = status;
    this.#generation += 1;
    this.#blocks.clear();
    this.#wanted.clear();
    this.#first = 0;
    this.#last = 0;
    this.total = status === null ? this.everybody : (this.counts[status] ?? 0);
    await this.load();
  }

  heardChanged(changed: Changed): void {
    if (changed.runs) {
      void this.load();
    } else if (changed.everyone || this.#seesAnyOf(changed.people)) {
      this.#refresher.soon();
    }
  }

  heardProgress(progress: Progress): void {
    if (progress.run !== this.run) {
      return;
    }
    if (progress.ended) {
      void this.load();
    } else {
      this.#refresher.soon();
    }
  }

  #seesAnyOf(people: string[]): boolean {
    const changed = new Set(people);
    for (let block = this.#first; block <= this.#last; block += 1) {
      if (this.#blocks.get(block)?.some((row) => changed.has(row.person))) {
        return true;
      }
    }
    return false;
  }

  /** Reads what is seen anew, and drops what is not: it would be out of date. */
  async #readSeen(): Promise<void> {
    const [first, last, generation] = [this.#first, this.#last, this.#generation];
    try {
      const answer = await this.#ask(first * BLOCK, (last - first + 1) * BLOCK);
      if (generation !== this.#generation) {
        return;
      }
      for (const block of [...this.#blocks.keys()]) {
        if (block < this.#first || block > this.#last) {
          this.#blocks.delete(block);
        }
      }
      for (let block = first; block <= last; block += 1) {
        this.#blocks.set(block, answer.rows.slice((block - first) * BLOCK, (block - first + 1) * BLOCK));
      }
      this.#take(answer);
      this.problem = null;
      this.phase = "ready";
    } catch (error) {
      if (generation === this.#generation) {
        this.problem = problemOf(error);
        this.phase = this.phase === "ready" ? "ready" : "failed";
      }
    }
  }

  async #read(block: number): Promise<void> {
    const generation = this.#generation;
    this.#wanted.add(block);
    try {
      const answer = await this.#ask(block * BLOCK, BLOCK);
      if (generation === this.#generation) {
        this.#blocks.set(block, answer.rows);
        this.#take(answer);
        this.#forgetFar();
        this.problem = null;
      }
    } catch (error) {
      if (generation === this.#generation) {
        this.problem = problemOf(error);
      }
    } finally {
      if (generation === this.#generation) {
        this.#wanted.delete(block);
      }
    }
  }

  #ask(from: number, count: number): Promise<RunPeople> {
    return call(commands.runPeople(this.run, this.status, from, count));
  }

  #take(answer: RunPeople): void {
    this.total = answer.total;
    this.counts = answer.counts;
  }

  #forgetFar(): void {
    const middle = (this.#first + this.#last) / 2;
    const far = [...this.#blocks.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const block of far.slice(0, Math.max(0, far.length - KEPT))) {
      this.#blocks.delete(block);
    }
  }
}
