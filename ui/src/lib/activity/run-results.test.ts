import { beforeEach, expect, onTestFinished, test, vi } from "vitest";

import { FakeBackend, network } from "../../../tests/fake/backend";
import { giveResults } from "../../../tests/fake/scenarios/activity";
import { windowOf } from "./row-window";
import { BLOCK, RunResults } from "./run-results.svelte";

let fake: FakeBackend;

beforeEach(() => {
  fake = new FakeBackend({ people: 40 }).install();
  onTestFinished(() => fake.uninstall());
});

async function loaded(size = 5000): Promise<RunResults> {
  giveResults(fake, size);
  const results = new RunResults("sync-2");
  await results.load();
  return results;
}

/** Lets what was asked for be answered. */
const settled = () => new Promise((resolve) => setTimeout(resolve));
const asked = () => fake.callsOf("run_people").map(({ from, count }) => [from, count] as unknown as [number, number]);

test("rows_are_read_in_blocks_where_they_are_seen_and_never_twice", async () => {
  const results = await loaded();
  expect(asked()).toEqual([[0, BLOCK]]);
  results.see(4970, 5000);
  results.see(4971, 5000);
  await settled();
  expect(asked()).toEqual([[0, BLOCK], [4900, BLOCK]]);
  expect(results.row(4999)?.person).toContain("-4999");
  expect(results.row(2000)).toBeNull();
});

test("memory_stays_flat_while_scrolling_through_everybody", async () => {
  const results = await loaded();
  for (let from = 0; from < 5000; from += BLOCK) {
    results.see(from, from + 30);
    await settled();
  }
  const held = Array.from({ length: 50 }, (_, block) => results.row(block * BLOCK)).filter((row) => row !== null);
  expect(held.length).toBeLessThanOrEqual(12);
  expect(results.row(4950)).not.toBeNull();
});

test("a_filter_shows_its_own_rows_and_keeps_the_counts_of_all", async () => {
  const results = await loaded(50);
  await results.show("failed");
  expect(results.total).toBe(10);
  expect(results.everybody).toBe(50);
  expect(results.row(0)?.status).toBe("failed");
});

test("an_answer_for_the_filter_before_comes_too_late_to_be_drawn", async () => {
  const results = await loaded(50);
  const releases = [fake.hold("run_people")];
  const first = results.show("failed");
  await settled();
  releases.push(fake.hold("run_people"));
  const second = results.show("synced");
  releases[0]?.();
  await settled();
  expect(results.row(0)).toBeNull();
  expect(results.total).toBe(20);
  releases[1]?.();
  await Promise.all([first, second]);
  expect(results.row(0)?.status).toBe("synced");
});

test("what_changed_in_sight_is_read_anew_and_what_is_out_of_sight_is_not", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const results = await loaded(500);
  results.see(0, 20);
  const changed = { everyone: false, connections: false, runs: false };
  results.heardChanged({ ...changed, people: ["nobody"] });
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked()).toHaveLength(1);
  results.heardChanged({ ...changed, people: [results.row(3)?.person ?? ""] });
  await vi.advanceTimersByTimeAsync(0);
  expect(asked()).toHaveLength(2);
});

test("a_run_that_tells_of_itself_many_times_a_second_is_read_about_once_and_its_end_at_once", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const results = await loaded(500);
  const progress = { run: "sync-2", kind: "sync" as const, platform: "teams", total: 500, seconds_left: null };
  for (let done = 0; done < 50; done += 1) {
    results.heardProgress({ ...progress, done, ended: false });
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(asked().length).toBeGreaterThan(3);
  expect(asked().length).toBeLessThan(8);
  const before = asked().length;
  results.heardProgress({ ...progress, done: 500, ended: true });
  await vi.advanceTimersByTimeAsync(0);
  expect(asked()).toHaveLength(before + 1);
});

test("rows_that_cannot_be_read_are_an_error_that_goes_when_they_can", async () => {
  fake.refuse("run_people");
  const results = new RunResults("sync-2");
  await results.load();
  expect([results.phase, results.problem]).toEqual(["failed", network]);
  giveResults(fake, 5);
  await results.load();
  expect([results.phase, results.problem, results.total]).toEqual(["ready", null, 5]);
});

test("an_export_pressed_twice_writes_once_and_says_where", async () => {
  const results = await loaded(5);
  await Promise.all([results.export.run(), results.export.run()]);
  expect(fake.callsOf("export_run")).toEqual([{ run: "sync-2" }]);
  expect(results.export.saved?.rows).toBe(12);
  await results.export.showInFolder();
  expect(fake.callsOf("show_in_folder")).toEqual([{ saved: results.export.saved?.path }]);
});

test("an_export_that_fails_says_why", async () => {
  const results = await loaded(5);
  fake.refuse("export_run");
  await results.export.run();
  expect([results.export.busy, results.export.problem]).toEqual([false, network]);
});

test.each([
  ["nothing is drawn before the list has a height", [0, 0, 5000], { first: 0, end: 0 }],
  ["the top", [0, 440, 5000], { first: 0, end: 18 }],
  ["the middle", [44_000, 440, 5000], { first: 992, end: 1018 }],
  ["the end", [219_560, 440, 5000], { first: 4982, end: 5000 }],
  ["a list that became shorter than it was scrolled", [219_560, 440, 3], { first: 3, end: 3 }],
] as const)("the_rows_drawn_are_those_in_sight_and_a_few_around: %s", (_, [scrolled, height, total], expected) => {
  expect(windowOf(scrolled, height, 44, total)).toEqual(expected);
});
