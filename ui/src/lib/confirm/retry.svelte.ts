// Two confirmations about what failed: trying it again, and sending anew what the platform will not tell about.

import { call } from "../backend";
import { commands, type Failed, type PersonRow, type PlatformSheet } from "../bindings";
import { failureTexts } from "../texts/failures";
import { Confirmation, type Surroundings } from "./confirmation.svelte";

/** What is tried again: everything, or one group. */
export type Again = { platform: string | null; kind: string | null; people: number; doubtful: boolean };

export class RetryConfirmation extends Confirmation<true, string[]> {
  constructor(
    surroundings: Surroundings,
    readonly again: Again,
  ) {
    super(surroundings);
  }

  /** The list behind the dialog says all there is to know. */
  protected look(): Promise<true> {
    return Promise.resolve(true);
  }

  protected act(): Promise<string[]> {
    const { platform, kind, people } = this.again;
    const which: Failed = { platform, kind, run: null };
    return call(commands.retryFailed(which, people));
  }

  protected allows(): boolean {
    return this.again.people > 0;
  }

  protected said(runs: string[]): string {
    return runs.length === 0 ? failureTexts.nothingBegun : failureTexts.begun(this.again.people);
  }
}

export class SendAnew extends Confirmation<true, null> {
  constructor(
    surroundings: Surroundings,
    readonly person: PersonRow,
    readonly platform: PlatformSheet,
  ) {
    super(surroundings);
  }

  /** Only the admin knows: they have looked. */
  protected look(): Promise<true> {
    return Promise.resolve(true);
  }

  protected act(): Promise<null> {
    return call(commands.sendAnew(this.person.id, this.platform.id));
  }

  protected allows(): boolean {
    return true;
  }

  protected said(): string {
    return failureTexts.anew.done(this.person.name, this.platform.name);
  }

  get representation(): "own_account" | "bot" | "guest" | null {
    return this.person.syncs[this.platform.id]?.representation ?? null;
  }
}
