// The audit log: its newest pages, all or about something, and whether it is whole.

import { call, problemOf } from "../backend";
import { commands, type AuditEntry, type AuditFilter, type AuditVerdict, type Changed, type Problem } from "../bindings";
import { Refresher } from "../refresher";

/** Work over thousands adds entries many times a second; the newest are read anew about once, in milliseconds. */
const PAUSE = 1000;

export class AuditLog {
  phase = $state<"loading" | "failed" | "ready">("loading");
  problem = $state.raw<Problem | null>(null);
  /** Newest first. */
  entries = $state.raw<AuditEntry[]>([]);
  loadingMore = $state(false);
  verifying = $state(false);
  verdict = $state.raw<AuditVerdict | null>(null);
  verifyProblem = $state.raw<Problem | null>(null);
  #before = $state.raw<number | null>(null);
  #filter = $state.raw<AuditFilter>({});
  /** Which filter the entries belong to; an answer for another one comes too late. */
  #generation = 0;
  readonly #refresher = new Refresher(() => this.#read(), PAUSE);

  get hasMore(): boolean {
    return this.#before !== null;
  }

  load(): Promise<void> {
    return this.#refresher.run();
  }

  heardChanged(_changed: Changed): void {
    this.#refresher.soon();
  }

  /** Lists what is about this, and nothing else. */
  show(filter: AuditFilter): Promise<void> {
    this.#filter = filter;
    this.#generation += 1;
    this.#before = null;
    this.entries = [];
    this.phase = "loading";
    return this.load();
  }

  /** Older entries. */
  async more(): Promise<void> {
    const before = this.#before;
    const generation = this.#generation;
    if (before === null || this.loadingMore) return;
    this.loadingMore = true;
    try {
      const page = await call(commands.audit(this.#filter, before));
      if (generation !== this.#generation) return;
      const oldest = this.entries[this.entries.length - 1]?.id ?? Infinity;
      this.entries = [...this.entries, ...page.entries.filter((entry) => entry.id < oldest)];
      this.#before = page.before;
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.loadingMore = false;
    }
  }

  /** Whether every entry fits to the one before; `noted` is a hash that was noted earlier, or nothing. */
  async verify(noted: string): Promise<void> {
    if (this.verifying) return;
    this.verifying = true;
    this.verifyProblem = null;
    this.verdict = null;
    const head = noted.trim().toLowerCase();
    try {
      this.verdict = await call(commands.verifyAudit(head === "" ? null : head));
    } catch (error) {
      this.verifyProblem = problemOf(error);
    } finally {
      this.verifying = false;
    }
  }

  async #read(): Promise<void> {
    const generation = this.#generation;
    try {
      const page = await call(commands.audit(this.#filter, null));
      if (generation !== this.#generation) return;
      this.#take(page.entries, page.before);
      this.problem = null;
      this.phase = "ready";
    } catch (error) {
      this.problem = problemOf(error);
      if (this.phase !== "ready") this.phase = "failed";
    }
  }

  /** The newest page over what is there; older entries stay when the two touch. */
  #take(newest: AuditEntry[], before: number | null): void {
    const oldestNew = newest[newest.length - 1]?.id;
    const known = this.entries[0]?.id;
    if (oldestNew === undefined || known === undefined || before === null || oldestNew > known) {
      this.entries = newest;
      this.#before = before;
      return;
    }
    this.entries = [...newest, ...this.entries.filter((entry) => entry.id < oldestNew)];
  }
}
