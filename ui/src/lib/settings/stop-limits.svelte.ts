// The stop limits as a form: read, changed, checked, saved as a whole.

import { call, problemOf } from "../backend";
import { commands, type Guarded, type Problem, type StopLimit, type StopLimits } from "../bindings";
import { limitTexts } from "../texts/limits";

export const GUARDED: readonly Guarded[] = ["resets", "dismissals", "representations", "prompts"];

/** One limit as it is entered. A limit that is off keeps what was entered, for when it is put on again. */
export type Draft = { on: boolean; count: string; percent: string };
type Drafts = { [what in Guarded]: Draft };
export type DraftErrors = { count: string | null; percent: string | null };

/** More than any company has people; what is larger is a slip of the finger. */
const MOST = 10_000_000;

function draftOf(limit: StopLimit, otherwise: StopLimit): Draft {
  const on = limit.count !== null || limit.percent !== null;
  const { count, percent } = on ? limit : otherwise;
  return { on, count: count === null ? "" : String(count), percent: percent === null ? "" : String(percent) };
}

function draftsOf(limits: StopLimits, defaults: StopLimits): Drafts {
  return Object.fromEntries(GUARDED.map((what) => [what, draftOf(limits[what], defaults[what])])) as Drafts;
}

/** A whole number, as people write it: "2000", "2,000", "2 000"; null for nothing, NaN for anything else. */
function numberOf(text: string): number | null {
  const entered = text.trim();
  if (entered === "") return null;
  return /^(\d+|\d{1,3}([,.'’\s]\d{3})+)$/.test(entered) ? Number(entered.replace(/\D/g, "")) : NaN;
}

export function errorsOf({ on, count, percent }: Draft): DraftErrors {
  const errors: DraftErrors = { count: null, percent: null };
  if (!on) return errors;
  const [number, share] = [numberOf(count), numberOf(percent)];
  if (number === null && share === null) errors.count = limitTexts.errors.neither;
  if (number !== null && !(number <= MOST)) errors.count = limitTexts.errors.number;
  if (share !== null && !(share <= 100)) errors.percent = limitTexts.errors.percent;
  return errors;
}

function limitOf({ on, count, percent }: Draft): StopLimit {
  return on ? { count: numberOf(count), percent: numberOf(percent) } : { count: null, percent: null };
}

export class StopLimitsForm {
  phase = $state<"loading" | "failed" | "ready">("loading");
  problem = $state.raw<Problem | null>(null);
  saving = $state(false);
  /** The last thing that happened was that they were saved. */
  saved = $state(false);
  drafts = $state<Drafts | null>(null);
  #limits = $state.raw<StopLimits | null>(null);
  #defaults = $state.raw<StopLimits | null>(null);

  readonly wanted = $derived.by<StopLimits | null>(() => {
    const drafts = this.drafts;
    return drafts === null ? null : (Object.fromEntries(GUARDED.map((what) => [what, limitOf(drafts[what])])) as StopLimits);
  });
  readonly isValid = $derived.by(() => {
    const drafts = this.drafts;
    return drafts !== null && GUARDED.every((what) => Object.values(errorsOf(drafts[what])).every((error) => error === null));
  });
  readonly isChanged = $derived(!same(this.wanted, this.#limits));
  readonly isDefault = $derived(same(this.wanted, this.#defaults));

  async load(): Promise<void> {
    try {
      const { limits, defaults } = await call(commands.stopLimits());
      this.#limits = limits;
      this.#defaults = defaults;
      this.drafts = draftsOf(limits, defaults);
      this.problem = null;
      this.phase = "ready";
    } catch (error) {
      this.problem = problemOf(error);
      if (this.phase !== "ready") this.phase = "failed";
    }
  }

  change(what: Guarded, part: Partial<Draft>): void {
    if (this.drafts === null || this.saving) return;
    this.drafts[what] = { ...this.drafts[what], ...part };
    this.saved = false;
  }

  /** Puts in what a new data folder has; nothing counts before it is saved. */
  toDefaults(): void {
    if (this.#defaults === null || this.saving) return;
    this.drafts = draftsOf(this.#defaults, this.#defaults);
    this.saved = false;
  }

  /** Puts back what is in force. */
  revert(): void {
    if (this.#limits === null || this.#defaults === null || this.saving) return;
    this.drafts = draftsOf(this.#limits, this.#defaults);
    this.problem = null;
  }

  async save(): Promise<void> {
    const wanted = this.wanted;
    if (wanted === null || !this.isValid || !this.isChanged || this.saving) return;
    this.saving = true;
    this.problem = null;
    try {
      await call(commands.setStopLimits($state.snapshot(wanted)));
      this.#limits = wanted;
      this.saved = true;
    } catch (error) {
      this.problem = problemOf(error);
    } finally {
      this.saving = false;
    }
  }
}

function same(one: StopLimits | null, other: StopLimits | null): boolean {
  if (one === null || other === null) return one === other;
  return GUARDED.every((what) => one[what].count === other[what].count && one[what].percent === other[what].percent);
}
