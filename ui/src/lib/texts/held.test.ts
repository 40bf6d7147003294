import { expect, test } from "vitest";

import type { Held } from "../bindings";
import { ahead, held } from "./held";

const of = (what: Held["what"], allowed: number, wanted: number): Held => ({ what, allowed, wanted, held: wanted - allowed });

test.each([
  [of("representations", 2000, 3300), "2,000 bots and guests are made now; 1,300 more wait for your approval, because of your stop limit."],
  [of("prompts", 500, 501), "500 prompts are sent now; 1 more waits for your approval, because of your stop limit."],
  [of("resets", 1, 12), "1 person is reset now; 11 more wait for your approval, because of your stop limit."],
  [of("dismissals", 0, 40), "No bot or guest is removed now: all 40 wait for your approval, because of your stop limit."],
])("%o is said before it is confirmed", (one, sentence) => {
  expect(ahead(one)).toBe(sentence);
});

test("what_waits_names_every_limit_that_holds_it", () => {
  expect(held.waits(1300, [of("representations", 2000, 3300)])).toBe(
    "1,300 people wait for your approval: your stop limit lets 2,000 of 3,300 new bots and guests through.",
  );
  expect(held.waits(2, [of("prompts", 500, 501), of("representations", 10, 11)])).toBe(
    "2 people wait for your approval: your stop limits let 500 of 501 prompts and 10 of 11 new bots and guests through.",
  );
  expect(held.waits(1, [])).toBe("1 person waits for your approval.");
});
