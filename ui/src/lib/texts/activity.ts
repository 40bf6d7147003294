// English of the Activity page.

import { count as figure, counted, duration } from "../format";

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
};

export const activityTexts = {
  title: "Activity",
  runCount: (count: number) => counted(count, "run", "runs"),
  limit: "The newest 200 runs are listed.",
  loading: "Reading what was done…",
  emptyTitle: "Nothing has been done yet",
  empty: "Imports, syncs and resets are listed here, with their progress and the result for each person.",
  emptyAction: "Go to Platforms",

  columns: { what: "Run", state: "State", result: "Result", when: "Started", duration: "Duration", actions: "Actions" },

  names: {
    import: (platform: string | null) => (platform === null ? "Import from all platforms" : `Import from ${platform}`),
    sync: (platform: string | null) => (platform === null ? "Sync" : `Sync to ${platform}`),
    reset: (_platform: string | null) => "Reset",
    undo: (platform: string | null) => (platform === null ? "Undo of a run" : `Undo of a sync to ${platform}`),
  },
  states: {
    running: "Running",
    paused: "Paused",
    done: "Done",
    failed: "Failed",
    interrupted: "Interrupted",
    cancelled: "Cancelled",
  },
  progress: (done: number, total: number | null) =>
    total === null ? `${figure(done)} so far` : `${figure(done)} of ${figure(total)}`,
  progressLabel: (run: string) => `Progress of ${run}`,
  timeLeft: (seconds: number) => `${duration(seconds)} left`,
  counts: (counts: { [word in string]: number }) =>
    Object.entries(counts)
      .filter(([word, count]) => count > 0 || word === "accounts")
      .map(([word, count]) => `${figure(count)} ${countWords[word] ?? word.replace(/_/g, " ")}`)
      .join(", "),
  noCounts: "No changes",
  cancel: "Cancel",
  cancelLabel: (run: string) => `Cancel ${run}`,
  cancelling: "Stops…",
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
