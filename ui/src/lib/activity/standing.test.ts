import { expect, test } from "vitest";

import { runView } from "../../../tests/fake/runs";
import { actionsOf, isOpen, standingOf } from "./standing";

const cases = [
  ["one that works may be paused or stopped", {}, "working", ["pause", "stop"]],
  ["an import is only stopped", { kind: "import" }, "working", ["stop"]],
  ["a paused one goes on or is stopped", { state: "paused", waits: "paused" }, "paused", ["resume", "stop"]],
  ["what is paused is not called waiting for approval", { state: "paused", waits: "paused", held: 3 }, "paused", ["resume", "stop"]],
  ["what waits for approval needs no pause", { waits: "approval", held: 3 }, "approval", ["stop"]],
  ["what waits for a sign-in needs no pause", { waits: "sign_in" }, "sign_in", ["stop"]],
  ["what is done and stands can be undone", { state: "done", undoable: 4 }, "done", ["undo"]],
  ["what was stopped half-way can be undone", { state: "cancelled", undoable: 1 }, "cancelled", ["undo"]],
  ["of what is gone nothing can be undone", { state: "done", undoable: 0 }, "done", []],
  ["what was interrupted goes on by itself", { state: "interrupted", undoable: 4 }, "interrupted", []],
] as const;

test.each(cases)("%s", (_, changes, standing, actions) => {
  const run = runView(changes);
  expect(standingOf(run)).toBe(standing);
  expect(actionsOf(run)).toEqual(actions);
});

test("what_waits_is_open_and_what_has_ended_is_not", () => {
  expect([runView(), runView({ state: "paused" }), runView({ waits: "approval" })].map(isOpen)).toEqual([true, true, true]);
  expect(isOpen(runView({ state: "done" }))).toBe(false);
});
