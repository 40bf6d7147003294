import { describe, expect, it } from "vitest";
import { ana, backendOf, cell, RESET_ONE, sheetOf } from "../../../tests/fake/dialogs";
import { cellActions } from "./cell";
import { ResetConfirmation } from "./reset.svelte";
import { CancelSync, PromptAgain } from "./single-sync.svelte";
import { around, installed } from "../../../tests/fake/around";

const person = ana(["slack", "webex"], { webex: { status: "pending", detail: "prompted", representation: "own_account" } });

it("a new prompt says where it goes out and as whom, and is sent once", async () => {
  const fake = installed(backendOf(person));
  const page = around();
  const again = new PromptAgain(page, person, sheetOf("webex"), sheetOf("slack"));
  await again.load();
  expect(again.steps.join(" ")).toContain("in Slack, from usersync@example.com");
  await Promise.all([again.confirm(), again.confirm()]);
  expect(fake.callsOf("prompt_again")).toEqual([{ person: person.id, to: "webex" }]);
});

it("a cancelled sync closes by itself, unless something stays that must be read", async () => {
  const fake = installed(backendOf(person));
  const page = around();
  const clean = new CancelSync(page, person, sheetOf("webex"));
  await clean.load();
  await clean.confirm();
  expect(page.closed).toBe(1);
  fake.on("cancel_sync", () => ({ undone: [], left: RESET_ONE.stays.map((stay) => stay.left) }));
  const leaving = new CancelSync(page, person, sheetOf("webex"));
  await leaving.load();
  await leaving.confirm();
  expect([leaving.phase, leaving.outcome?.left.length, page.closed]).toEqual(["done", 2, 1]);
});

it("a reset names the person, and for many their number", async () => {
  installed(backendOf(person)).on("preview_reset", () => ({ ...RESET_ONE, people: 4312 }));
  const one = new ResetConfirmation(around(), { people: [person.id] });
  await one.load();
  const many = new ResetConfirmation(around(), { matching: { search: null, status: null, platform: null, primary: null, reason: null } });
  await many.load();
  expect([one.title, one.confirmWord, many.title, many.confirmWord]).toEqual(["Reset Ana Ruiz?", "Reset", "Reset 4,312 people?", "Reset 4,312 people"]);
});

describe("what can be done about a sync follows from how it stands", () => {
  const prompted = { status: "pending", detail: "prompted", representation: "own_account" } as const;
  it.each([
    ["not synced", cell(), "slack", ["start"]],
    ["blocked", cell({ block: { kind: "needs_account", message: "", remedy: "", act: null } }), "slack", []],
    ["failed", cell({ status: "failed" }), "slack", ["try_again"]],
    ["synced", cell({ status: "synced" }), "slack", []],
    ["prompted", cell(prompted), "slack", ["prompt_again", "cancel"]],
    ["prompted, with answers read by hand", cell(prompted), "teams", ["check_answers", "prompt_again", "cancel"]],
    ["code expired", cell({ ...prompted, detail: "code_expired" }), "slack", ["prompt_again", "cancel"]],
    ["somebody else authorised", cell({ ...prompted, detail: "wrong_person" }), "slack", ["prompt_again", "cancel"]],
    ["being set up", cell({ status: "pending", detail: "provisioning", representation: "bot" }), "slack", ["cancel"]],
    ["being cancelled", cell({ status: "pending", detail: "cancelling" }), "slack", []],
  ])("%s", (_, of, primary, actions) => {
    expect(cellActions(of, sheetOf(primary))).toEqual(actions);
  });
});
