import { expect, it } from "vitest";
import { PeopleList } from "./people-list.svelte";
import { PeopleSelection } from "./people-selection.svelte";
import { ANY, BY_NAME, HeldSource, settled } from "./testing";

async function selectionOver(size: number) {
  const source = new HeldSource(size);
  const list = new PeopleList(source);
  list.show({ filter: ANY, sort: BY_NAME });
  await settled();
  return { source, list, selection: new PeopleSelection(list) };
}

it("names people one by one and forgets them again", async () => {
  const { selection } = await selectionOver(10);
  expect(selection.selection).toBeNull();
  await selection.toggle("p1", 1);
  await selection.toggle("p4", 4);
  expect(selection.header).toBe("some");
  expect(selection.selection).toEqual({ people: ["p1", "p4"] });
  await selection.toggle("p1", 1);
  expect(selection.selection).toEqual({ people: ["p4"] });
});

it("a range reaches from the person selected last to this one, upwards and downwards, also over rows not yet read", async () => {
  const { selection } = await selectionOver(2000);
  await selection.toggle("p1500", 1500);
  expect(await selection.extend("p1497", 1497)).toBe("done");
  expect(selection.selection).toEqual({ people: ["p1500", "p1497", "p1498", "p1499"] });
  await selection.extend("p1502", 1502);
  expect(selection.count).toBe(6);
});

it("a range that is too long to name selects nobody and says so", async () => {
  const { selection } = await selectionOver(20_000);
  await selection.toggle("p0", 0);
  expect(await selection.extend("p9000", 9000)).toBe("too_many");
  expect(selection.count).toBe(1);
});

it("all matching is sent as the filter, and counts everybody", async () => {
  const { selection } = await selectionOver(100_000);
  const filter = { ...ANY, search: "p" };
  selection.toggleAll(filter);
  expect([selection.header, selection.count, selection.has("anybody")]).toEqual(["all", 100_000, true]);
  expect(selection.selection).toEqual({ matching: filter });
  selection.toggleAll(filter);
  expect(selection.selection).toBeNull();
});

it("leaving one out of all matching names the others while they are few, and refuses when they are many", async () => {
  const few = await selectionOver(150);
  few.selection.selectAll(ANY);
  expect(await few.selection.toggle("p149", 149)).toBe("done");
  expect(few.selection.count).toBe(149);
  expect(few.selection.has("p149")).toBe(false);
  const many = await selectionOver(6000);
  many.selection.selectAll(ANY);
  expect(await many.selection.toggle("p3", 3)).toBe("too_many");
  expect(many.selection.count).toBe(6000);
});

it("people named stay selected over every new list; all matching stays with its own filter only", async () => {
  const { selection, list, source } = await selectionOver(300);
  await selection.toggle("p7", 7);
  list.show({ filter: { ...ANY, search: "p2" }, sort: BY_NAME });
  await settled();
  selection.listed({ ...ANY, search: "p2" });
  expect(selection.selection).toEqual({ people: ["p7"] });

  selection.selectAll({ ...ANY, search: "p2" });
  source.everybody.push("p2x");
  list.update();
  await settled();
  selection.listed({ ...ANY, search: "p2" });
  expect(selection.count).toBe(112);
  selection.listed(ANY);
  expect(selection.selection).toBeNull();
});

it("nobody can be selected where nobody is", async () => {
  const { selection } = await selectionOver(0);
  selection.toggleAll(ANY);
  expect([selection.header, selection.selection]).toEqual(["none", null]);
});
