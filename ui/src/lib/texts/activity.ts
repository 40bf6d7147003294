// English of the Activity page.

import { about, count as figure, counted } from "../format";
import { list } from "./dialogs";

/** What a count of a run is called: one and several. */
const countWords: Record<string, string> = {
  accounts: "read",
  new: "new",
  changed: "changed",
  gone: "gone",
  conflicts: "conflicts",
  done: "done",
  synced: "synced",
  waiting: "waiting",
  pending: "pending",
  prompted: "prompted",
  failed: "failed",
  blocked: "blocked",
  not_synced: "not synced",
  reset: "reset",
  undone: "undone",
  left: "left on a platform",
  cancelled: "not begun",
};

export const activityTexts = {
  title: "Activity",
  runCount: (count: number) => counted(count, "run", "runs"),
  limit: "The newest 200 runs are listed.",
  loading: "Reading what was done…",
  emptyTitle: "Nothing has been done yet",
  empty: "Imports, syncs and resets are listed here, with their progress and the result for each person.",
  emptyAction: "Go to Platforms",

  views: { label: "Views", runs: "Runs", failed: "Failed", audit: "Audit log" },

  columns: { what: "Run", state: "State", result: "Result", when: "Started", duration: "Duration", actions: "Actions" },

  names: {
    import: (platform: string | null) => (platform === null ? "Import from all platforms" : `Import from ${platform}`),
    sync: (platform: string | null) => (platform === null ? "Sync" : `Sync to ${platform}`),
    reset: (_platform: string | null) => "Reset",
    undo: (_platform: string | null) => "Undo of a run",
  },
  undoOf: (run: string) => `Undo of “${run}”`,
  states: {
    running: "Running",
    paused: "Paused",
    done: "Done",
    failed: "Failed",
    interrupted: "Interrupted",
    cancelled: "Stopped",
  },
  /** A run that is open and does not go on by itself says so in place of its state. */
  waits: { approval: "Waits for approval", sign_in: "Waits for sign-in" },
  waitsForSignIn: (platforms: string[]) =>
    platforms.length === 0
      ? "Waits until its platform can be signed in to again. Nobody fails meanwhile."
      : `Waits until you sign in to ${list(platforms)} again. Nobody fails meanwhile.`,
  signIn: (platform: string) => `Sign in to ${platform} again`,
  progress: (done: number, total: number | null) =>
    total === null ? `${figure(done)} so far` : `${figure(done)} of ${figure(total)}`,
  progressLabel: (run: string) => `Progress of ${run}`,
  timeLeft: (seconds: number) => `${about(seconds)} left`,
  atLimits: "at the platforms’ limits",
  counts: (counts: { [word in string]: number }) =>
    Object.entries(counts)
      .filter(([word, count]) => count > 0 || word === "accounts")
      .map(([word, count]) => `${figure(count)} ${countWords[word] ?? word.replace(/_/g, " ")}`)
      .join(", "),
  noCounts: "No changes",
  actions: { pause: "Pause", resume: "Resume", stop: "Stop" },
  actionLabels: {
    pause: (run: string) => `Pause ${run}`,
    resume: (run: string) => `Resume ${run}`,
    stop: (run: string) => `Stop ${run}`,
  },
  stopping: "Stops…",
  openHint: ", open results",
  started: (exact: string, when: string) => `Started ${exact} (${when})`,
  takes: (duration: string) => `For ${duration}`,
  took: (duration: string) => `Took ${duration}`,
  announced: (run: string, state: string, counts: string) => `${run}: ${state}${counts === "" ? "" : `, ${counts}`}`,

  results: {
    back: "Activity",
    backLabel: "Back to Activity",
    all: "All",
    filter: "Filter by status",
    table: "Results per person",
    columns: { person: "Person", status: "Status", reason: "What happened" },
    loading: "Reading the results…",
    export: "Export CSV",
    exported: (rows: number) => `${counted(rows, "row", "rows")} written to`,
    showInFolder: "Show in folder",
    nobodyTitle: "No result per person",
    nobodyImport: "An import reads people and changes nothing for anybody. Whom it read stands on the User Sync page.",
    nobody: "This run has no results per person yet.",
    none: (status: string) => `Nobody is ${status.toLowerCase()} in this run.`,
    toPeople: "Go to User Sync",
    openPerson: (name: string) => `Show ${name} on the User Sync page`,
    gone: "No longer listed",
    rows: (count: number) => counted(count, "person", "people"),
    row: (index: number) => `Person ${index} is being read`,
  },
};
