// Linking and unlinking a person's accounts by hand. What the admin does here survives every import.

import { call, problemOf } from "../backend";
import { commands, type AccountHit, type PersonRow, type Problem } from "../bindings";
import { dialogs } from "../texts/dialogs";

/** Searches begin with so many letters. */
const SHORTEST = 2;

/** Why a found account cannot be linked as it is, or null. */
export type Hindrance = "already" | "taken" | null;

export class AccountLinks {
  /** The person as they are now; null when unlinking took them away. */
  row = $state.raw<PersonRow | null>(null);
  /** The platform whose account is about to be unlinked. */
  asking = $state<string | null>(null);
  /** What is being done now: a key of `doing`. */
  busy = $state<string | null>(null);
  problem = $state.raw<Problem | null>(null);
  text = $state("");
  hits = $state.raw<AccountHit[] | null>(null);
  searching = $state(false);
  searchProblem = $state.raw<Problem | null>(null);
  #wanted: string | null = null;

  constructor(
    readonly person: PersonRow,
    private readonly nameOf: (platform: string) => string,
    private readonly announce: (text: string) => void,
  ) {
    this.row = person;
  }

  /** The accounts, by platform. */
  readonly accounts = $derived(Object.entries(this.row?.accounts ?? {}).map(([platform, account]) => ({ platform, account })));

  hindrance(hit: AccountHit): Hindrance {
    if (hit.person === this.person.id) return "already";
    return this.row?.accounts[hit.platform]?.active ? "taken" : null;
  }

  /** Types a search: at most one question is under way, and only the newest answer is shown. */
  async search(text: string): Promise<void> {
    this.text = text;
    const wanted = text.trim();
    if (wanted.length < SHORTEST) {
      this.#wanted = null;
      this.hits = null;
      this.searchProblem = null;
      return;
    }
    this.#wanted = wanted;
    if (this.searching) return;
    this.searching = true;
    for (let asked: string | null = null; this.#wanted !== null && this.#wanted !== asked; ) {
      asked = this.#wanted;
      try {
        const hits = await call(commands.findAccounts(asked));
        if (this.#wanted === asked) [this.hits, this.searchProblem] = [hits, null];
      } catch (error) {
        if (this.#wanted === asked) this.searchProblem = problemOf(error);
      }
    }
    this.searching = false;
  }

  ask(platform: string): void {
    if (this.busy === null) this.asking = platform;
  }

  keep(): void {
    if (this.busy === null) this.asking = null;
  }

  /** Takes an account out of the person, for good. */
  async unlink(platform: string): Promise<void> {
    const account = this.row?.accounts[platform];
    if (account === undefined) return;
    await this.do(platform, dialogs.links.unlinked(this.nameOf(platform)), () => call(commands.unlinkAccount(platform, account.id)));
  }

  /** Makes a found account the person's. */
  async link(hit: AccountHit): Promise<void> {
    if (this.hindrance(hit) !== null) return;
    await this.do(`${hit.platform}:${hit.id}`, dialogs.links.linked(hit.name), () =>
      call(commands.linkAccount(this.person.id, hit.platform, hit.id)),
    );
  }

  private async do(what: string, done: string, act: () => Promise<unknown>): Promise<void> {
    if (this.busy !== null) return;
    this.busy = what;
    this.problem = null;
    try {
      await act();
      this.asking = null;
      this.announce(done);
      const rows = await call(commands.peopleById([this.person.id]));
      this.row = rows[0] ?? null;
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.busy = null;
    }
    if (this.text.trim().length >= SHORTEST) await this.search(this.text);
  }
}
