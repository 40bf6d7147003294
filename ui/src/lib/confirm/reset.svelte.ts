// The confirmation of a reset, of one person or of many: what will go and what will stay.

import { call } from "../backend";
import { commands, type ResetPreview, type Selection } from "../bindings";
import { dialogs } from "../texts/dialogs";
import { Confirmation, onlyPerson, type Surroundings } from "./confirmation.svelte";

export class ResetConfirmation extends Confirmation<ResetPreview, string> {
  /** The person's name, when it is one. */
  name = $state<string | null>(null);

  constructor(
    surroundings: Surroundings,
    private readonly selection: Selection,
  ) {
    super(surroundings);
  }

  protected async look(): Promise<ResetPreview> {
    const [preview, person] = await Promise.all([call(commands.previewReset(this.selection)), onlyPerson(this.selection)]);
    this.name = person?.name ?? null;
    return preview;
  }

  protected act(): Promise<string> {
    return call(commands.reset(this.selection));
  }

  protected allows(preview: ResetPreview): boolean {
    return preview.people > 0;
  }

  protected said(): string {
    return this.name === null ? dialogs.reset.begunMany(this.preview?.people ?? 0) : dialogs.reset.begunOne(this.name);
  }

  get title(): string {
    if (this.name !== null) return dialogs.reset.titleOne(this.name);
    return this.preview === null ? dialogs.reset.titleLoading : dialogs.reset.titleMany(this.preview.people);
  }

  get confirmWord(): string {
    return this.name !== null || this.preview === null ? dialogs.reset.confirmOne : dialogs.reset.confirmMany(this.preview.people);
  }
}
