import { expect, it } from "vitest";
import { MANY } from "../../../tests/fake/dialogs";
import { dialogs, list } from "./dialogs";

it.each([
  [{ prompts: 1, bots: 0, guests: 0 }, "Send 1 prompt"],
  [{ prompts: 0, bots: 12, guests: 0 }, "Create 12 bots"],
  [{ prompts: 0, bots: 0, guests: 4312 }, "Invite 4,312 guests"],
  [{ prompts: 3, bots: 2, guests: 0 }, "Sync 5 people"],
])("the verb of a bulk sync says what goes out: %o", (counts, verb) => {
  expect(dialogs.sync.bulkConfirm({ ...MANY, ...counts })).toBe(verb);
});

it("names in a row end with and", () => {
  expect([[], ["A"], ["A", "B"], ["A", "B", "C"]].map(list)).toEqual(["", "A", "A and B", "A, B and C"]);
});
