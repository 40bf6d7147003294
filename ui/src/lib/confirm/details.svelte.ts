// The drawer about one person: their row and their timeline, both live while it is open. Reads only, but for "Check answers".

import { call, problemOf } from "../backend";
import { commands, type Changed, type PersonRow, type Problem, type TimelineEntry } from "../bindings";
import { Refresher } from "../refresher";

export class PersonDetails {
  /** The person as they are now; null when the last import found them no more. */
  row = $state.raw<PersonRow | null>(null);
  /** Newest first. */
  entries = $state.raw<TimelineEntry[]>([]);
  phase = $state<"loading" | "ready" | "failed">("loading");
  problem = $state.raw<Problem | null>(null);
  loadingMore = $state(false);
  /** "Check answers" is under way. */
  checking = $state(false);
  checkProblem = $state.raw<Problem | null>(null);
  #before = $state.raw<number | null>(null);
  readonly #refresher = new Refresher(() => this.#read());

  constructor(
    readonly person: PersonRow,
    private readonly announce: (text: string) => void,
  ) {
    this.row = person;
  }

  get hasMore(): boolean {
    return this.#before !== null;
  }

  /** Reads, or reads anew; what is told meanwhile is read once more. */
  load(): Promise<void> {
    return this.#refresher.run();
  }

  /** News of the back end. */
  changed(news: Changed): void {
    if (news.everyone || news.people.includes(this.person.id)) void this.load();
  }

  async #read(): Promise<void> {
    try {
      const [rows, page] = await Promise.all([
        call(commands.peopleById([this.person.id])),
        call(commands.timeline(this.person.id, null)),
      ]);
      this.row = rows[0] ?? null;
      this.#take(page.entries, page.before);
      this.phase = "ready";
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
      if (this.phase === "loading") this.phase = "failed";
    }
  }

  /** The newest page over what is there; older entries stay when the two touch. */
  #take(newest: TimelineEntry[], before: number | null): void {
    const oldestNew = newest[newest.length - 1]?.id;
    const known = this.entries[0]?.id;
    if (oldestNew === undefined || known === undefined || before === null || oldestNew > known) {
      this.entries = newest;
      this.#before = before;
      return;
    }
    this.entries = [...newest, ...this.entries.filter((entry) => entry.id < oldestNew)];
  }

  /** Older entries. */
  async more(): Promise<void> {
    const before = this.#before;
    if (before === null || this.loadingMore) return;
    this.loadingMore = true;
    try {
      const page = await call(commands.timeline(this.person.id, before));
      const known = new Set(this.entries.map((entry) => entry.id));
      this.entries = [...this.entries, ...page.entries.filter((entry) => !known.has(entry.id))];
      this.#before = page.before;
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.loadingMore = false;
    }
  }

  /** Looks for answers where they may not be read all the time. */
  async checkAnswers(done: string): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    this.checkProblem = null;
    try {
      await call(commands.checkAnswers());
      this.announce(done);
      await this.load();
    } catch (error) {
      this.checkProblem = problemOf(error);
    } finally {
      this.checking = false;
    }
  }
}
