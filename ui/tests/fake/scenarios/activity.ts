// The Activity page in its situations.

import type { RunPerson, RunView, Status } from "../../../src/lib/bindings";
import { type FakeBackend, minutesAgo } from "../backend";
import { importRun, runView } from "../runs";
import { press, type Scenario, until } from "../scenario";

const runs = (): RunView[] => [
  runView(),
  importRun({ id: "import-2", platform: "slack", state: "running", started_at: minutesAgo(1), ended_at: null, done: 3400, counts: {} }),
  runView({ id: "sync-2", platform: "teams", state: "done", started_at: minutesAgo(95), ended_at: minutesAgo(91), done: 420, total: 420, counts: { done: 322, waiting: 61, failed: 12, blocked: 25 } }),
  importRun(),
  importRun({
    id: "import-3",
    platform: "zoom",
    state: "failed",
    started_at: minutesAgo(60 * 26),
    ended_at: minutesAgo(60 * 26 - 1),
    counts: {},
    problem: { kind: "network", message: "Zoom Team Chat did not answer.", remedy: "Check the network, then continue the import.", act: { act: "import", platform: "zoom" } },
  }),
  runView({ id: "reset-1", kind: "reset", platform: null, state: "cancelled", started_at: minutesAgo(60 * 50), ended_at: minutesAgo(60 * 49), done: 3, total: 12, counts: { undone: 3 } }),
  importRun({ id: "import-4", platform: "webex", state: "interrupted", started_at: minutesAgo(60 * 75), ended_at: null, counts: { accounts: 900 } }),
];

const outcomes: { status: Status; detail: string | null; reason: RunPerson["reason"] }[] = [
  { status: "synced", detail: null, reason: null },
  { status: "pending", detail: "prompted", reason: null },
  { status: "synced", detail: null, reason: null },
  {
    status: "failed",
    detail: null,
    reason: { kind: "own_domain", message: "The tenant refuses guests from its own domain example.com.", remedy: "Give the person a licensed account there, or make it their primary platform.", act: null },
  },
  { status: "not_synced", detail: null, reason: { kind: "needs_account", message: "Direct messages there need an account.", remedy: "Give the person an account, then import again.", act: null } },
];

/** Results of a run over so many people. */
export function giveResults(fake: FakeBackend, size: number): RunPerson[] {
  const rows = Array.from({ length: size }, (_, index): RunPerson => {
    const person = fake.people[index % fake.people.length];
    const outcome = outcomes[index % outcomes.length];
    if (!person || !outcome) throw new Error("a made-up company has people");
    return { person: `${person.id}-${index}`, name: person.name, platform: "teams", ...outcome };
  });
  fake.on("run_people", (args) => {
    const { status, from, count } = args as unknown as { status: Status | null; from: number; count: number };
    const counts: { [status in string]: number } = {};
    for (const row of rows) counts[row.status] = (counts[row.status] ?? 0) + 1;
    const matching = status === null ? rows : rows.filter((row) => row.status === status);
    return { total: matching.length, counts, rows: matching.slice(from, from + count) };
  });
  return rows;
}

export const activity: Scenario = {
  before: (fake) => {
    fake.runs = runs();
  },
  after: async (fake) => {
    await until(() => document.querySelector("tbody tr"));
    await fake.progress({ run: "sync-1", kind: "sync", platform: "webex", done: 1902, total: 5000, seconds_left: 312, ended: false });
  },
};

export const activityResults: Scenario = {
  before: (fake, world) => {
    fake.runs = runs();
    giveResults(fake, 5000);
    world.go({ page: "activity", run: "sync-2" });
  },
};

export const activityImport: Scenario = {
  before: (fake, world) => {
    fake.runs = runs();
    world.go({ page: "activity", run: "import-3" });
  },
};

export const activityUnread: Scenario = { before: (fake) => void fake.refuse("runs") };

/** The results of a run were exported. */
export const activityExported: Scenario = {
  ...activityResults,
  after: async () => {
    await press("Export CSV");
    await until(() => document.querySelector("[role=status] code"));
  },
};

/** A run goes on while its results are looked at. */
export const activityRunning: Scenario = {
  before: (fake, world) => {
    fake.runs = [runView({ platform: null, kind: "reset", counts: {} })];
    giveResults(fake, 1834);
    world.go({ page: "activity", run: "sync-1" });
  },
};
