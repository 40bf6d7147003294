// How a run stands for whoever looks at it, and what can be done about it. The one place that reads state and wait together.

import type { RunView } from "../bindings";

export type Standing = "working" | "paused" | "approval" | "sign_in" | "interrupted" | "done" | "failed" | "cancelled";
export type RunAction = "pause" | "resume" | "stop" | "undo";

type Stands = Pick<RunView, "kind" | "state" | "waits">;

export function standingOf({ state, waits }: Stands): Standing {
  if (state === "paused") return "paused";
  if (state !== "running") return state;
  return waits ?? "working";
}

/** Whether it is not at its end and can still be stopped or will go on by itself. */
export const isOpen = (run: Stands): boolean => run.state === "running" || run.state === "paused";

/** The buttons of a run, in their order. An import is only stopped; what waits for a word of the admin needs no pause. */
export function actionsOf(run: Stands & Pick<RunView, "undoable">): RunAction[] {
  switch (standingOf(run)) {
    case "working":
      return run.kind === "import" ? ["stop"] : ["pause", "stop"];
    case "paused":
      return ["resume", "stop"];
    case "approval":
    case "sign_in":
      return ["stop"];
    default:
      return run.undoable > 0 && run.state !== "interrupted" ? ["undo"] : [];
  }
}
