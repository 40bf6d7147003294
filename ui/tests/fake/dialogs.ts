// People and answers for the dialogs of the User Sync page: one invented person, with or without an account there.

import type { AccountView, ConflictView, PersonRow, PlatformSheet, SyncCell, SyncPreview, TimelineEntry } from "../../src/lib/bindings";
import { FakeBackend, minutesAgo } from "./backend";
import { sheets } from "./sheets";

export const sheetOf = (platform: string): PlatformSheet => {
  const found = sheets.find((sheet) => sheet.id === platform);
  if (!found) throw new Error(`no sheet ${platform}`);
  return found;
};

const account = (platform: string): AccountView => ({ id: `${platform}-ana`, email: "ana.ruiz@partner.example", active: true, kind: "member" });

export const cell = (part: Partial<SyncCell> = {}): SyncCell => ({
  status: "not_synced",
  detail: null,
  representation: null,
  reason: null,
  action: "prompt",
  block: null,
  ...part,
});

/** Ana Ruiz, whose primary platform is the first one named; her syncs are those to all the others. */
export function ana(platforms: string[], syncs: { [platform: string]: Partial<SyncCell> } = {}): PersonRow {
  const primary = platforms[0] ?? null;
  const others = sheets.filter((sheet) => sheet.id !== primary);
  return {
    id: "person-ana",
    name: "Ana Ruiz",
    email: "ana.ruiz@partner.example",
    offered: true,
    primary,
    primary_choices: platforms,
    accounts: Object.fromEntries(platforms.map((platform) => [platform, account(platform)])),
    syncs: Object.fromEntries(others.map((sheet) => [sheet.id, cell(syncs[sheet.id])])),
  };
}

/** The eight confirmations: four platforms, with an account there and without. */
export const EIGHT = sheets.flatMap((sheet) => [
  { platform: sheet.id, hasAccount: true },
  { platform: sheet.id, hasAccount: false },
]);

/** The platform that the person of such a confirmation uses daily. */
export const primaryBeside = (platform: string): string => (platform === "slack" ? "teams" : "slack");

/** What the back end answers to a preview of one person. */
export function previewOfOne(person: PersonRow, platform: string): SyncPreview {
  const sheet = sheetOf(platform);
  const primary = person.primary === null ? null : sheetOf(person.primary);
  const hasAccount = platform in person.accounts;
  const asked = hasAccount && !sheet.stand_in_always;
  const blocked = !asked && sheet.stand_in === null;
  const action = asked ? ("prompt" as const) : sheet.stand_in === "guest" ? ("invite_guest" as const) : ("create_bot" as const);
  const byHand = asked && primary !== null && !primary.poll_answers;
  const reason = {
    kind: "needs_account",
    message: `${sheet.name} needs an account: direct messages there are possible only with the person's own account.`,
    remedy: `Give ${person.name} an account on ${sheet.name}, then import again.`,
    act: { act: "import" as const, platform },
  };
  return {
    to: platform,
    total: 1,
    prompts: asked ? 1 : 0,
    bots: !blocked && action === "create_bot" ? 1 : 0,
    guests: !blocked && action === "invite_guest" ? 1 : 0,
    already: 0,
    blocked: blocked ? 1 : 0,
    reasons: blocked ? [{ reason, count: 1 }] : [],
    people: [
      {
        person: person.id,
        name: person.name,
        primary: person.primary,
        has_account: hasAccount,
        action: blocked ? null : action,
        steps: asked ? [`prompt in ${person.primary}`, "device grant", ...(byHand ? ["check answers by hand"] : []), "confirm"] : [],
        reason: blocked ? reason : null,
      },
    ],
    answers_by_hand: byHand && primary ? [primary.id] : [],
    answers: {},
    held: [],
  };
}

/** A back end that knows one person and what a sync of theirs would do. */
export function backendOf(person: PersonRow): FakeBackend {
  const fake = new FakeBackend({ people: 12 });
  fake.people.unshift(person);
  return fake.on("preview_sync", (args) => previewOfOne(person, String(args["to"])));
}

/** The plan of many, with a bit of everything. */
export const MANY: SyncPreview = {
  to: "webex",
  total: 4312,
  prompts: 2904,
  bots: 1012,
  guests: 0,
  already: 331,
  blocked: 65,
  reasons: [
    {
      reason: { kind: "choose_primary", message: "It is not known which platform they use daily.", remedy: "Choose their primary platform.", act: { act: "choose_primary", person: "person-1" } },
      count: 52,
    },
    {
      reason: {
        kind: "signed_out",
        message: "Zoom Team Chat no longer accepts the sign-in of its connection.",
        remedy: "Sign in again.",
        act: { act: "connect", platform: "zoom" },
      },
      count: 13,
    },
  ],
  people: Array.from({ length: 100 }, (_, at) => ({
    person: `person-${at}`,
    name: ["Ana Ampelwerk", "Bo Farnhollow", "Cleo Coralton", "Dario Dunmorrow"][at % 4] ?? "",
    primary: at % 4 === 3 ? null : "slack",
    has_account: at % 2 === 0,
    action: at % 4 === 3 ? null : at % 2 === 0 ? ("prompt" as const) : ("create_bot" as const),
    steps: [],
    reason: at % 4 === 3 ? { kind: "choose_primary", message: "It is not known which platform they use daily.", remedy: "Choose it.", act: null } : null,
  })),
  answers_by_hand: ["teams"],
  answers: {},
  held: [],
};

export const CONFLICTS: ConflictView[] = [
  {
    id: "conflict-1",
    addresses: ["sam.okoro@example.com"],
    accounts: [
      { person: "p-1", platform: "slack", id: "U1", name: "Sam Okoro", email: "sam.okoro@example.com", active: true },
      { person: "p-2", platform: "webex", id: "W1", name: "Samuel Okoro", email: "sam.okoro@example.com", active: false },
    ],
  },
  {
    id: "conflict-2",
    addresses: ["front.desk@example.com"],
    accounts: [
      { person: "p-3", platform: "slack", id: "U2", name: "Mina Falk", email: "front.desk@example.com", active: true },
      { person: "p-4", platform: "slack", id: "U3", name: "Jonas Brandt", email: "front.desk@example.com", active: true },
      { person: "p-5", platform: "teams", id: "T1", name: "Mina Falk", email: "mina.falk@example.com", active: true },
    ],
  },
];

export const RESET_ONE = {
  people: 1,
  goes: [
    { what: "The authorisation of the Zoom Team Chat account zoom-ana", count: 1 },
    { what: "The open prompt in Slack", count: 1 },
    { what: "The sync to Zoom Team Chat", count: 1 },
    { what: "The sync to Webex", count: 1 },
  ],
  stays: [
    {
      left: { what: "Ana Ruiz on Webex", why: "Webex has no way to remove it. User Sync uses it no more.", link: null },
      count: 1,
    },
    {
      left: { what: "The person's authorisation of User Sync at Webex", why: "User Sync destroyed its own tokens, but the entry stays.", link: "https://admin.webex.com" },
      count: 1,
    },
  ],
  held: [],
};

const entry = (id: number, minutes: number, part: Partial<TimelineEntry>): TimelineEntry => ({
  id,
  at: minutesAgo(minutes),
  kind: "sync",
  platform: null,
  status: null,
  detail: null,
  reason: null,
  run: null,
  ...part,
});

export const declined = { kind: "declined", message: "The person declined to authorise their account.", remedy: "Speak with the person; when they agree, try again.", act: null };

export const TIMELINE: TimelineEntry[] = [
  entry(9, 3, { platform: "webex", status: "pending", detail: "prompted", run: "run-4" }),
  entry(8, 4, { platform: "webex", status: "pending", detail: "queued", run: "run-4" }),
  entry(7, 62, { platform: "zoom", status: "failed", reason: declined }),
  entry(6, 190, { platform: "slack", status: "synced" }),
  entry(5, 60 * 26, { kind: "reset", status: "not_synced" }),
  entry(4, 60 * 26 + 1, { kind: "removed", platform: "webex" }),
  entry(3, 60 * 50, { kind: "link", platform: "zoom" }),
  entry(2, 60 * 74, { kind: "apart" }),
  entry(1, 60 * 98, { kind: "primary", platform: "teams" }),
];
