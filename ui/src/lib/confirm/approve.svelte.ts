// The approval of what stop limits hold of a run: how many, of what, and beyond which limit.

import { call } from "../backend";
import { commands, type RunView } from "../bindings";
import { held } from "../texts/held";
import { Confirmation, type Surroundings } from "./confirmation.svelte";

export class ApproveConfirmation extends Confirmation<RunView, number> {
  constructor(
    surroundings: Surroundings,
    private readonly run: RunView,
    readonly name: string,
  ) {
    super(surroundings);
  }

  /** The run as it stands now; a run that is no longer listed holds nothing. */
  protected async look(): Promise<RunView> {
    const runs = await call(commands.runs());
    return runs.find((run) => run.id === this.run.id) ?? { ...this.run, held: 0 };
  }

  protected act(run: RunView): Promise<number> {
    return call(commands.approveRun(run.id, run.held));
  }

  protected allows(run: RunView): boolean {
    return run.held > 0;
  }

  protected said(people: number): string {
    return held.approved(people);
  }

  get title(): string {
    return held.approveTitle((this.preview ?? this.run).held, this.name);
  }

  get verb(): string | null {
    const run = this.preview ?? this.run;
    return run.held > 0 ? held.approve(run.held) : null;
  }
}
