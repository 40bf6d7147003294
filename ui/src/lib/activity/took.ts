// How long a run took, or has been taking; nobody knows it of one that was interrupted.

import type { RunView } from "../bindings";

/** Seconds, or null. */
export function tookSeconds(run: RunView, now: number): number | null {
  if (run.ended_at === null && run.state !== "running") {
    return null;
  }
  return Math.max(0, (run.ended_at === null ? now : Date.parse(run.ended_at)) - Date.parse(run.started_at)) / 1000;
}
