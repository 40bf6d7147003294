import { expect, it } from "vitest";
import { ana, backendOf, sheetOf } from "../../../tests/fake/dialogs";
import type { PrimaryPreview } from "../bindings";
import { PrimaryConfirmation } from "./primary.svelte";
import { around, installed } from "../../../tests/fake/around";

const everyone = { matching: { search: null, status: null, platform: null, primary: null, reason: null } };
const preview = (part: Partial<PrimaryPreview>): PrimaryPreview => ({ to: "webex", changes: 10, unchanged: 0, resets: 0, refused: [], would_reset: [], held: [], ...part });

async function many(part: Partial<PrimaryPreview>) {
  const fake = installed(backendOf(ana(["slack", "webex"]))).on("preview_primary", () => preview(part));
  const page = around();
  const primary = new PrimaryConfirmation(page, everyone, sheetOf("webex"));
  await primary.load();
  return { fake, page, primary };
}

it("people with syncs are left as they are unless the admin says otherwise", async () => {
  const { fake, primary } = await many({ resets: 4 });
  expect([primary.mayKeep, primary.withResets, primary.changes]).toEqual([true, false, 6]);
  await primary.confirm();
  expect(fake.callsOf("set_primary")[0]).toMatchObject({ to: "webex", confirmed: "nothing" });
});

it("resets are confirmed only when they were shown and chosen", async () => {
  const { fake, primary } = await many({ resets: 4 });
  primary.withResets = true;
  expect([primary.resets, primary.changes]).toEqual([true, 10]);
  await primary.confirm();
  expect(fake.callsOf("set_primary")[0]).toMatchObject({ confirmed: "resets" });
});

it("without syncs in place nothing is reset", async () => {
  const { fake, primary } = await many({ resets: 0 });
  expect([primary.resets, primary.mayKeep]).toEqual([false, false]);
  await primary.confirm();
  expect(fake.callsOf("set_primary")[0]).toMatchObject({ confirmed: "nothing" });
});

it("a change that would only reset is a change with resets, and says so", async () => {
  const { primary } = await many({ changes: 1, resets: 1 });
  expect([primary.resets, primary.mayKeep, primary.canConfirm]).toEqual([true, false, true]);
});

it("nobody to change is nothing to confirm", async () => {
  const { primary } = await many({ changes: 0, unchanged: 10 });
  expect(primary.canConfirm).toBe(false);
});

it("an outcome that differs from the plan stays to be read", async () => {
  const { fake, page, primary } = await many({});
  fake.on("set_primary", () => ({ changed: 8, unconfirmed: 0, held: [], failed: 2 }));
  await primary.confirm();
  expect([primary.phase, page.closed, primary.outcome?.failed]).toEqual(["done", 0, 2]);
});

it("without a platform the dialog asks for one of the person's own, then looks what it would mean", async () => {
  const person = ana(["slack", "webex"]);
  const fake = installed(backendOf(person)).on("preview_primary", (args) => preview({ to: String(args["to"]), changes: 1 }));
  const primary = new PrimaryConfirmation(around(), { people: [person.id] }, null);
  await primary.load();
  expect([primary.choices.map((choice) => choice.id), primary.canConfirm, fake.callsOf("preview_primary")]).toEqual([["slack", "webex"], false, []]);
  await primary.choose("zoom");
  expect(primary.to).toBeNull();
  await primary.choose("webex");
  expect([primary.to?.id, primary.canConfirm]).toEqual(["webex", true]);
  expect(primary.title).toBe("Make Webex the primary platform of Ana Ruiz?");
});
