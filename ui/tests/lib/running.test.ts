import { expect, it } from "vitest";
import type { Progress, RunView } from "../../src/lib/bindings";
import { Running } from "../../src/lib/running.svelte";
import { runView } from "../fake/runs";

const progress = (run: string, more: Partial<Progress> = {}): Progress => ({ run, kind: "sync", platform: "webex", done: 3, total: 10, seconds_left: 7, ended: false, ...more });
const view = (id: string, state: RunView["state"], more: Partial<RunView> = {}): RunView => runView({ id, kind: "import", platform: "slack", state, done: 5, total: null, ...more });

it("the newest news of a run stands, until it has ended, which is told once", () => {
  const running = new Running();
  expect(running.take(progress("a"))).toBe(false);
  expect(running.take(progress("a", { done: 4 }))).toBe(false);
  expect(running.all.map(({ done }) => done)).toEqual([4]);
  expect(running.take(progress("a", { ended: true }))).toBe(true);
  expect(running.take(progress("a", { ended: true }))).toBe(false);
  expect(running.all).toEqual([]);
});

it("the store's list adds what was missed, ends what ended unheard, and keeps the time left of what goes on", () => {
  const running = new Running();
  running.take(progress("a"));
  running.take(progress("gone"));
  running.settle([view("a", "running"), view("missed", "running"), view("gone", "interrupted"), view("old", "done")]);
  expect(running.all.map(({ run, seconds_left }) => [run, seconds_left])).toEqual([
    ["a", 7],
    ["missed", null],
  ]);
});

it("what works stands before what waits, and a wait keeps what was told of the way", () => {
  const running = new Running();
  running.take(progress("a", { done: 7 }));
  running.settle([view("held", "running", { waits: "approval", held: 12 }), view("a", "running"), view("b", "paused", { waits: "paused" })]);
  expect(running.all.map(({ run, standing, held }) => [run, standing, held])).toEqual([
    ["a", "working", 0],
    ["held", "approval", 12],
    ["b", "paused", 0],
  ]);
  running.settle([view("a", "running", { waits: "sign_in" })]);
  running.take(progress("a", { done: 8 }));
  expect(running.all.map(({ run, standing, done }) => [run, standing, done])).toEqual([["a", "sign_in", 8]]);
});
