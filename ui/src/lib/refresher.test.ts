import { expect, onTestFinished, test, vi } from "vitest";

import { Refresher } from "./refresher";

test("what_is_told_during_a_reading_is_one_more_reading_and_never_two_at_once", async () => {
  let under = 0;
  let readings = 0;
  let most = 0;
  const refresher = new Refresher(async () => {
    readings += 1;
    under += 1;
    most = Math.max(most, under);
    await Promise.resolve();
    under -= 1;
  });
  await Promise.all([refresher.run(), refresher.run(), refresher.run()]);
  expect({ readings, most }).toEqual({ readings: 2, most: 1 });
});

test("a_reading_that_failed_does_not_keep_the_next_one_from_happening", async () => {
  let readings = 0;
  const refresher = new Refresher(() => {
    readings += 1;
    return readings === 1 ? Promise.reject(new Error("first")) : Promise.resolve();
  });
  await expect(refresher.run()).rejects.toThrow("first");
  await refresher.run();
  expect(readings).toBe(2);
});

test("news_that_come_many_times_a_second_are_read_together", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let readings = 0;
  const refresher = new Refresher(() => {
    readings += 1;
    return Promise.resolve();
  }, 1000);
  for (let turn = 0; turn < 30; turn += 1) {
    refresher.soon();
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(readings).toBe(4);
  await vi.advanceTimersByTimeAsync(5000);
  expect(readings).toBe(4);
  refresher.soon();
  expect(readings).toBe(5);
});

test("what_stops_telling_is_read_once_more", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let readings = 0;
  const refresher = new Refresher(() => {
    readings += 1;
    return Promise.resolve();
  }, 1000);
  for (let turn = 0; turn < 30; turn += 1) {
    refresher.whenQuiet();
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(readings).toBe(0);
  await vi.advanceTimersByTimeAsync(5000);
  expect(readings).toBe(1);
});

test("whoever_waits_for_a_reading_is_not_kept", async () => {
  let readings = 0;
  const refresher = new Refresher(() => {
    readings += 1;
    return Promise.resolve();
  }, 60_000);
  await refresher.run();
  await refresher.run();
  expect(readings).toBe(2);
});
