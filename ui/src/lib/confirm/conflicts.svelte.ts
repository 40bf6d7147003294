// The conflicts inbox: one conflict at a time, decided by the admin or left for later. A decision is read back from the store,
// never assumed.

import { call, problemOf } from "../backend";
import { commands, type ConflictAccount, type ConflictView, type Problem } from "../bindings";
import { conflicts as words } from "../texts/conflicts";

/** A line of the comparison. */
export type Compared = { field: "platform" | "name" | "email" | "state"; values: string[]; same: boolean };

const key = (account: ConflictAccount): string => `${account.platform}:${account.id}`;

export class ConflictInbox {
  phase = $state<"loading" | "ready" | "failed">("loading");
  /** What is being decided now. */
  deciding = $state<"link" | "apart" | null>(null);
  problem = $state.raw<Problem | null>(null);
  all = $state.raw<ConflictView[]>([]);
  #later = $state.raw<ReadonlySet<string>>(new Set());
  #chosen = $state.raw<ReadonlySet<string>>(new Set());

  readonly waiting: ConflictView[] = $derived(this.all.filter((conflict) => !this.#later.has(conflict.id)));
  readonly current: ConflictView | null = $derived(this.waiting[0] ?? null);
  /** Left for later, in this sitting. */
  readonly leftForLater: number = $derived(this.all.length - this.waiting.length);
  readonly position: number = $derived(this.leftForLater + 1);
  readonly chosen: ConflictAccount[] = $derived((this.current?.accounts ?? []).filter((account) => this.#chosen.has(key(account))));
  readonly canLink: boolean = $derived(this.deciding === null && this.chosen.length >= 2);
  /** Two accounts of one platform are in it, so that only one of them can be chosen. */
  readonly doubled: boolean = $derived.by(() => {
    const platforms = (this.current?.accounts ?? []).map((account) => account.platform);
    return new Set(platforms).size < platforms.length;
  });
  readonly compared: Compared[] = $derived(this.current === null ? [] : this.compare(this.current.accounts));

  constructor(
    private readonly nameOf: (platform: string) => string,
    private readonly announce: (text: string) => void,
  ) {}

  async load(): Promise<void> {
    try {
      this.take(await call(commands.conflicts()));
      this.phase = "ready";
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
      if (this.phase === "loading") this.phase = "failed";
    }
  }

  private take(all: ConflictView[]): void {
    const before = this.current?.id;
    this.all = all;
    if (this.current?.id !== before) this.suggest();
  }

  /** One account of every platform that has but one is chosen beforehand: that is what a link would most likely mean. */
  private suggest(): void {
    const accounts = this.current?.accounts ?? [];
    const single = accounts.filter((account) => accounts.filter((other) => other.platform === account.platform).length === 1);
    this.#chosen = new Set(single.map(key));
  }

  isChosen(account: ConflictAccount): boolean {
    return this.#chosen.has(key(account));
  }

  /** Chooses or leaves out an account; of one platform at most one is chosen. */
  toggle(account: ConflictAccount): void {
    if (this.deciding !== null) return;
    if (this.isChosen(account)) {
      this.#chosen = new Set([...this.#chosen].filter((chosen) => chosen !== key(account)));
      return;
    }
    const others = this.chosen.filter((other) => other.platform !== account.platform);
    this.#chosen = new Set([...others, account].map(key));
  }

  /** The chosen accounts become one person: that of the first. */
  link(): Promise<void> {
    const [first, ...others] = this.chosen;
    if (!this.canLink || first === undefined) return Promise.resolve();
    return this.decide("link", words.linked, async () => {
      for (const other of others) {
        await call(commands.linkAccount(first.person, other.platform, other.id));
      }
    });
  }

  keepApart(): Promise<void> {
    const conflict = this.current;
    if (conflict === null || this.deciding !== null) return Promise.resolve();
    return this.decide("apart", words.kept, () => call(commands.keepApart(conflict.id)));
  }

  later(): void {
    if (this.current === null || this.deciding !== null) return;
    this.#later = new Set([...this.#later, this.current.id]);
    this.problem = null;
    this.suggest();
  }

  /** Those left for later once more. */
  again(): void {
    this.#later = new Set();
    this.suggest();
  }

  private async decide(what: "link" | "apart", done: string, act: () => Promise<unknown>): Promise<void> {
    this.deciding = what;
    this.problem = null;
    let refused: Problem | null = null;
    try {
      await act();
      this.announce(done);
    } catch (error) {
      refused = problemOf(error);
    }
    // A refused link of several may have linked some: what stands now is read in any case.
    await this.load();
    this.problem = refused ?? this.problem;
    this.deciding = null;
  }

  private compare(accounts: ConflictAccount[]): Compared[] {
    const line = (field: Compared["field"], values: string[]): Compared => ({
      field,
      values,
      same: new Set(values.map((value) => value.toLowerCase())).size === 1,
    });
    return [
      line("platform", accounts.map((account) => this.nameOf(account.platform))),
      line("name", accounts.map((account) => account.name)),
      line("email", accounts.map((account) => account.email ?? words.none)),
      line("state", accounts.map((account) => (account.active ? words.active : words.inactive))),
    ];
  }
}
