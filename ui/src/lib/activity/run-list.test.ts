import { beforeEach, expect, onTestFinished, test, vi } from "vitest";

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
  expect(list.advance(runView({ time_left: 720 }))).toEqual({ done: 1834, total: 5000, secondsLeft: 720 });
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
  await list.act("stop", "sync-1");
  fake.runs = [runView({ state: "cancelled" })];
  await list.heardProgress(progress({ ended: true }));
  expect(told).toEqual(["cancelled"]);
  expect(list.isStopping("sync-1")).toBe(false);
});

test("stopping_twice_asks_once_and_a_refusal_can_be_tried_again", async () => {
  // What is under way comes to its end first.
  fake.on("cancel_run", () => null);
  const list = await loaded();
  await Promise.all([list.act("stop", "sync-1"), list.act("stop", "sync-1")]);
  expect(fake.callsOf("cancel_run")).toHaveLength(1);
  expect(list.isStopping("sync-1")).toBe(true);
  fake.refuse("cancel_run");
  await list.act("stop", "sync-2");
  expect([list.failure("sync-2"), list.isStopping("sync-2")]).toEqual([network, false]);
});

test("a_pause_and_its_end_are_seen_at_once_and_a_refusal_stands_beside_the_run", async () => {
  const list = await loaded();
  await list.act("pause", "sync-1");
  expect([list.find("sync-1")?.state, list.isBusy("sync-1")]).toEqual(["paused", false]);
  await list.act("resume", "sync-1");
  expect(list.find("sync-1")?.state).toBe("running");
  fake.refuse("pause_run");
  await list.act("pause", "sync-1");
  expect([list.find("sync-1")?.state, list.failure("sync-1")]).toEqual(["running", network]);
});

test("a_run_that_stops_telling_of_itself_is_looked_at_once_more", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const list = await loaded();
  await list.heardProgress(progress());
  fake.runs = [runView({ waits: "approval", held: 7 })];
  await vi.advanceTimersByTimeAsync(5000);
  expect(list.find("sync-1")?.held).toBe(7);
});

test("a_platform_that_signs_out_or_in_again_is_a_reason_to_look_at_the_runs", async () => {
  const list = await loaded();
  fake.runs = [runView({ waits: "sign_in" })];
  list.heardChanged({ people: [], everyone: false, connections: true, runs: false });
  await list.load();
  expect(list.find("sync-1")?.waits).toBe("sign_in");
});

test.each([
  ["one that runs takes until now", runView({ started_at: minutesAgo(4) }), 240],
  ["one that ended took until its end", runView({ state: "done", started_at: minutesAgo(9), ended_at: minutesAgo(8) }), 60],
  ["nobody knows it of one that was interrupted", runView({ state: "interrupted" }), null],
  ["a clock that was set back makes no negative time", runView({ started_at: minutesAgo(-4) }), 0],
])("how_long_a_run_took: %s", (_, run, seconds) => {
  expect(tookSeconds(run, TODAY)).toBe(seconds);
});
