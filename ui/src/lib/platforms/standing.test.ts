import { expect, test } from "vitest";

import { FakeBackend, minutesAgo, TODAY } from "../../../tests/fake/backend";
import { importRun } from "../../../tests/fake/runs";
import type { Health, PlatformCard } from "../bindings";
import { endingOf, importingOf, lastImportRun, noticesOf, scopesBySlot, stateOf } from "./standing";

function card(changes: { health?: Partial<Health>; signedOut?: boolean; connected?: boolean } = {}): PlatformCard {
  const [first] = new FakeBackend({ people: 4 }).cards;
  if (!first?.connection) throw new Error("the made-up company is connected");
  return {
    ...first,
    connection: changes.connected === false ? null : { ...first.connection, signed_out: changes.signedOut ?? false },
    health: { ...first.health, ...changes.health },
  };
}

test.each([
  ["not connected beats everything", card({ connected: false, health: { state: "unreachable" } }), "not_connected"],
  ["a refused sign-in beats a slow platform", card({ signedOut: true, health: { state: "throttled" } }), "signed_out"],
  ["the health knows of a refusal before the store", card({ health: { state: "signed_out" } }), "signed_out"],
  ["unreachable", card({ health: { state: "unreachable" } }), "unreachable"],
  ["throttled", card({ health: { state: "throttled" } }), "throttled"],
  ["nothing tried since the start is no fault", card({ health: { state: "unknown" } }), "connected"],
  ["well", card(), "connected"],
])("the most urgent state wins: %s", (_, given, state) => {
  expect(stateOf(given)).toBe(state);
});

const day = 24 * 60;
const inDays = (days: number) => minutesAgo(-days * day);

test.each([
  ["nothing ends", {}, null],
  ["in two months", { sign_in_ends: inDays(60) }, { what: "sign_in", at: inDays(60), nearness: "far" }],
  ["within a month", { sign_in_ends: inDays(30) }, { what: "sign_in", at: inDays(30), nearness: "near" }],
  ["within a week", { token_expires: inDays(7) }, { what: "token", at: inDays(7), nearness: "soon" }],
  ["past", { token_expires: inDays(0) }, { what: "token", at: inDays(0), nearness: "over" }],
  ["the sooner of two", { token_expires: inDays(20), sign_in_ends: inDays(5) }, { what: "sign_in", at: inDays(5), nearness: "soon" }],
  ["the other way round", { token_expires: inDays(2), sign_in_ends: inDays(5) }, { what: "token", at: inDays(2), nearness: "soon" }],
] as const)("an_end_is_counted_down: %s", (_, health, ending) => {
  expect(endingOf(card({ health }), TODAY)).toEqual(ending);
});

test.each([
  ["what ends in eight days is no news", { token_expires: inDays(8) }, []],
  ["what ends within a week is", { sign_in_ends: inDays(6) }, [{ notice: "ends", what: "sign_in", at: inDays(6), over: false }]],
  ["what ended is said to have ended", { token_expires: minutesAgo(5) }, [{ notice: "ends", what: "token", at: minutesAgo(5), over: true }]],
])("an_end_is_told_in_time: %s", (_, health, notices) => {
  expect(noticesOf(card({ health }), TODAY)).toEqual(notices);
});

test("advice_is_told_until_it_is_gone", () => {
  const advice = { about: "consent", message: "Nobody may consent.", remedy: "Consent for all.", link: null };
  const given = card();
  if (given.connection) given.connection.advice = [advice];
  expect(noticesOf(given, TODAY)).toEqual([{ notice: "advice", advice }]);
});

test("a_platform_that_is_not_connected_has_no_notices", () => {
  expect(noticesOf(card({ connected: false, health: { token_expires: minutesAgo(5) } }), TODAY)).toEqual([]);
});

test("a_lost_permission_is_a_notice_with_its_reason", () => {
  const given = card();
  const scopes = [{ slot: "bot", scope: "chat:write", reason: "Sends.", without: "Nothing is sent." }];
  if (given.connection) given.connection.missing_scopes = scopes;
  expect(noticesOf(given, TODAY)).toEqual([{ notice: "lost_scopes", scopes }]);
});

test("the_last_import_of_a_platform_is_its_own_or_one_of_all", () => {
  const runs = [importRun({ id: "3", platform: "zoom" }), importRun({ id: "2", platform: null }), importRun({ id: "1", platform: "slack" })];
  expect(lastImportRun(runs, "slack")?.id).toBe("2");
  expect(lastImportRun(runs, "zoom")?.id).toBe("3");
  expect(lastImportRun([importRun({ kind: "sync" })], "zoom")).toBeNull();
});

const problem = { kind: "network", message: "No answer.", remedy: "Try again.", act: null };
const calm = { run: null, starting: false, read: undefined, cancelling: false };

test("a_running_import_shows_whichever_figure_is_newer", () => {
  const running = { ...card(), import: { run: "7", accounts: 300, unfinished: false } };
  expect(importingOf(running, null, { ...calm, run: "7", read: 200 })).toEqual({ at: "running", run: "7", read: 300, cancelling: false });
  expect(importingOf(running, null, { ...calm, run: "7", read: 400, cancelling: true })).toEqual({ at: "running", run: "7", read: 400, cancelling: true });
});

test("an_unfinished_import_can_be_continued_and_says_why_it_stopped", () => {
  const unfinished = { ...card(), import: { run: null, accounts: 300, unfinished: true } };
  expect(importingOf(unfinished, importRun({ platform: "slack", state: "failed", problem }), calm)).toEqual({ at: "unfinished", read: 300, problem });
});

test("a_failure_of_an_import_of_all_stands_only_at_the_platform_that_it_names", () => {
  const named = { ...problem, act: { act: "connect", platform: "zoom" } as const };
  expect(importingOf(card(), importRun({ platform: null, state: "failed", problem: named }), calm)).toEqual({ at: "idle" });
  const zoom = { ...card(), platform: "zoom" };
  expect(importingOf(zoom, importRun({ platform: null, state: "failed", problem: named }), calm)).toEqual({ at: "failed", problem: named });
});

test("permissions_stand_by_token_in_the_order_given", () => {
  const scope = (slot: string, name: string) => ({ slot, name });
  const groups = scopesBySlot([scope("a", "1"), scope("b", "2"), scope("a", "3")]);
  expect(groups).toEqual([
    { slot: "a", scopes: [scope("a", "1"), scope("a", "3")] },
    { slot: "b", scopes: [scope("b", "2")] },
  ]);
});
