// The confirmation of a new primary platform, for one person or many. Syncs in place are reset only when that was confirmed.

import { call } from "../backend";
import { commands, type PlatformSheet, type PrimaryOutcome, type PrimaryPreview, type Selection } from "../bindings";
import { dialogs } from "../texts/dialogs";
import { Confirmation, onlyPerson, type Surroundings } from "./confirmation.svelte";

export class PrimaryConfirmation extends Confirmation<PrimaryPreview, PrimaryOutcome> {
  /** The platform; null while it is still to be chosen. */
  to = $state.raw<PlatformSheet | null>(null);
  /** Whether people with syncs are reset and changed too, or left as they are. */
  withResets = $state(false);
  /** The person's name, when it is one. */
  name = $state<string | null>(null);
  /** What can be chosen while nothing is. */
  choices = $state.raw<PlatformSheet[]>([]);

  constructor(
    surroundings: Surroundings,
    private readonly selection: Selection,
    to: PlatformSheet | null,
  ) {
    super(surroundings);
    this.to = to;
  }

  /** Chooses the platform and looks what that would mean. */
  choose(platform: string): Promise<void> {
    const chosen = this.choices.find((choice) => choice.id === platform);
    if (this.busy || chosen === undefined) return Promise.resolve();
    this.to = chosen;
    this.preview = null;
    return this.load();
  }

  /** Null while no platform is chosen. */
  protected async look(): Promise<PrimaryPreview | null> {
    const person = await onlyPerson(this.selection);
    this.name = person?.name ?? null;
    this.choices = (person?.primary_choices ?? []).flatMap((platform) => this.surroundings.sheet(platform) ?? []);
    if (this.to === null) return null;
    const preview = await call(commands.previewPrimary(this.selection, this.to.id));
    // Where there is a choice, the harmless half stands first.
    this.withResets = preview.changes === preview.resets;
    return preview;
  }

  protected act(preview: PrimaryPreview): Promise<PrimaryOutcome> {
    const confirmed = this.resets ? "resets" : "nothing";
    return call(commands.setPrimary(this.selection, preview.to, confirmed));
  }

  protected allows(preview: PrimaryPreview): boolean {
    return this.changing(preview) > 0;
  }

  protected said(outcome: PrimaryOutcome): string | null {
    const unexpected = outcome.failed > 0 || (this.withResets && outcome.unconfirmed > 0);
    return unexpected ? null : dialogs.primary.done(outcome.changed, this.to?.name ?? "");
  }

  /** How many would change as things are chosen. */
  private changing(preview: PrimaryPreview): number {
    return this.withResets ? preview.changes : preview.changes - preview.resets;
  }

  get changes(): number {
    return this.preview === null ? 0 : this.changing(this.preview);
  }

  /** Whether leaving out the people with syncs is worth a choice. */
  get mayKeep(): boolean {
    return this.preview !== null && this.preview.resets > 0 && this.preview.changes > this.preview.resets;
  }

  get resets(): boolean {
    return this.preview !== null && this.preview.resets > 0 && this.withResets;
  }

  get title(): string {
    const words = dialogs.primary;
    if (this.to === null) return this.name === null ? words.titleChooseMany : words.titleChoose(this.name);
    if (this.name !== null) return words.titleOne(this.name, this.to.name);
    return words.titleMany(this.to.name);
  }

  get verb(): string {
    const words = dialogs.primary;
    if (this.name !== null || this.preview === null) return this.resets ? words.confirmResets : words.confirm;
    return this.resets ? words.confirmResetsMany(this.changes) : words.confirmMany(this.changes);
  }
}
