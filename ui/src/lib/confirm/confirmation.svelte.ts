// What every confirmation has in common: it looks first, waits for the admin, acts once, and never loses what came of it.
//
// idle → loading → ready → confirming → done; a refusal goes back to ready (or stays before it, when looking failed) with the
// problem beside the buttons. A dialog that is closed while it acts only hides: on success the result is announced, on a
// refusal the dialog stands there again. Knows no component.

import { call, problemOf } from "../backend";
import { commands, type PersonRow, type PlatformSheet, type Problem, type Selection } from "../bindings";

export type Phase = "idle" | "loading" | "ready" | "confirming" | "done";

/** What a confirmation knows of the page around it. */
export type Surroundings = {
  /** What a platform is. */
  sheet: (platform: string) => PlatformSheet | undefined;
  /** Who writes prompts and posts on a platform, if one was chosen. */
  senderOf: (platform: string) => string | null;
  /** The dialog is to go, if it is still the one that is open. */
  close: () => void;
  /** A sentence for the live region and for eyes. */
  announce: (text: string) => void;
};

export abstract class Confirmation<Preview, Outcome> {
  phase = $state<Phase>("idle");
  preview = $state.raw<Preview | null>(null);
  outcome = $state.raw<Outcome | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** Closed by the admin while it acts. */
  hidden = $state(false);
  #left = false;
  #looks = 0;
  /** Something was shown once, and stays while it is looked at anew. */
  #seen = false;

  constructor(protected readonly surroundings: Surroundings) {}

  /** What would happen; null while something is still to be chosen. Changes nothing. */
  protected abstract look(): Promise<Preview | null>;
  /** Does it. */
  protected abstract act(preview: Preview): Promise<Outcome>;
  /** Whether what was looked at can be confirmed. */
  protected abstract allows(preview: Preview): boolean;
  /** The sentence for a good end, or null when the outcome must be read in the dialog. */
  protected abstract said(outcome: Outcome): string | null;

  get canConfirm(): boolean {
    return this.phase === "ready" && this.preview !== null && this.allows(this.preview);
  }

  get busy(): boolean {
    return this.phase === "confirming";
  }

  /** Looks, or looks anew. An answer that a newer look has overtaken is dropped. */
  async load(): Promise<void> {
    if (this.phase === "confirming" || this.phase === "done") return;
    this.#looks += 1;
    const mine = this.#looks;
    if (!this.#seen) this.phase = "loading";
    this.problem = null;
    try {
      const preview = await this.look();
      if (mine !== this.#looks || this.busy) return;
      this.preview = preview;
      this.phase = "ready";
      this.#seen = true;
    } catch (error) {
      if (mine !== this.#looks || this.busy) return;
      this.problem = problemOf(error);
      if (!this.#seen) this.phase = "idle";
    }
  }

  /** Acts, once, however often it is pressed. */
  async confirm(): Promise<void> {
    const preview = this.preview;
    if (!this.canConfirm || preview === null) return;
    this.phase = "confirming";
    this.problem = null;
    try {
      const outcome = await this.act(preview);
      this.outcome = outcome;
      this.phase = "done";
      const said = this.said(outcome);
      if (said === null) {
        this.hidden = false;
        return;
      }
      this.surroundings.announce(said);
      this.surroundings.close();
    } catch (error) {
      const problem = problemOf(error);
      this.problem = problem;
      this.phase = "ready";
      this.hidden = false;
      if (this.#left) this.surroundings.announce(`${problem.message} ${problem.remedy}`);
    }
  }

  /** Escape, the cross or the plain button. */
  dismiss(): void {
    if (this.busy) this.hidden = true;
    else this.surroundings.close();
  }

  /** The page took the dialog away, for another one or another page: what is refused now is announced. */
  leave(): void {
    this.#left = true;
  }
}

/** The row of a selection that names one person; null for many, or when they are gone. */
export async function onlyPerson(selection: Selection): Promise<PersonRow | null> {
  if (selection.people?.length !== 1) return null;
  const [row] = await call(commands.peopleById(selection.people));
  return row ?? null;
}
