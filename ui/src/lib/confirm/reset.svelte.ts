// The confirmation of a reset, of one person or of many: what will go and what will stay.

import { call } from "../backend";
import { commands, type ResetPreview, type Selection } from "../bindings";
import { dialogs } from "../texts/dialogs";
import { Confirmation, type Surroundings } from "./confirmation.svelte";

export class ResetConfirmation extends Confirmation<ResetPreview, string> {
  /** `name` is the person's, when it is one. */
  constructor(
    surroundings: Surroundings,
    private readonly selection: Selection,
    readonly name: string | null,
  ) {
    super(surroundings);
  }

  protected look(): Promise<ResetPreview> {
    return call(commands.previewReset(this.selection));
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
