import { expect, test } from "vitest";

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
