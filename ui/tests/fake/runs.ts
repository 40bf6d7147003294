// Runs as the back end tells them.

import type { RunView } from "../../src/lib/bindings";
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
