// A confirmation that does one thing: the answers to a platform's questions, or disconnecting it.

import { call, problemOf } from "../backend";
import { commands } from "../bindings";
import type { ConnectionView, DisconnectView, PlatformCard, PlatformSheet, Problem } from "../bindings";

/** Does it once, however often it is pressed; what goes wrong stands beside it and it can be done again. */
class OneStep {
  busy = $state(false);
  problem = $state<Problem | null>(null);

  /** True when it is done. */
  protected async once(work: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) {
      return false;
    }
    this.busy = true;
    this.problem = null;
    try {
      await work();
      return true;
    } catch (error) {
      this.problem = problemOf(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}

export class Answers extends OneStep {
  given = $state<{ [question in string]: string }>({});

  constructor(
    readonly sheet: PlatformSheet,
    connection: ConnectionView,
  ) {
    super();
    this.given = { ...connection.answers };
  }

  get complete(): boolean {
    return this.sheet.questions.every((question) => (this.given[question.key] ?? "") !== "");
  }

  save(): Promise<boolean> {
    return this.once(() => call(commands.answer(this.sheet.id, { ...this.given })));
  }
}

export class Disconnection extends OneStep {
  /** What there is to say afterwards; null before, and when there is nothing. */
  outcome = $state.raw<DisconnectView | null>(null);

  constructor(
    readonly sheet: PlatformSheet,
    readonly card: PlatformCard,
  ) {
    super();
  }

  confirm(): Promise<boolean> {
    return this.once(async () => {
      const view = await call(commands.disconnect(this.sheet.id));
      this.outcome = view.gone.length + view.left.length + view.grants > 0 ? view : null;
    });
  }
}
