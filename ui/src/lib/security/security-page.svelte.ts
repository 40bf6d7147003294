// The Security page: what is kept where, a new key, asking again where the key is lost, and ending everything at once.

import { call, problemOf } from "../backend";
import { commands } from "../bindings";
import type { Changed, DisconnectView, GrantKey, OffSwitchView, Problem, SecurityView } from "../bindings";
import { Refresher } from "../refresher";

/** One thing at a time may be under way. */
export type Work = "rotating" | "asking" | "disconnecting";

/** What became of one platform when all were disconnected. */
export type Ended = { platform: string; name: string; view: DisconnectView | null; problem: Problem | null };

export class SecurityPage {
  view = $state.raw<SecurityView | null>(null);
  /** Why the page could not be read. */
  problem = $state.raw<Problem | null>(null);
  work = $state<Work | null>(null);
  /** Why the last thing that was tried did not work. */
  failure = $state.raw<{ work: Work; problem: Problem } | null>(null);
  /** What the last one brought. */
  rotated = $state(false);
  asked = $state<number | null>(null);
  ended = $state.raw<Ended[]>([]);

  readonly key = $derived<GrantKey | null>(this.view?.key ?? null);
  readonly connected = $derived<OffSwitchView[]>(this.view?.platforms.filter((platform) => platform.connected) ?? []);
  readonly #reader = new Refresher(() => this.#read());

  load(): Promise<void> {
    return this.#reader.run();
  }

  heardChanged(changed: Changed): void {
    if (changed.connections || changed.everyone) void this.load();
  }

  /** True when everything is sealed under a new key. */
  rotate(): Promise<boolean> {
    this.rotated = false;
    return this.#once("rotating", async () => {
      const key = await call(commands.rotateKey());
      if (this.view !== null) this.view = { ...this.view, key };
      this.rotated = true;
    });
  }

  /** True when those whose sign-in cannot be opened any more are being asked again. */
  askAgain(): Promise<boolean> {
    return this.#once("asking", async () => {
      this.asked = await call(commands.askLostAgain());
      await this.load();
    });
  }

  /** Disconnects one platform after the other; one that fails keeps no other from it. */
  disconnectAll(): Promise<boolean> {
    this.ended = [];
    return this.#once("disconnecting", async () => {
      for (const { platform, name } of this.connected) {
        this.ended = [...this.ended, await this.#disconnect(platform, name)];
      }
      await this.load();
    });
  }

  async #disconnect(platform: string, name: string): Promise<Ended> {
    try {
      return { platform, name, view: await call(commands.disconnect(platform)), problem: null };
    } catch (error) {
      return { platform, name, view: null, problem: problemOf(error) };
    }
  }

  async #once(work: Work, act: () => Promise<void>): Promise<boolean> {
    if (this.work !== null) return false;
    this.work = work;
    this.failure = null;
    try {
      await act();
      return true;
    } catch (error) {
      this.failure = { work, problem: problemOf(error) };
      return false;
    } finally {
      this.work = null;
    }
  }

  async #read(): Promise<void> {
    try {
      this.view = await call(commands.security());
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
    }
  }
}
