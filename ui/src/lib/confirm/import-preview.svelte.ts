// What an import of one platform would bring, read beforehand, and the import itself.

import { call } from "../backend";
import { commands, type ImportPreview, type PlatformSheet } from "../bindings";
import { importPreviewTexts as texts } from "../texts/import-preview";
import { Confirmation, type Surroundings } from "./confirmation.svelte";

export class ImportConfirmation extends Confirmation<ImportPreview, string> {
  constructor(
    surroundings: Surroundings,
    readonly platform: PlatformSheet,
  ) {
    super(surroundings);
  }

  protected look(): Promise<ImportPreview> {
    return call(commands.previewImport([this.platform.id]));
  }

  protected act(): Promise<string> {
    return call(commands.importPeople([this.platform.id]));
  }

  protected allows(): boolean {
    return true;
  }

  protected said(): string {
    return texts.begun(this.platform.name);
  }

  /** Nobody waits for the reading any more: it is given up. */
  override leave(): void {
    super.leave();
    // What was given up too late has ended by itself; either way nothing was changed.
    if (this.phase === "loading") void commands.cancelPreviewImport();
  }

  get lines(): { count: number; text: string }[] {
    const people = this.preview?.people;
    return people === undefined ? [] : texts.lines(people);
  }
}
