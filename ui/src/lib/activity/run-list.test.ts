import { beforeEach, expect, onTestFinished, test } from "vitest";

import { FakeBackend, minutesAgo, network, TODAY } from "../../../tests/fake/backend";
import { runView } from "../../../tests/fake/runs";
import type { Progress, RunView } from "../bindings";
import { RunList } from "./run-list.svelte";
import { tookSeconds } from "./took";

let fake: FakeBackend;

beforeEach(() => {
  fake = new FakeBackend({ people: 4 }).install();
  fake.runs = [runView()];
  onTestFinished(() => fake.uninstall());
});

async function loaded(ended?: (run: RunView) => void): Promise<RunList> {
  const list = new RunList(ended);
  await list.load();
  return list;
}

const progress = (changes: Partial<Progress> = {}): Progress => ({
  run: "sync-1", kind: "sync", platform: "webex", done: 2000, total: 5000, seconds_left: 300, ended: false, ...changes,
});

test("a_list_that_cannot_be_read_says_why_and_comes_back", async () => {
  fake.refuse("runs");
  const list = await loaded();
  expect([list.phase, list.problem]).toEqual(["failed", network]);
  fake.on("runs", () => fake.runs);
  await list.load();
  expect([list.phase, list.problem, list.runs.length]).toEqual(["ready", null, 1]);
});

test("progress_shows_what_was_told_unless_the_list_is_newer", async () => {
  const list = await loaded();
  expect(list.advance(runView())).toEqual({ done: 1834, total: 5000, secondsLeft: null });
  await list.heardProgress(progress());
  expect(list.advance(runView())).toEqual({ done: 2000, total: 5000, secondsLeft: 300 });
  expect(list.advance(runView({ done: 2500 }))).toEqual({ done: 2500, total: 5000, secondsLeft: null });
});

test("progress_of_a_run_that_is_not_listed_brings_it_into_the_list", async () => {
  const list = await loaded();
  fake.runs = [runView({ id: "sync-9" }), runView()];
  await list.heardProgress(progress({ run: "sync-9" }));
  expect(list.find("sync-9")?.id).toBe("sync-9");
  const reads = fake.callsOf("runs").length;
  await list.heardProgress(progress({ run: "sync-9", done: 2100 }));
  expect(fake.callsOf("runs")).toHaveLength(reads);
});

test("a_run_that_ends_is_told_with_its_state", async () => {
  const told: string[] = [];
  const list = await loaded((run) => told.push(run.state));
  await list.cancel("sync-1");
  fake.runs = [runView({ state: "cancelled" })];
  await list.heardProgress(progress({ ended: true }));
  expect(told).toEqual(["cancelled"]);
  expect(list.isCancelling("sync-1")).toBe(false);
});

test("cancelling_twice_asks_once_and_a_refusal_can_be_tried_again", async () => {
  const list = await loaded();
  await Promise.all([list.cancel("sync-1"), list.cancel("sync-1")]);
  expect(fake.callsOf("cancel_run")).toHaveLength(1);
  expect(list.isCancelling("sync-1")).toBe(true);
  fake.refuse("cancel_run");
  await list.cancel("sync-2");
  expect([list.failure("sync-2"), list.isCancelling("sync-2")]).toEqual([network, false]);
});

test.each([
  ["one that runs takes until now", runView({ started_at: minutesAgo(4) }), 240],
  ["one that ended took until its end", runView({ state: "done", started_at: minutesAgo(9), ended_at: minutesAgo(8) }), 60],
  ["nobody knows it of one that was interrupted", runView({ state: "interrupted" }), null],
  ["a clock that was set back makes no negative time", runView({ started_at: minutesAgo(-4) }), 0],
])("how_long_a_run_took: %s", (_, run, seconds) => {
  expect(tookSeconds(run, TODAY)).toBe(seconds);
});
