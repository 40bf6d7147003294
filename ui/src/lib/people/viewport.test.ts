import { expect, it } from "vitest";
import { drawn, page, reveal, seen } from "./viewport";

// A window of 10 rows below the head.
const HEIGHT = 36 + 440;

it.each([
  ["at the top", 0, 100, { first: 0, end: 10 }],
  ["half a row further", 22, 100, { first: 0, end: 11 }],
  ["in the middle", 4400, 100_000, { first: 100, end: 110 }],
  ["at the end", 90 * 44, 100, { first: 90, end: 100 }],
  ["fewer rows than fit", 0, 3, { first: 0, end: 3 }],
  ["scrolled beyond a list that has shrunk", 4400, 5, { first: 4, end: 5 }],
  ["nobody", 0, 0, { first: 0, end: 0 }],
])("sees what the window shows: %s", (_, scrolled, total, span) => {
  expect(seen(scrolled, HEIGHT, total)).toEqual(span);
});

it("draws some rows beside, inside the list", () => {
  expect(drawn({ first: 2, end: 12 }, 15)).toEqual({ first: 0, end: 15 });
  expect(drawn({ first: 500, end: 512 }, 100_000)).toEqual({ first: 492, end: 520 });
});

it("draws at most about forty rows in a usual window, however long the list is", () => {
  const span = drawn(seen(1_234_567, 1080, 100_000), 100_000);
  expect(span.end - span.first).toBeLessThanOrEqual(42);
});

it.each([
  ["seen already", 5, 0, 0],
  ["just below", 10, 0, 44],
  ["far below", 99_999, 0, 100_000 * 44 - 440],
  ["above", 3, 440, 132],
])("scrolls no further than needed to reveal a row: %s", (_, row, scrolled, to) => {
  expect(reveal(row, scrolled, HEIGHT)).toBe(to);
});

it("a page is at least one row", () => {
  expect([page(HEIGHT), page(0)]).toEqual([10, 1]);
});
