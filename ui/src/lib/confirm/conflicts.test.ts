import { expect, it } from "vitest";
import { network } from "../../../tests/fake/backend";
import { CONFLICTS } from "../../../tests/fake/dialogs";
import { ConflictInbox } from "./conflicts.svelte";
import { installed, settled } from "../../../tests/fake/around";

async function opened() {
  const fake = installed();
  fake.conflicts = structuredClone(CONFLICTS);
  const said: string[] = [];
  const inbox = new ConflictInbox((platform) => platform.toUpperCase(), (text) => said.push(text));
  await inbox.load();
  return { fake, said, inbox };
}

it("says of each line whether the records agree, whatever their case", async () => {
  const { fake, inbox } = await opened();
  fake.conflicts[0]?.accounts.forEach((account, at) => (account.email = at === 0 ? "Sam@Example.com" : "sam@example.com"));
  await inbox.load();
  expect(inbox.compared.map(({ field, same }) => [field, same])).toEqual([["platform", false], ["name", false], ["email", true], ["state", false]]);
});

it("a link makes the chosen accounts those of the first one's person, and the next conflict follows", async () => {
  const { fake, said, inbox } = await opened();
  fake.on("link_account", () => void fake.conflicts.shift());
  await inbox.link();
  expect(fake.callsOf("link_account")).toEqual([{ person: "p-1", platform: "webex", account: "W1" }]);
  expect([inbox.current?.id, said]).toEqual(["conflict-2", ["Linked as one person."]]);
});

it("of one platform at most one account is chosen, and none beforehand", async () => {
  const { fake, inbox } = await opened();
  fake.conflicts.shift();
  await inbox.load();
  expect([inbox.doubled, inbox.chosen.map((account) => account.id), inbox.canLink]).toEqual([true, ["T1"], false]);
  const [first, second] = inbox.current?.accounts ?? [];
  if (!first || !second) throw new Error("two accounts are expected");
  inbox.toggle(first);
  inbox.toggle(second);
  expect([inbox.chosen.map((account) => account.id), inbox.canLink]).toEqual([["U3", "T1"], true]);
  inbox.toggle(second);
  expect(inbox.canLink).toBe(false);
});

it("keeping apart is one decision, sent once", async () => {
  const { fake, inbox } = await opened();
  const release = fake.hold("keep_apart");
  const first = inbox.keepApart();
  await inbox.keepApart();
  await inbox.link();
  release();
  await first;
  expect(fake.calls.filter(({ command }) => command === "keep_apart" || command === "link_account")).toEqual([{ command: "keep_apart", args: { conflict: "conflict-1" } }]);
  expect(inbox.current?.id).toBe("conflict-2");
});

it("left for later changes nothing, shows the next one, and can be gone through again", async () => {
  const { fake, inbox } = await opened();
  inbox.later();
  inbox.later();
  expect([inbox.current, inbox.leftForLater, inbox.all.length]).toEqual([null, 2, 2]);
  expect(fake.calls.every(({ command }) => command === "conflicts")).toBe(true);
  inbox.again();
  expect(inbox.current?.id).toBe("conflict-1");
});

it("a refused link of several reads again what stands now, and keeps the reason in sight", async () => {
  const { fake, said, inbox } = await opened();
  fake.on("link_account", () => {
    throw network;
  });
  await inbox.link();
  expect([inbox.problem, inbox.current?.id, said, fake.callsOf("conflicts").length]).toEqual([network, "conflict-1", [], 2]);
});

it("news that leave the conflict as it is keep what was chosen", async () => {
  const { inbox } = await opened();
  const [first] = inbox.current?.accounts ?? [];
  if (!first) throw new Error("an account is expected");
  inbox.toggle(first);
  await inbox.load();
  await settled();
  expect(inbox.chosen.map((account) => account.id)).toEqual(["W1"]);
});
