// Runs as the back end tells them.

import type { Failure, RunView, StopLimits, UndoPreview } from "../../src/lib/bindings";
import { minutesAgo } from "./backend";

/** A run that goes on, with what differs. */
export const runView = (changes: Partial<RunView> = {}): RunView => ({
  id: "sync-1",
  kind: "sync",
  platform: "webex",
  state: "running",
  started_at: minutesAgo(4),
  ended_at: null,
  done: 1834,
  total: 5000,
  counts: {},
  problem: null,
  waits: null,
  held: 0,
  limits: [],
  time_left: null,
  undoable: 0,
  undoes: null,
  ...changes,
});

/** An import that is done, with what differs. */
export const importRun = (changes: Partial<RunView> = {}): RunView =>
  runView({
    id: "import-1",
    kind: "import",
    platform: null,
    state: "done",
    started_at: minutesAgo(127),
    ended_at: minutesAgo(125),
    done: 8312,
    total: null,
    counts: { accounts: 8312, new: 12, changed: 3, gone: 1 },
    ...changes,
  });

/** The stop limits of a new data folder. */
export const LIMITS: StopLimits = {
  resets: { count: 200, percent: 20 },
  dismissals: { count: 200, percent: 20 },
  representations: { count: 2000, percent: null },
  prompts: { count: 500, percent: null },
};

/** What undoing such a run would do. */
export const undoOf = (run: RunView): UndoPreview => ({
  run: run.id,
  syncs: run.undoable,
  gone: 0,
  goes: [{ what: "Syncs to Microsoft Teams", count: run.undoable }],
  stays: [],
  held: [],
});

export const failure = (changes: Partial<Failure> = {}): Failure => ({
  platform: "teams",
  reason: {
    kind: "own_domain",
    message: "The tenant refuses guests from its own domain example.com.",
    remedy: "Give these people a licensed account there, or make it their primary platform.",
    act: null,
    link: null,
  },
  people: 214,
  since: minutesAgo(95),
  doubtful: false,
  ...changes,
});
