import { expect, it } from "vitest";
import { padded } from "./padded";

it.each([
  ["7", "4,000", "7\u2007\u2008\u2007\u2007"],
  ["4,000", "4,000", "4,000"],
  ["12,000", "4,000", "12,000"],
])("%s takes the room of %s", (text, widest, result) => {
  expect(padded(text, widest)).toBe(result);
});
