// The Platforms page: how each platform stands, live, and the imports begun from here.

import { call, problemOf } from "../backend";
import { commands } from "../bindings";
import type { Changed, PlatformCard, Problem, Progress, RunView } from "../bindings";
import { Refresher } from "../refresher";
import { importingOf, lastImportRun } from "./standing";
import type { Importing } from "./standing";

/** An import of several platforms tells one figure; those of each platform are read this often at most, in milliseconds. */
const FIGURES_EVERY = 500;

export class PlatformsPage {
  phase = $state<"loading" | "failed" | "ready">("loading");
  #pageProblem = $state<Problem | null>(null);
  #conflictsProblem = $state<Problem | null>(null);
  /** Why the page could not be read. */
  readonly problem = $derived(this.#pageProblem ?? this.#conflictsProblem);
  cards = $state.raw<PlatformCard[]>([]);
  conflicts = $state(0);
  #runs = $state.raw<RunView[]>([]);
  /** What could not be begun or stopped, by platform; beneath "" for all. */
  #failures = $state<{ [platform in string]: Problem }>({});
  #starting = $state<{ [platform in string]: boolean }>({});
  #cancelling = $state<{ [run in string]: boolean }>({});
  #read = $state<{ [platform in string]: number }>({});
  /** Runs that were told to have ended: the back end may still list them for a moment. */
  #ended = $state<{ [run in string]: true }>({});
  #figuresRead = 0;
  readonly #refresher = new Refresher(() => this.#refresh());
  readonly #conflictReader = new Refresher(() => this.#readConflicts());

  readonly connected = $derived(this.cards.filter((card) => card.connection !== null).length);
  readonly importable = $derived(
    this.cards.filter((card) => card.connection !== null && !card.connection.signed_out && this.runOf(card) === null).length,
  );

  /** How many people the imports under way have read so far. */
  readonly read = $derived(
    this.cards
      .map((card) => this.importing(card))
      .reduce((sum, importing) => sum + (importing.at === "running" ? importing.read : 0), 0),
  );
  readonly newestImport = $derived(this.#runs.find((run) => run.kind === "import") ?? null);

  /** `ended` is told the run of an import that ended while the page was open. */
  constructor(private readonly ended: (run: RunView) => void = () => undefined) {}

  async load(): Promise<void> {
    await Promise.all([this.#refresher.run(), this.#conflictReader.run()]);
  }

  heardChanged(changed: Changed): void {
    if (changed.everyone) {
      void this.load();
    } else if (changed.connections || changed.runs) {
      void this.#refresher.run();
    }
  }

  async heardProgress(progress: Progress): Promise<void> {
    if (progress.kind !== "import") {
      return;
    }
    if (!progress.ended) {
      if (progress.platform === null) {
        // The figures of each platform stand on its card.
        if (Date.now() - this.#figuresRead >= FIGURES_EVERY) {
          this.#figuresRead = Date.now();
          void this.#refresher.run();
        }
      } else {
        this.#read[progress.platform] = progress.done;
      }
      return;
    }
    this.#ended[progress.run] = true;
    await this.load();
    delete this.#cancelling[progress.run];
    const run = this.#runs.find((run) => run.id === progress.run);
    for (const platform of Object.keys(this.#read)) {
      if (this.cards.every((card) => card.platform !== platform || this.runOf(card) === null)) {
        delete this.#read[platform];
      }
    }
    if (run !== undefined) {
      this.ended(run);
    }
  }

  /** The import that a platform is in now. */
  runOf(card: PlatformCard): string | null {
    const { run } = card.import;
    return run === null || this.#ended[run] ? null : run;
  }

  /** Whether other platforms are in the same import, so that it ends for all of them. */
  isShared(card: PlatformCard): boolean {
    const run = this.runOf(card);
    return run !== null && this.cards.some((other) => other.platform !== card.platform && this.runOf(other) === run);
  }

  importing(card: PlatformCard): Importing {
    const run = this.runOf(card);
    return importingOf(card, this.lastImport(card.platform), {
      run,
      starting: this.#starting[card.platform] ?? false,
      read: this.#read[card.platform],
      cancelling: run !== null && (this.#cancelling[run] ?? false),
    });
  }

  lastImport(platform: string): RunView | null {
    return lastImportRun(this.#runs, platform);
  }

  failure(platform: string): Problem | null {
    return this.#failures[platform] ?? null;
  }

  /** Imports these platforms; none named means all that are connected. */
  async import(platforms: string[]): Promise<void> {
    const all = platforms.length === 0;
    const named = all ? this.cards.filter((card) => card.connection !== null).map((card) => card.platform) : platforms;
    const place = all ? "" : (platforms[0] ?? "");
    if (named.some((platform) => this.#starting[platform])) {
      return;
    }
    delete this.#failures[place];
    for (const platform of named) {
      this.#starting[platform] = true;
      delete this.#read[platform];
    }
    try {
      await call(commands.importPeople(platforms));
      await this.#refresher.run();
    } catch (error) {
      this.#failures[place] = problemOf(error);
    } finally {
      for (const platform of named) {
        delete this.#starting[platform];
      }
    }
  }

  async cancelImport(card: PlatformCard): Promise<void> {
    const run = this.runOf(card);
    if (run === null || this.#cancelling[run]) {
      return;
    }
    this.#cancelling[run] = true;
    delete this.#failures[card.platform];
    try {
      await call(commands.cancelRun(run));
    } catch (error) {
      delete this.#cancelling[run];
      this.#failures[card.platform] = problemOf(error);
    }
  }

  async #refresh(): Promise<void> {
    try {
      const [cards, runs] = await Promise.all([call(commands.platforms()), call(commands.runs())]);
      this.cards = cards;
      this.#runs = runs;
      this.#pageProblem = null;
      this.phase = "ready";
    } catch (error) {
      // What was read before stays to be seen; only a page without anything is an error.
      this.#pageProblem = problemOf(error);
      if (this.phase !== "ready") {
        this.phase = "failed";
      }
    }
  }

  async #readConflicts(): Promise<void> {
    try {
      this.conflicts = (await call(commands.conflicts())).length;
      this.#conflictsProblem = null;
    } catch (error) {
      this.#conflictsProblem = problemOf(error);
    }
  }
}
