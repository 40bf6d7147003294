import { expect, it } from "vitest";
import { ago, count, counted, duration } from "../../src/lib/format";

const now = Date.parse("2026-11-20T09:30:00Z");

it.each([
  [0, "just now"],
  [59, "just now"],
  [60, "1 minute ago"],
  [125 * 60, "2 hours ago"],
  [30 * 3600, "yesterday"],
  [72 * 3600, "3 days ago"],
  [-2 * 3600, "in 2 hours"],
])("%i seconds ago is %j", (seconds, words) => {
  expect(ago(new Date(now - seconds * 1000).toISOString(), now)).toBe(words);
});

it.each([
  [0.2, "1 s"],
  [45, "45 s"],
  [312, "5 min"],
  [3599, "1 h"],
  [7500, "2 h 5 min"],
])("%d seconds last %j", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

it("numbers are grouped, and one is one", () => {
  expect(count(100000)).toBe("100,000");
  expect(counted(1, "person", "people")).toBe("1 person");
  expect(counted(4312, "person", "people")).toBe("4,312 people");
});
