// The way from "Connect" to a connected platform: what is asked for, what has to be entered, the sign-in, its outcome.
// What was entered stays until the dialog closes, whatever goes wrong; secrets are never kept beyond it.

import { call, problemOf } from "../backend";
import { commands } from "../bindings";
import type { ConnectionView, FieldSheet, PlatformSheet, Problem, SignIn } from "../bindings";

export type ConnectPhase = "asks" | "fields" | "signing_in" | "cancelling" | "connected";

/** What was entered for a platform and is no secret, so that signing in again needs no second search for it. */
export type Remembered = { [field in string]: string };

export class ConnectFlow {
  phase = $state<ConnectPhase>("asks");
  values = $state<{ [field in string]: string }>({});
  /** Required fields that were empty when the admin went on. */
  missing = $state<string[]>([]);
  problem = $state<Problem | null>(null);
  cancelled = $state(false);
  address = $state<string | null>(null);
  code = $state<{ code: string; url: string; expires: string } | null>(null);
  skipped = $state<{ slot: string; message: string }[]>([]);
  connection = $state<ConnectionView | null>(null);

  readonly required: FieldSheet[];
  readonly optional: FieldSheet[];
  readonly working = $derived(this.phase === "signing_in" || this.phase === "cancelling");

  #closed = false;

  constructor(
    readonly sheet: PlatformSheet,
    readonly again: boolean,
    remembered: Remembered = {},
    /** The made-up company knows its own credentials: nothing has to be entered. */
    readonly demo = false,
  ) {
    this.required = sheet.fields.filter((field) => field.required);
    this.optional = sheet.fields.filter((field) => !field.required);
    this.values = Object.fromEntries(
      sheet.fields.map((field) => [field.name, field.secret ? "" : (remembered[field.name] ?? "")]),
    );
    if (sheet.scopes.length === 0) {
      this.phase = "fields";
    }
  }

  showFields(): void {
    this.phase = "fields";
  }

  showAsks(): void {
    if (!this.working) {
      this.phase = "asks";
    }
  }

  enter(field: string, value: string): void {
    this.values[field] = value;
    if (value.trim() !== "") {
      this.missing = this.missing.filter((name) => name !== field);
    }
  }

  /** Signs in. Nothing happens while required fields are empty, or while a sign-in is under way. */
  async submit(): Promise<void> {
    if (this.phase !== "fields") {
      return;
    }
    const empty = this.required.filter((field) => (this.values[field.name] ?? "").trim() === "");
    this.missing = this.demo ? [] : empty.map((field) => field.name);
    if (this.missing.length > 0) {
      return;
    }
    this.phase = "signing_in";
    this.problem = null;
    this.cancelled = false;
    this.address = null;
    this.code = null;
    this.skipped = [];
    try {
      await call(commands.connect(this.sheet.id, this.#entered(), {}));
      if (!this.#closed) {
        await this.#connected();
      }
    } catch (error) {
      const problem = problemOf(error);
      this.cancelled = problem.kind === "cancelled";
      this.problem = this.cancelled ? null : problem;
      this.phase = "fields";
    }
  }

  /** Stops the sign-in; its own end says how it went, for it may have been quicker. */
  async cancel(): Promise<void> {
    if (this.phase !== "signing_in") {
      return;
    }
    this.phase = "cancelling";
    try {
      await call(commands.cancelConnect(this.sheet.id));
    } catch (error) {
      // The phase may have moved on while the command was under way.
      if ((this.phase as ConnectPhase) === "cancelling") {
        this.phase = "signing_in";
        this.problem = problemOf(error);
      }
    }
  }

  heard(event: SignIn): void {
    if (event.platform !== this.sheet.id || !this.working) {
      return;
    }
    const { step } = event;
    if (step.step === "open_browser") {
      this.address = step.url;
    } else if (step.step === "show_code") {
      this.code = { code: step.code, url: step.url, expires: step.expires };
    } else {
      this.skipped = [...this.skipped.filter((known) => known.slot !== step.slot), { slot: step.slot, message: step.message }];
    }
  }

  /** The dialog closes: a sign-in under way is stopped, and secrets are forgotten. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const field of this.sheet.fields) {
      if (field.secret) {
        this.values[field.name] = "";
      }
    }
    await this.cancel();
  }

  /** What may be kept for the next sign-in. */
  remembered(): Remembered {
    return Object.fromEntries(
      this.sheet.fields.filter((field) => !field.secret).map((field) => [field.name, (this.values[field.name] ?? "").trim()]),
    );
  }

  #entered(): { [field in string]: string } {
    const entered = Object.entries(this.values).map(([name, value]) => [name, value.trim()] as const);
    return Object.fromEntries(entered.filter(([, value]) => value !== ""));
  }

  async #connected(): Promise<void> {
    try {
      const cards = await call(commands.platforms());
      this.connection = cards.find((card) => card.platform === this.sheet.id)?.connection ?? null;
    } catch (error) {
      // Connected all the same; only tenant and sender cannot be named now.
      this.problem = problemOf(error);
    }
    for (const field of this.sheet.fields) {
      if (field.secret) {
        this.values[field.name] = "";
      }
    }
    this.phase = "connected";
  }
}
