// What is known of each field as soon as it is entered: right, wrong, or to be told only together with others.
//
// A check may take a second, and an admin types on meanwhile: only the newest answer for a field counts. Fields that were waited for
// stay tied, so that a change of the one lets the other be asked for again.

import { call, problemOf } from "../backend";
import { commands } from "../bindings";
import type { Checked, MissingScope, Problem } from "../bindings";

export type FieldCheck =
  | { at: "checking" }
  /** Right, as far as its looks or the platform can tell. */
  | { at: "right"; proven: boolean; says: string; missing: MissingScope[] }
  /** `lacking` were not entered when it was asked for. */
  | { at: "waits"; fields: string[]; lacking: string[] }
  | { at: "wrong"; problem: Problem }
  /** It could not be asked for now; that says nothing about the field. */
  | { at: "unsure"; problem: Problem };

/** What goes wrong on the way to the platform, and not with what was entered. */
const NOT_ITS_FAULT = new Set<Problem["kind"]>(["network", "platform_down", "rate_limited", "cancelled", "keychain", "storage", "bug"]);

export class FieldChecks {
  #all = $state<{ [field in string]: FieldCheck }>({});
  readonly #turns = new Map<string, number>();
  readonly #asked = new Map<string, { text: string; ended: Promise<void> }>();
  /** Fields that are told only together. */
  readonly #ties = new Map<string, Set<string>>();
  /** Fields whose answer was about another text of a tied one. */
  readonly #stale = new Set<string>();

  constructor(
    readonly platform: string,
    /** Everything entered at this moment, without spaces around it. */
    private readonly entered: () => { [field in string]: string },
  ) {}

  of(field: string): FieldCheck | null {
    return this.#all[field] ?? null;
  }

  /** What was known of a field counts no more: something else is being typed. */
  forget(field: string): void {
    this.#turns.set(field, (this.#turns.get(field) ?? 0) + 1);
    this.#asked.delete(field);
    delete this.#all[field];
  }

  /** A field has another text: those that were told together with it are told anew once it is checked. */
  changed(field: string): void {
    this.forget(field);
    for (const other of this.#ties.get(field) ?? []) {
      const check = this.#all[other];
      if (check !== undefined) {
        this.#stale.add(other);
      }
      if (check?.at === "wrong") {
        this.forget(other);
      }
    }
  }

  /** Another cloud, another sign-in: nothing counts any more. */
  forgetAll(): void {
    for (const field of new Set([...this.#asked.keys(), ...Object.keys(this.#all)])) {
      this.forget(field);
    }
  }

  /** Asks for a field, once for the same text; an empty one is nothing to ask for. Ends when the answer is there. */
  check(field: string): Promise<void> {
    const text = this.entered()[field] ?? "";
    if (text === "") {
      this.forget(field);
      return Promise.resolve();
    }
    const asked = this.#asked.get(field);
    if (asked?.text === text) {
      return asked.ended;
    }
    return this.#ask(field, text);
  }

  /** The same, but what was refused or could not be asked is asked once more: the admin may have mended it at the platform. */
  checkAgain(field: string): Promise<void> {
    const at = this.#all[field]?.at;
    if (at === "wrong" || at === "unsure") {
      this.#asked.delete(field);
    }
    return this.check(field);
  }

  #ask(field: string, text: string): Promise<void> {
    const turn = (this.#turns.get(field) ?? 0) + 1;
    this.#turns.set(field, turn);
    this.#all[field] = { at: "checking" };
    const ended = this.#answer(field, turn);
    this.#asked.set(field, { text, ended });
    return ended;
  }

  async #answer(field: string, turn: number): Promise<void> {
    const check = await this.#result(field);
    if (this.#turns.get(field) !== turn) {
      return;
    }
    this.#all[field] = check;
    // What is wrong with this one would be told again of every other.
    if (check.at === "right" || check.at === "waits") {
      await this.#askTied(field);
    }
  }

  async #result(field: string): Promise<FieldCheck> {
    const entered = this.entered();
    try {
      return this.#read(await call(commands.checkField(this.platform, entered, field)), entered);
    } catch (error) {
      const problem = problemOf(error);
      return { at: NOT_ITS_FAULT.has(problem.kind) ? "unsure" : "wrong", problem };
    }
  }

  #read(checked: Checked, entered: { [field in string]: string }): FieldCheck {
    for (const other of checked.waits_for) {
      this.#tie(checked.field, other);
    }
    if (checked.state === "waits") {
      return { at: "waits", fields: checked.waits_for, lacking: checked.waits_for.filter((name) => (entered[name] ?? "") === "") };
    }
    return { at: "right", proven: checked.state === "proven", says: checked.says, missing: checked.missing };
  }

  #tie(one: string, other: string): void {
    for (const [from, to] of [[one, other], [other, one]] as const) {
      this.#ties.set(from, (this.#ties.get(from) ?? new Set()).add(to));
    }
  }

  /** Those that waited for this field, or were told together with it as it was, are asked for anew. */
  async #askTied(field: string): Promise<void> {
    const entered = this.entered();
    const again = [...(this.#ties.get(field) ?? [])].filter((other) => {
      const check = this.#all[other];
      const waited = check?.at === "waits" && check.lacking.includes(field) && check.fields.every((name) => (entered[name] ?? "") !== "");
      return (waited || this.#stale.delete(other)) && (entered[other] ?? "") !== "";
    });
    await Promise.all(again.map((other) => this.#ask(other, entered[other] ?? "")));
  }
}
