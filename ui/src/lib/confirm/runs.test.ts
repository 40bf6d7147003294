import { expect, test } from "vitest";

import { around, installed } from "../../../tests/fake/around";
import { ana, sheetOf } from "../../../tests/fake/dialogs";
import { runView } from "../../../tests/fake/runs";
import { heldRun } from "../../../tests/fake/scenarios/activity";
import { ApproveConfirmation } from "./approve.svelte";
import { RetryConfirmation, SendAnew } from "./retry.svelte";
import { UndoConfirmation } from "./undo.svelte";

test("an_approval_is_about_what_is_held_now_and_says_how_many_go_on", async () => {
  const fake = installed();
  fake.runs = [{ ...heldRun(), held: 1200 }];
  const page = around();
  const approve = new ApproveConfirmation(page, heldRun(), "Sync to Webex");
  expect([approve.title, approve.verb]).toEqual(["Approve 1,300 more of “Sync to Webex”?", "Approve 1,300 more"]);
  await approve.load();
  expect(approve.verb).toBe("Approve 1,200 more");
  await approve.confirm();
  expect(fake.callsOf("approve_run")).toEqual([{ run: "sync-4", shown: 1200 }]);
  expect(page.said).toEqual(["1,200 more go on."]);
});

test("a_run_that_holds_nothing_any_more_cannot_be_approved", async () => {
  const fake = installed();
  fake.runs = [];
  const approve = new ApproveConfirmation(around(), heldRun(), "Sync to Webex");
  await approve.load();
  expect([approve.verb, approve.canConfirm]).toEqual([null, false]);
});

test("an_undo_is_about_the_syncs_that_were_shown", async () => {
  const fake = installed();
  const run = runView({ id: "sync-2", state: "done", undoable: 383 });
  fake.runs = [run];
  fake.on("preview_undo", () => ({ run: "sync-2", syncs: 380, gone: 3, goes: [], stays: [], held: [] }));
  const page = around();
  const undo = new UndoConfirmation(page, run, "Sync to Webex");
  expect(undo.verb).toBe("Undo 383 syncs");
  await undo.load();
  expect(undo.verb).toBe("Undo 380 syncs");
  await undo.confirm();
  expect(fake.callsOf("undo_run")).toEqual([{ run: "sync-2", shown: 380 }]);
  expect(page.said).toEqual(["The undoing of 380 syncs has begun."]);
});

test("where_nothing_stands_there_is_nothing_to_undo", async () => {
  const fake = installed();
  fake.on("preview_undo", () => ({ run: "sync-2", syncs: 0, gone: 383, goes: [], stays: [], held: [] }));
  const undo = new UndoConfirmation(around(), runView({ undoable: 1 }), "Sync to Webex");
  await undo.load();
  expect([undo.verb, undo.canConfirm]).toEqual([null, false]);
});

test("trying_again_is_about_the_group_that_was_shown", async () => {
  const fake = installed();
  const page = around();
  const retry = new RetryConfirmation(page, { platform: "teams", kind: "own_domain", people: 214, doubtful: false });
  await retry.load();
  await retry.confirm();
  expect(fake.callsOf("retry_failed")).toEqual([{ which: { platform: "teams", kind: "own_domain", run: null }, shown: 214 }]);
  expect(page.said).toEqual(["214 people are being tried again."]);
});

test("sending_anew_is_asked_about_once_and_never_done_by_looking", async () => {
  const fake = installed();
  const anew = new SendAnew(around(), ana(["slack"], { webex: { status: "failed", representation: "bot" } }), sheetOf("webex"));
  await anew.load();
  expect(fake.callsOf("send_anew")).toEqual([]);
  expect(anew.representation).toBe("bot");
  await Promise.all([anew.confirm(), anew.confirm()]);
  expect(fake.callsOf("send_anew")).toEqual([{ person: "person-ana", to: "webex" }]);
});
