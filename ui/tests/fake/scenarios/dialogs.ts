// The dialogs and the drawer, each opened by itself: preview.html?scenario=dialogs&what=webex-none

import { mount } from "svelte";
import { Actions } from "../../../src/pages/user-sync/actions.svelte";
import { ana, CONFLICTS, declined, EIGHT, MANY, previewOfOne, primaryBeside, RESET_ONE, TIMELINE } from "../dialogs";
import DialogStage from "../DialogStage.svelte";
import { press, until, type Scenario } from "../scenario";
import type { FakeBackend } from "../backend";

type Case = { prepare?: (fake: FakeBackend) => void; open: (actions: Actions) => void; then?: () => Promise<void> };

const eight: [string, Case][] = EIGHT.map(({ platform, hasAccount }) => {
  const person = ana(hasAccount ? [primaryBeside(platform), platform] : [primaryBeside(platform)]);
  return [
    `${platform}-${hasAccount ? "account" : "none"}`,
    {
      prepare: (fake) => fake.on("preview_sync", () => ({ ...previewOfOne(person, platform), ...(platform === "slack" && hasAccount ? { answers: { second_factor: "app", approval: "now" } } : {}) })),
      open: (actions) => actions.openSync(person, platform),
    },
  ];
});

const pending = ana(["teams", "webex", "zoom"], {
  webex: { status: "pending", detail: "prompted", representation: "own_account", action: null },
  zoom: { status: "failed", reason: declined, action: "prompt" },
  slack: { status: "synced", representation: "bot", action: null },
});

const everyone = { matching: { search: null, status: null, platform: null, primary: null, reason: null } };

const cases: { [name: string]: Case } = {
  ...Object.fromEntries(eight),
  blocked: {
    prepare: (fake) =>
      fake.on("preview_sync", () => {
        const preview = previewOfOne(ana(["slack"]), "zoom");
        const reason = { kind: "signed_out", message: "Microsoft Teams no longer accepts the sign-in of its connection.", remedy: "Sign in again.", act: { act: "connect", platform: "teams" } };
        return { ...preview, people: preview.people.map((row) => ({ ...row, reason })) };
      }),
    open: (actions) => actions.openSync(ana(["slack"]), "teams"),
  },
  error: {
    prepare: (fake) => fake.on("preview_sync", () => previewOfOne(ana(["slack", "webex"]), "webex")).refuse("sync"),
    open: (actions) => actions.openSync(ana(["slack", "webex"]), "webex"),
    then: () => press("Send prompt"),
  },
  busy: {
    prepare: (fake) => void fake.on("preview_sync", () => previewOfOne(ana(["slack", "webex"]), "webex")).hold("sync"),
    open: (actions) => actions.openSync(ana(["slack", "webex"]), "webex"),
    then: () => press("Send prompt"),
  },
  "many-held": {
    prepare: (fake) => fake.on("preview_sync", () => ({ ...MANY, held: [{ what: "prompts", allowed: 500, wanted: 2904, held: 2404 }] })),
    open: (actions) => actions.openBulkSync(everyone, "webex"),
  },
  many: { prepare: (fake) => fake.on("preview_sync", () => MANY), open: (actions) => actions.openBulkSync(everyone, "webex") },
  "many-slack": {
    prepare: (fake) => fake.on("preview_sync", () => ({ ...MANY, to: "slack", prompts: 0, bots: 3916 })),
    open: (actions) => actions.openBulkSync(everyone, "slack"),
  },
  "reset-one": {
    prepare: (fake) => fake.on("preview_reset", () => RESET_ONE),
    open: (actions) => actions.openReset({ people: [pending.id] }),
  },
  "reset-many": {
    prepare: (fake) =>
      fake.on("preview_reset", () => ({
        people: 4312,
        goes: [
          { what: "Syncs to Webex", count: 3204 },
          { what: "Guests on Microsoft Teams", count: 1210 },
          { what: "Authorisations of Zoom Team Chat accounts", count: 844 },
        ],
        stays: [{ left: { what: "Bots on Webex", why: "Webex has no way to remove them. User Sync uses them no more.", link: null }, count: 1012 }],
        held: [{ what: "resets", allowed: 200, wanted: 4312, held: 4112 }],
      })),
    open: (actions) => actions.openReset(everyone),
  },
  "primary-one": {
    prepare: (fake) =>
      fake.on("preview_primary", () => ({ to: "webex", changes: 1, unchanged: 0, resets: 1, refused: [], would_reset: [{ person: pending.id, name: pending.name, platforms: ["slack", "zoom"] }], held: [] })),
    open: (actions) => actions.openPrimary({ people: [pending.id] }, "webex"),
  },
  "primary-choose": { open: (actions) => actions.openPrimary({ people: [pending.id] }, null) },
  "primary-many": {
    prepare: (fake) =>
      fake.on("preview_primary", () => ({
        to: "webex",
        changes: 812,
        unchanged: 1204,
        resets: 96,
        refused: [{ reason: { kind: "not_found", message: "They have no account in use on Webex.", remedy: "Import again once they have one.", act: { act: "import", platform: "webex" } }, count: 2296 }],
        would_reset: MANY.people.slice(0, 96).map((row) => ({ person: row.person, name: row.name, platforms: ["slack", "zoom"] })),
        held: [{ what: "resets", allowed: 60, wanted: 96, held: 36 }],
      })),
    open: (actions) => actions.openPrimary(everyone, "webex"),
  },
  "prompt-again": { open: (actions) => actions.openPromptAgain(pending, "webex") },
  cancel: { open: (actions) => actions.openCancelSync(pending, "webex") },
  "cancel-left": {
    prepare: (fake) => fake.on("cancel_sync", () => ({ undone: [], left: RESET_ONE.stays.map((stay) => stay.left) })),
    open: (actions) => actions.openCancelSync(pending, "webex"),
    then: () => press("Cancel sync"),
  },
  links: {
    open: (actions) => actions.openLinks(pending),
    then: async () => {
      const field = await until(() => document.querySelector<HTMLInputElement>("dialog input"));
      field.value = "an";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await press("Unlink: Webex");
    },
  },
  conflict: { prepare: (fake) => void (fake.conflicts = CONFLICTS), open: (actions) => actions.openConflicts() },
  "conflict-three": { prepare: (fake) => void (fake.conflicts = CONFLICTS.slice(1)), open: (actions) => actions.openConflicts() },
  "conflict-empty": { open: (actions) => actions.openConflicts() },
  drawer: { open: (actions) => actions.openDetails(pending, "webex") },
};

export const dialogs: Scenario = {
  before: (fake) => {
    fake.people.unshift(pending);
    fake.on("timeline", () => ({ entries: TIMELINE, before: 1 }));
  },
  after: async (fake, world) => {
    const chosen = cases[new URLSearchParams(location.search).get("what") ?? ""];
    if (!chosen) throw new Error(`there are ${Object.keys(cases).join(", ")}`);
    await until(() => world.opened);
    chosen.prepare?.(fake);
    const actions = new Actions();
    const target = await until(() => document.querySelector("main"));
    mount(DialogStage, { target, props: { world, actions } });
    chosen.open(actions);
    await chosen.then?.();
  },
};
