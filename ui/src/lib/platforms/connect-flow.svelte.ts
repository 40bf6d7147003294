// The way from "Connect" to a connected platform: setting it up, the sign-in, its outcome.
// What was entered stays until the dialog closes, whatever goes wrong; secrets are never kept beyond it.

import { call, problemOf } from "../backend";
import { commands } from "../bindings";
import type { ConnectionView, PlatformSheet, Problem, SignIn } from "../bindings";
import { Setup, type Remembered } from "./setup.svelte";

export type ConnectPhase = "guide" | "signing_in" | "cancelling" | "connected";

/** How it begins: from nothing, with everything known (one press signs in), or to change what was entered. */
export type ConnectAim = "connect" | "again" | "change";

export class ConnectFlow {
  phase = $state<ConnectPhase>("guide");
  problem = $state<Problem | null>(null);
  cancelled = $state(false);
  address = $state<string | null>(null);
  code = $state<{ code: string; url: string; expires: string } | null>(null);
  skipped = $state<{ slot: string; message: string }[]>([]);
  connection = $state<ConnectionView | null>(null);

  readonly setup: Setup;
  readonly working = $derived(this.phase === "signing_in" || this.phase === "cancelling");

  #closed = false;
  #submitting = false;

  constructor(
    readonly sheet: PlatformSheet,
    readonly aim: ConnectAim,
    before: ConnectionView | null = null,
    remembered: Remembered = {},
    readonly demo = false,
  ) {
    this.setup = new Setup(sheet, before, remembered, demo);
  }

  load(): Promise<void> {
    return this.setup.load(this.aim === "again" ? "review" : "begin");
  }

  /** Signs in. Nothing happens while something entered is wrong or missing, or while a sign-in is under way. */
  async submit(): Promise<void> {
    if (this.phase !== "guide" || this.#submitting) {
      return;
    }
    this.#submitting = true;
    this.problem = null;
    this.cancelled = false;
    try {
      if (!(await this.setup.isReady()) || this.#closed) {
        return;
      }
    } finally {
      this.#submitting = false;
    }
    this.phase = "signing_in";
    this.address = null;
    this.code = null;
    this.skipped = [];
    try {
      await call(commands.connect(this.sheet.id, this.setup.given(), {}, [...this.setup.leftOut]));
      if (!this.#closed) {
        await this.#connected();
      }
    } catch (error) {
      const problem = problemOf(error);
      this.cancelled = problem.kind === "cancelled";
      this.problem = this.cancelled ? null : problem;
      this.phase = "guide";
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
    this.setup.forgetSecrets();
    await this.cancel();
  }

  async #connected(): Promise<void> {
    try {
      const cards = await call(commands.platforms());
      this.connection = cards.find((card) => card.platform === this.sheet.id)?.connection ?? null;
    } catch (error) {
      // Connected all the same; only tenant and sender cannot be named now.
      this.problem = problemOf(error);
    }
    this.setup.forgetSecrets();
    this.phase = "connected";
  }
}
