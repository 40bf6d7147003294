// Two small confirmations about one sync that goes on: prompting the person again, and cancelling it.

import { call } from "../backend";
import { commands, type PersonRow, type PlatformSheet, type Undone } from "../bindings";
import { dialogs } from "../texts/dialogs";
import { Confirmation, type Surroundings } from "./confirmation.svelte";

export class PromptAgain extends Confirmation<true, string> {
  constructor(
    surroundings: Surroundings,
    readonly person: PersonRow,
    readonly platform: PlatformSheet,
    readonly primary: PlatformSheet | null,
  ) {
    super(surroundings);
  }

  /** What the row says is all there is to know. */
  protected look(): Promise<true> {
    return Promise.resolve(true);
  }

  protected act(): Promise<string> {
    return call(commands.promptAgain(this.person.id, this.platform.id));
  }

  protected allows(): boolean {
    return this.primary !== null;
  }

  protected said(): string {
    return dialogs.again_prompt.done(this.person.name);
  }

  get steps(): string[] {
    if (this.primary === null) return [];
    return dialogs.again_prompt.steps(this.person.name, this.primary.name, this.surroundings.senderOf(this.primary.id));
  }
}

export class CancelSync extends Confirmation<true, Undone> {
  constructor(
    surroundings: Surroundings,
    readonly person: PersonRow,
    readonly platform: PlatformSheet,
  ) {
    super(surroundings);
  }

  /** What the row says is all there is to know. */
  protected look(): Promise<true> {
    return Promise.resolve(true);
  }

  protected act(): Promise<Undone> {
    return call(commands.cancelSync(this.person.id, this.platform.id));
  }

  protected allows(): boolean {
    return true;
  }

  /** What stays on a platform must be read. */
  protected said(outcome: Undone): string | null {
    return outcome.left.length > 0 ? null : dialogs.cancel_sync.done(this.person.name, this.platform.name);
  }

  get steps(): string[] {
    return dialogs.cancel_sync.steps(this.platform.name, this.person.syncs[this.platform.id]?.representation ?? null);
  }
}
