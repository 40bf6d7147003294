// The confirmation of undoing a run: exactly the syncs that it made and that still stand; what goes, and what stays and why.

import { call } from "../backend";
import { commands, type RunView, type UndoPreview } from "../bindings";
import { undoTexts } from "../texts/undo";
import { Confirmation, type Surroundings } from "./confirmation.svelte";

export class UndoConfirmation extends Confirmation<UndoPreview, string> {
  constructor(
    surroundings: Surroundings,
    readonly run: RunView,
    readonly name: string,
  ) {
    super(surroundings);
  }

  protected look(): Promise<UndoPreview> {
    return call(commands.previewUndo(this.run.id));
  }

  protected act(preview: UndoPreview): Promise<string> {
    return call(commands.undoRun(this.run.id, preview.syncs));
  }

  protected allows(preview: UndoPreview): boolean {
    return preview.syncs > 0;
  }

  protected said(): string {
    return undoTexts.begun(this.preview?.syncs ?? 0);
  }

  /** Null when nothing of it is left to undo. */
  get verb(): string | null {
    if (this.preview === null) return undoTexts.confirm(this.run.undoable);
    return this.preview.syncs > 0 ? undoTexts.confirm(this.preview.syncs) : null;
  }
}
