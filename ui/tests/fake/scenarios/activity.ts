// The Activity page in its situations.

import type { PersonRow, RunPerson, RunView, Status } from "../../../src/lib/bindings";
import { type FakeBackend, minutesAgo } from "../backend";
import { auditOf } from "../audit";
import { failure, importRun, runView } from "../runs";
import { press, type Scenario, until } from "../scenario";

const runs = (): RunView[] => [
  runView(),
  importRun({ id: "import-2", platform: "slack", state: "running", started_at: minutesAgo(1), ended_at: null, done: 3400, counts: {} }),
  runView({ id: "sync-2", platform: "teams", state: "done", started_at: minutesAgo(95), ended_at: minutesAgo(91), done: 420, total: 420, counts: { done: 322, waiting: 61, failed: 12, blocked: 25 }, undoable: 383 }),
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

/** What a stop limit holds of a run. */
export const heldRun = (): RunView =>
  runView({
    id: "sync-4",
    platform: "webex",
    done: 2000,
    total: 3300,
    waits: "approval",
    held: 1300,
    limits: [{ what: "representations", allowed: 2000, wanted: 3300, held: 1300 }],
  });

/** Every way in which a run can wait. */
export const activityWaiting: Scenario = {
  before: (fake) => {
    fake.runs = [
      runView({ id: "sync-9", platform: "teams", time_left: 1140, done: 812, total: 2400 }),
      runView({ id: "sync-8", platform: "zoom", done: 12, total: 640, waits: "sign_in" }),
      heldRun(),
      runView({ id: "sync-3", platform: "slack", state: "paused", waits: "paused", done: 40, total: 900 }),
      runView({ id: "undo-1", kind: "undo", platform: "teams", state: "done", undoes: "sync-2", started_at: minutesAgo(40), ended_at: minutesAgo(38), done: 61, total: 61, counts: { undone: 58, left: 3 } }),
      ...runs().slice(2),
    ];
    fake.cards = fake.cards.map((card) => (card.platform === "zoom" ? { ...card, health: { ...card.health, state: "signed_out" } } : card));
  },
};

const doubt = (person: string) => ({
  kind: "perhaps_done",
  message: "Webex did not say whether the bot was made.",
  remedy: "Look whether it is there, then say so.",
  act: null,
  link: `https://admin.webex.com/manage-users/users?search=${encodeURIComponent(person)}`,
});

/** Failures of several sorts, one of them in doubt. */
export function giveFailures(fake: FakeBackend): PersonRow[] {
  const meant = fake.people.filter((person) => "webex" in person.syncs).slice(0, 3);
  for (const person of meant) {
    const cell = person.syncs["webex"];
    if (cell) Object.assign(cell, { status: "failed", detail: null, representation: "bot", reason: doubt(person.name), action: "create_bot", block: null });
  }
  fake.failures = [
    failure(),
    failure({
      platform: "zoom",
      people: 61,
      since: minutesAgo(60 * 26),
      reason: { kind: "missing_scope", message: "Zoom Team Chat no longer grants the permission to send messages.", remedy: "Connect it again and leave every permission on.", act: { act: "connect", platform: "zoom" }, link: null },
    }),
    failure({ platform: "slack", people: 12, since: minutesAgo(60 * 50), reason: { kind: "gave_up", message: "Slack failed at this ten times in a row.", remedy: "Try again when Slack is well.", act: null, link: null } }),
    failure({ platform: "webex", people: meant.length, since: minutesAgo(33), doubtful: true, reason: { ...doubt(""), link: null } }),
  ];
  return meant;
}

export const activityFailed: Scenario = {
  before: (fake, world) => {
    fake.runs = runs();
    giveFailures(fake);
    world.go({ page: "activity", view: "failed" });
  },
};

export const activityNothingFailed: Scenario = {
  before: (_, world) => world.go({ page: "activity", view: "failed" }),
};

export const activityAudit: Scenario = {
  before: (fake, world) => {
    fake.audit = auditOf(1240);
    world.go({ page: "activity", view: "audit" });
  },
};

export const auditVerified: Scenario = {
  ...activityAudit,
  after: async () => {
    await press("Verify…");
    await press("Verify");
  },
};

export const auditBroken: Scenario = {
  before: (fake, world) => {
    void activityAudit.before?.(fake, world);
    fake.on("verify_audit", () => ({ entries: 1240, head: auditOf(1240)[0]?.hash ?? "", broken: { id: 812, why: "It was changed after it was written." } }));
  },
  after: auditVerified.after,
};

export const approving: Scenario = { ...activityWaiting, after: () => press("Approve 1,300 more of Sync to Webex") };

export const undoing: Scenario = {
  before: async (fake, world) => {
    await activity.before?.(fake, world);
    fake.on("preview_undo", () => ({
      run: "sync-2",
      syncs: 383,
      gone: 12,
      goes: [
        { what: "Syncs to Microsoft Teams", count: 383 },
        { what: "Guests on Microsoft Teams", count: 210 },
        { what: "Open prompts in Slack", count: 61 },
      ],
      stays: [{ left: { what: "Authorisations of Microsoft Teams accounts", why: "Microsoft has no way to end one person's tokens. User Sync destroys its own.", link: "https://entra.microsoft.com" }, count: 112 }],
      held: [{ what: "dismissals", allowed: 200, wanted: 210, held: 10 }],
    }));
  },
  after: () => press("Undo Sync to Microsoft Teams…"),
};

export const retrying: Scenario = { ...activityFailed, after: () => press("Try 214 again: Microsoft Teams: Address in own domain") };

export const sendingAnew: Scenario = {
  ...activityFailed,
  after: async (fake) => {
    const first = fake.people.find((person) => person.syncs["webex"]?.reason?.kind === "perhaps_done");
    await press(`It did not happen: send again for ${first?.name} on Webex`);
  },
};
