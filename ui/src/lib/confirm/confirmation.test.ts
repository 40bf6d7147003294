import { expect, it } from "vitest";
import { network } from "../../../tests/fake/backend";
import { ana, backendOf, previewOfOne, sheetOf } from "../../../tests/fake/dialogs";
import { SyncConfirmation } from "./sync.svelte";
import { around, installed, settled } from "../../../tests/fake/around";

const person = ana(["slack", "webex"]);

function opened(prepare: (fake: ReturnType<typeof backendOf>) => void = () => {}) {
  const fake = backendOf(person);
  prepare(fake);
  installed(fake);
  const page = around();
  const sync = new SyncConfirmation(page, { people: [person.id] }, sheetOf("webex"), person);
  return { fake, page, sync };
}

it("nothing is sent before it is confirmed, and looking sends nothing", async () => {
  const { fake, sync } = opened();
  await sync.confirm();
  expect(fake.calls).toEqual([]);
  await sync.load();
  expect(sync.phase).toBe("ready");
  expect(fake.calls.map((call) => call.command)).toEqual(["preview_sync"]);
});

it("a second press while it is being sent, and one after it, send nothing", async () => {
  const { fake, page, sync } = opened();
  await sync.load();
  const release = fake.hold("sync");
  const first = sync.confirm();
  await sync.confirm();
  expect(sync.busy).toBe(true);
  release();
  await first;
  await sync.confirm();
  expect(fake.callsOf("sync")).toHaveLength(1);
  expect(page.closed).toBe(1);
  expect(page.said).toEqual(["Ana Ruiz: the sync to Webex has begun."]);
});

it("a refusal stands in the dialog, and can be tried again", async () => {
  const { fake, page, sync } = opened((fake) => fake.refuse("sync"));
  await sync.load();
  await sync.confirm();
  expect([sync.phase, sync.problem, page.closed]).toEqual(["ready", network, 0]);
  fake.on("sync", () => "run-2");
  await sync.confirm();
  expect([sync.problem, page.closed]).toEqual([null, 1]);
});

it("when looking fails nothing can be confirmed, and looking again helps", async () => {
  const { fake, sync } = opened((fake) => fake.refuse("preview_sync"));
  await sync.load();
  expect([sync.phase, sync.canConfirm, sync.problem?.kind]).toEqual(["idle", false, "network"]);
  fake.on("preview_sync", () => previewOfOne(person, "webex"));
  await sync.load();
  expect([sync.canConfirm, sync.problem]).toEqual([true, null]);
});

it("Escape before it is confirmed closes, and sends nothing", async () => {
  const { fake, page, sync } = opened();
  await sync.load();
  sync.dismiss();
  expect(page.closed).toBe(1);
  expect(fake.callsOf("sync")).toEqual([]);
});

it("Escape while it is being sent only hides: the good end is announced", async () => {
  const { fake, page, sync } = opened();
  await sync.load();
  const release = fake.hold("sync");
  const sending = sync.confirm();
  sync.dismiss();
  expect([sync.hidden, page.closed]).toEqual([true, 0]);
  release();
  await sending;
  expect([page.closed, page.said.length]).toEqual([1, 1]);
});

it("Escape while it is being sent only hides: a refusal brings the dialog back", async () => {
  const { fake, sync } = opened();
  await sync.load();
  let refuse = (_: unknown) => {};
  fake.on("sync", () => new Promise((_, reject) => (refuse = reject)));
  const sending = sync.confirm();
  sync.dismiss();
  await settled();
  refuse(network);
  await sending;
  expect([sync.hidden, sync.problem?.kind]).toEqual([false, "network"]);
});

it("what comes of a dialog that another one replaced is announced and closes nothing", async () => {
  const { fake, page, sync } = opened();
  await sync.load();
  fake.refuse("sync");
  const sending = sync.confirm();
  sync.leave();
  await sending;
  expect(page.closed).toBe(0);
  expect(page.said).toEqual([`${network.message} ${network.remedy}`]);
});

it("a slow look that a newer one has overtaken is dropped", async () => {
  const { fake, sync } = opened();
  const release = fake.hold("preview_sync");
  const slow = sync.load();
  fake.on("preview_sync", () => ({ ...previewOfOne(person, "webex"), total: 7 }));
  await sync.load();
  release();
  await slow;
  expect(sync.preview?.total).toBe(7);
});
