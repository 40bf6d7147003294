// What the whole window knows: the opened data, the platforms and how they are, where the window is, what is read aloud.

import { createContext } from "svelte";
import { call, problemOf } from "./backend";
import { commands, type GrantKey, type Health, type PlatformCard, type PlatformSheet, type Problem, type Progress, type Startup, type World } from "./bindings";
import { QUIET } from "./activity/run-list.svelte";
import { Changes } from "./changes";
import type { Place } from "./places";
import { Refresher } from "./refresher";
import { Running } from "./running.svelte";
import { frame } from "./texts/frame";
import { Theme } from "./theme.svelte";

type Phase = { phase: "opening" } | { phase: "ready"; world: World } | { phase: "failed"; problem: Problem; folder: string | null };

/** An import tells of changes many times a second; the keychain is not asked that often. In milliseconds. */
const KEY_PAUSE = 2000;

export class WorldState {
  readonly changes = new Changes();
  readonly running = new Running();
  readonly theme: Theme;
  #phase = $state.raw<Phase>({ phase: "opening" });
  /** Each platform with its connection and health, in the order of the sheets. Empty until first read. */
  cards = $state.raw<PlatformCard[]>([]);
  /** How the key of the employees' sign-ins stands; null until it was asked for, and while the keychain cannot be asked. */
  grantKey = $state.raw<GrantKey | null>(null);
  place = $state.raw<Place>({ page: "user-sync" });
  /** What a page says at the left of the status line, such as what is selected. */
  note = $state<string | null>(null);
  announced = $state.raw({ text: "", turn: 0 });
  /** Opening or leaving the demo goes on. */
  changingRealm = $state(false);
  realmProblem = $state.raw<Problem | null>(null);

  readonly phase = $derived(this.#phase.phase);
  readonly opened = $derived(this.#phase.phase === "ready" ? this.#phase.world : null);
  readonly failure = $derived(this.#phase.phase === "failed" ? this.#phase : null);
  readonly isDemo = $derived(this.opened?.realm === "demo");
  readonly sheets = $derived<PlatformSheet[]>(this.opened?.platforms ?? []);
  readonly #sheetsById = $derived(new Map(this.sheets.map((sheet) => [sheet.id, sheet])));
  readonly connectedCards = $derived(this.cards.filter((card) => card.connection !== null));
  /** The connected platforms, in the order in which people see platforms. */
  readonly connected = $derived(this.sheets.filter((sheet) => this.connectedCards.some((card) => card.platform === sheet.id)));
  /** The connected platforms that have signed this program out. */
  readonly signedOut = $derived(this.connected.filter((sheet) => this.healthOf(sheet.id) === "signed_out"));
  /** No platform answers, and this computer's own network is the cause. */
  readonly isOffline = $derived(this.connectedCards.some((card) => card.health.offline) && this.connectedCards.every((card) => card.health.state === "unreachable"));
  /** When people were last imported from anywhere, as an ISO time. */
  readonly importedAt = $derived(
    this.connectedCards
      .map((card) => card.connection?.imported_at ?? null)
      .reduce((newest, at) => (newest === null || (at !== null && at > newest) ? at : newest), null),
  );
  readonly isFirstStart = $derived(this.opened !== null && this.opened.first_start && this.cards.length > 0 && this.connectedCards.length === 0);

  readonly #cards = new Refresher(async () => {
    try {
      this.cards = await call(commands.platforms());
    } catch (error) {
      this.announce(problemOf(error).message);
    }
  });
  readonly #runs = new Refresher(async () => {
    try {
      this.running.settle(await call(commands.runs()));
    } catch (error) {
      this.announce(problemOf(error).message);
    }
  }, QUIET);

  #keyTimer: ReturnType<typeof setTimeout> | null = null;
  readonly #key = new Refresher(async () => {
    try {
      this.grantKey = await call(commands.grantKey());
    } catch {
      // A keychain that is locked says nothing about the key; the Security page says why it cannot be asked.
      this.grantKey = null;
    }
  });

  constructor(theme: Theme = new Theme()) {
    this.theme = theme;
  }

  /** Hears events and waits until the data folder is open or refused. Call the answer to end hearing. */
  async start(): Promise<() => void> {
    this.changes.onChanged((changed) => {
      if (changed.connections || changed.everyone) {
        void this.#cards.run();
        this.#askKeySoon();
      }
      // A platform that signs out, or in again, holds runs and frees them.
      if (changed.runs || changed.connections) void this.#runs.run();
    });
    this.changes.onProgress((progress) => this.#onProgress(progress));
    const end = await this.changes.listen();
    await this.#open(commands.startup);
    return end;
  }

  openAgain = (): Promise<void> => {
    this.#phase = { phase: "opening" };
    return this.#open(commands.openAgain);
  };

  openDemo = (): Promise<void> => this.#changeRealm(commands.openDemo);
  leaveDemo = (): Promise<void> => this.#changeRealm(commands.leaveDemo);

  sheet(platform: string): PlatformSheet | undefined {
    return this.#sheetsById.get(platform);
  }

  /** The name that people know; the id where a platform is unknown here. */
  nameOf = (platform: string): string => this.sheet(platform)?.name ?? platform;

  card(platform: string): PlatformCard | undefined {
    return this.cards.find((card) => card.platform === platform);
  }

  healthOf(platform: string): Health["state"] {
    return this.card(platform)?.health.state ?? "not_connected";
  }

  go = (place: Place): void => {
    if (place.page !== this.place.page) this.note = null;
    this.place = place;
  };

  /** Read aloud by a screen reader, without moving the focus. */
  announce = (text: string): void => {
    this.announced = { text, turn: this.announced.turn + 1 };
  };

  #askKeySoon(): void {
    this.#keyTimer ??= setTimeout(() => {
      this.#keyTimer = null;
      void this.#key.run();
    }, KEY_PAUSE);
  }

  #onProgress(progress: Progress): void {
    if (this.running.take(progress)) this.announce(frame.runEnded[progress.kind]);
    if (progress.ended) void this.#cards.run();
    else this.#runs.whenQuiet();
  }

  async #changeRealm(command: typeof commands.openDemo): Promise<void> {
    if (this.changingRealm) return;
    this.changingRealm = true;
    this.realmProblem = null;
    try {
      await this.#take(await call(command()));
      this.place = { page: "user-sync" };
    } catch (error) {
      this.realmProblem = problemOf(error);
    } finally {
      this.changingRealm = false;
    }
  }

  async #open(command: typeof commands.startup): Promise<void> {
    try {
      await this.#take(await call(command()));
    } catch (error) {
      this.#phase = { phase: "failed", problem: problemOf(error), folder: null };
    }
  }

  async #take(startup: Startup): Promise<void> {
    if (startup.state === "failed") {
      this.#phase = { phase: "failed", problem: startup.problem, folder: startup.folder };
      return;
    }
    // The connections are read first, so that the right page is the first one seen.
    await Promise.all([this.#cards.run(), this.#runs.run()]);
    this.#phase = { phase: "ready", world: startup.world };
    // Not waited for: a keychain may take its time.
    void this.#key.run();
  }
}

/** The world of the window, for every component below the frame. */
export const [useWorld, setWorld] = createContext<WorldState>();
