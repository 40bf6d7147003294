import { expect, it } from "vitest";
import type { PlatformSheet, Reason, SyncCell } from "../bindings";
import { pill, pills } from "./sync-pill";
import { CELL, person } from "./testing";

const sheet = { id: "beta", name: "Beta" };
const reason = (kind: string, message: string, remedy: string): Reason => ({ kind, message, remedy, act: null });
const needsAccount = reason("needs_account", "Beta needs an account", "Give Ana an account on Beta.");

it.each<[string, Partial<SyncCell>, string, string]>([
  ["synced by a bot", { status: "synced", representation: "bot" }, "details", "Beta: Synced. Reachable there through a bot. Show details."],
  ["a guest who has not accepted", { status: "synced", representation: "guest", detail: "guest_not_redeemed" }, "details", "Beta: Synced. The guest has not accepted the invitation yet. Show details."],
  ["prompted", { status: "pending", detail: "prompted" }, "details", "Beta: Pending. The prompt was sent; waits for the person's answer. Show details."],
  ["a detail that is new here", { status: "pending", detail: "being_weighed" }, "details", "Beta: Pending. Being weighed. Show details."],
  ["failed", { status: "failed", reason: reason("forbidden", "The tenant refuses guests.", "Allow guests.") }, "sync", "Beta: Failed. The tenant refuses guests. Allow guests. Try again."],
  ["failed and blocked by now", { status: "failed", reason: reason("forbidden", "Refused", "Allow it"), block: needsAccount }, "explain", "Beta: Failed. Refused. Allow it."],
  ["can be prompted", { action: "prompt" }, "sync", "Beta: Not synced. Asks the person to authorise their own account. Start."],
  ["can be invited", { action: "invite_guest" }, "sync", "Beta: Not synced. Invites a guest that represents the person. Start."],
  ["needs an account", { action: null, block: needsAccount }, "explain", "Beta: Not synced. Beta needs an account. Give Ana an account on Beta."],
  ["no primary chosen", { action: null, block: reason("choose_primary", "No primary is chosen.", "Choose one.") }, "sync", "Beta: Not synced. No primary is chosen. Choose one. Show what to do."],
])("what a button says and does: %s", (_, cell, press, label) => {
  const one = pill({ ...CELL, ...cell }, sheet);
  expect(one.press).toBe(press);
  expect(one.label).toBe(label);
});

it("stands in the order in which people see platforms, without the primary one", () => {
  const sheets = [sheet, { id: "alpha", name: "Alpha" }, { id: "gamma", name: "Gamma" }] as PlatformSheet[];
  const row = person("ana", { syncs: { gamma: CELL, beta: CELL } });
  expect(pills(row, sheets).map((one) => one.platform)).toEqual(["beta", "gamma"]);
});
