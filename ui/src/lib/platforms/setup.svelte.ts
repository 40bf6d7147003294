// Setting a platform up, step by step: what the admin needs, one part after the other, and a review at the end.
//
// Knows what was entered, what is right, what is left out, and how far the admin may go. Secrets are forgotten with the dialog.

import { SvelteSet } from "svelte/reactivity";

import { call, problemOf } from "../backend";
import { commands } from "../bindings";
import type { ConnectionView, FieldSheet, GuideView, PartView, PlatformSheet, Problem } from "../bindings";
import { Refresher } from "../refresher";
import { FieldChecks } from "./field-checks.svelte";

/** What was entered for a platform and is no secret, so that coming back needs no second search for it. */
export type Remembered = { [field in string]: string };

/** How a step stands in the list of steps. */
export type StepState = "current" | "done" | "skipped" | "wrong" | "ahead";

/** The field of a connection's cloud, as the engine calls it. */
const CLOUD = "cloud";

export class Setup {
  guide = $state.raw<GuideView | null>(null);
  /** Why the guide could not be read. */
  problem = $state.raw<Problem | null>(null);
  values = $state<{ [field in string]: string }>({});
  /** Required fields that were empty when the admin went on. */
  missing = $state<string[]>([]);
  readonly leftOut = new SvelteSet<string>();
  readonly checks: FieldChecks;
  /** 0: what is needed; then the parts; the last is the review. */
  at = $state(0);
  /** The furthest step that was seen. */
  #seen = $state(0);
  /** Fields are being checked before the next step is shown. */
  moving = $state(false);

  readonly parts = $derived<PartView[]>(this.guide?.parts ?? []);
  readonly review = $derived(this.parts.length + 1);
  readonly part = $derived<PartView | null>(this.parts[this.at - 1] ?? null);

  readonly #kept: ReadonlySet<string>;
  readonly #before: Remembered;
  readonly #reader = new Refresher(() => this.#read());

  constructor(
    readonly sheet: PlatformSheet,
    readonly connection: ConnectionView | null,
    remembered: Remembered = {},
    /** The made-up company knows its own credentials: nothing has to be entered. */
    readonly demo = false,
  ) {
    this.#kept = new Set(connection?.kept);
    this.#before = { ...connection?.fields, ...remembered };
    this.values = Object.fromEntries(sheet.fields.map((field) => [field.name, this.#beginning(field)]));
    for (const scope of connection?.left_out ?? []) {
      this.leftOut.add(scope);
    }
    this.checks = new FieldChecks(sheet.id, () => this.entered());
  }

  /** Reads the guide; begins at the review where nothing has to be entered. */
  async load(at: "begin" | "review" = "begin"): Promise<void> {
    await this.#reader.run();
    if (at === "review" && this.guide !== null) {
      this.#show(this.review);
    }
  }

  field(name: string): FieldSheet | undefined {
    return this.sheet.fields.find((field) => field.name === name);
  }

  /** The fields of a part; of a choice with nothing to choose there is nothing to show. */
  fieldsOf(part: PartView): FieldSheet[] {
    return part.fields.flatMap((name) => this.field(name) ?? []).filter((field) => field.choices.length !== 1);
  }

  /** Whether a secret lies in the keychain and nothing else was entered for it. */
  isKept(name: string): boolean {
    return this.#kept.has(name) && !this.isEntered(name);
  }

  isEntered(name: string): boolean {
    return (this.values[name] ?? "").trim() !== "";
  }

  /** Everything entered, without spaces around it. */
  entered(): { [field in string]: string } {
    const entered = Object.entries(this.values).map(([name, value]) => [name, value.trim()] as const);
    return Object.fromEntries(entered.filter(([, value]) => value !== ""));
  }

  /** What connecting is told: a plain field that was known and is empty now is emptied; a secret that is not entered stays. */
  given(): { [field in string]: string } {
    const emptied = Object.keys(this.connection?.fields ?? {}).filter((name) => this.values[name] !== undefined && !this.isEntered(name));
    return { ...Object.fromEntries(emptied.map((name) => [name, ""])), ...this.entered() };
  }

  /** What may be kept for the next time. */
  remembered(): Remembered {
    return Object.fromEntries(this.sheet.fields.filter((field) => !field.secret).map((field) => [field.name, (this.values[field.name] ?? "").trim()]));
  }

  enter(name: string, value: string): void {
    if (value.trim() === (this.values[name] ?? "").trim()) {
      this.values[name] = value;
      return;
    }
    this.values[name] = value;
    if (value.trim() !== "") {
      this.missing = this.missing.filter((field) => field !== name);
    }
    this.checks.changed(name);
  }

  /** A choice is entered and done with at once; another cloud makes everything else a question again. */
  async choose(name: string, value: string): Promise<void> {
    this.enter(name, value);
    if (name === CLOUD) {
      this.checks.forgetAll();
    }
    await this.#reader.run();
  }

  /** The admin has left a field. */
  async leave(name: string): Promise<void> {
    const field = this.field(name);
    if (field === undefined || field.choices.length > 0) {
      return;
    }
    await Promise.all([this.checks.check(name), field.secret ? Promise.resolve() : this.#reader.run()]);
  }

  leaveOut(scope: string, out: boolean): void {
    if (out) this.leftOut.add(scope);
    else this.leftOut.delete(scope);
  }

  /** Goes to a step: back at once, forward over parts that are right. Ends at the first that is not. */
  async go(to: number): Promise<void> {
    if (this.moving || this.guide === null) {
      return;
    }
    if (to <= this.at) {
      this.at = to;
      return;
    }
    this.moving = true;
    try {
      for (let step = this.at; step < to; step++) {
        if (!(await this.#isRight(step))) {
          this.#show(step);
          return;
        }
      }
      this.#show(to);
    } finally {
      this.moving = false;
    }
  }

  /** Whether everything that was entered may be used; else the first part that is not right is shown. */
  async isReady(): Promise<boolean> {
    if (this.moving) {
      return false;
    }
    this.moving = true;
    try {
      for (let step = 1; step < this.review; step++) {
        if (!(await this.#isRight(step))) {
          this.#show(step);
          return false;
        }
      }
      return true;
    } finally {
      this.moving = false;
    }
  }

  stateOf(step: number): StepState {
    const part = this.parts[step - 1];
    if (step === this.at) {
      return "current";
    }
    if (part === undefined) {
      return step < this.#seen ? "done" : "ahead";
    }
    const fields = this.fieldsOf(part);
    if (fields.some(({ name }) => this.checks.of(name)?.at === "wrong" || this.missing.includes(name))) {
      return "wrong";
    }
    if (step >= this.#seen) {
      return "ahead";
    }
    return this.isSkipped(part) ? "skipped" : "done";
  }

  /** Whether a part that may be skipped has nothing entered. */
  isSkipped(part: PartView): boolean {
    return !this.demo && part.without !== null && part.fields.length > 0 && part.fields.every((name) => !this.isEntered(name) && !this.isKept(name));
  }

  /** Whether the browser opens for signing in: no ready token was entered for a token that comes from there. */
  readonly opensBrowser = $derived.by(() => this.sheet.slots.some((slot) => slot.by_browser && !this.isEntered(slot.field) && !this.isKept(slot.field)));

  /** Secrets are gone from the window. */
  forgetSecrets(): void {
    for (const field of this.sheet.fields.filter((field) => field.secret)) {
      this.values[field.name] = "";
      this.checks.forget(field.name);
    }
  }

  #beginning(field: FieldSheet): string {
    if (field.secret) {
      return "";
    }
    return this.#before[field.name] ?? field.choices[0]?.word ?? "";
  }

  #show(step: number): void {
    this.at = step;
    this.#seen = Math.max(this.#seen, step);
  }

  /** Whether a step may be left behind. */
  async #isRight(step: number): Promise<boolean> {
    const part = this.parts[step - 1];
    if (part === undefined) {
      return true;
    }
    const fields = this.fieldsOf(part);
    const empty = this.demo ? [] : fields.filter(({ name, required }) => required && !this.isEntered(name) && !this.isKept(name)).map(({ name }) => name);
    this.missing = [...this.missing.filter((name) => !part.fields.includes(name)), ...empty];
    await Promise.all(fields.filter(({ choices }) => choices.length === 0).map(({ name }) => this.checks.checkAgain(name)));
    return empty.length === 0 && fields.every(({ name }) => this.checks.of(name)?.at !== "wrong");
  }

  async #read(): Promise<void> {
    const plain = Object.fromEntries(Object.entries(this.entered()).filter(([name]) => this.field(name)?.secret === false));
    try {
      this.guide = await call(commands.setupGuide(this.sheet.id, plain));
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
    }
  }
}
