import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Filter, Sort } from "../bindings";
import { PeopleList, type Move } from "./people-list.svelte";
import { ANY, BY_NAME, HeldSource, settled } from "./testing";

const ask = (filter: Partial<Filter> = {}, sort: Sort = BY_NAME) => ({ filter: { ...ANY, ...filter }, sort });
const people = (...ids: string[]) => ({ people: ids, everyone: false, connections: false, runs: false });
const EVERYONE = { people: [], everyone: true, connections: false, runs: false };

async function listOf(size: number) {
  const source = new HeldSource(size);
  const list = new PeopleList(source);
  const moves: Move[] = [];
  list.onmove = (move) => moves.push(move);
  list.show(ask());
  await settled();
  source.calls = [];
  moves.length = 0;
  return { source, list, moves };
}
const names = (list: PeopleList, first: number, end: number) => list.rows(first, end).map((slot) => slot.person?.name ?? "…");

describe("PeopleList", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("shows a new answer only together with its first rows", async () => {
    const { source, list, moves } = await listOf(300);
    source.hold.add("window");
    list.show(ask({ search: "p29" }));
    await settled();
    expect(list.total).toBe(300);
    expect(names(list, 0, 1)).toEqual(["Person p0"]);
    await source.let("window");
    expect(list.total).toBe(11);
    expect(names(list, 0, 2)).toEqual(["Person p29", "Person p290"]);
    expect(moves).toEqual(["top"]);
  });

  it("asks one question at a time and shows only the newest answer", async () => {
    const { source, list } = await listOf(300);
    source.hold.add("list");
    list.show(ask({ search: "p1" }));
    list.show(ask({ search: "p12" }));
    list.show(ask({ search: "p123" }));
    await settled();
    expect(source.waiting("list")).toBe(1);
    source.hold.clear();
    await source.let("list");
    expect(source.calls.filter((call) => call.startsWith("list"))).toEqual(["list p1", "list p123"]);
    expect(source.calls.filter((call) => call.startsWith("window"))).toHaveLength(1);
    expect(names(list, 0, 5)).toEqual(["Person p123"]);
    expect(list.busy).toBe(false);
  });

  it("never shows an answer whose question was replaced while its rows were under way", async () => {
    const { source, list } = await listOf(300);
    source.hold.add("window");
    list.show(ask({ search: "p1" }));
    await settled();
    list.show(ask({ search: "p2" }));
    await source.let("window");
    expect(list.total).toBe(300);
    await source.let("window");
    expect(names(list, 0, 1)).toEqual(["Person p2"]);
  });

  it("drops the rows of an old list that arrive after a new one", async () => {
    const { source, list } = await listOf(1000);
    source.hold.add("window");
    list.look(500, 520);
    await settled();
    source.hold.clear();
    list.show(ask({ search: "p9" }));
    await settled();
    while (source.waiting("window") > 0) {
      await source.let("window");
    }
    expect(names(list, 0, 2)).toEqual(["Person p9", "Person p90"]);
    expect(list.row(505)).toBeNull();
  });

  it("reads what is looked at before its neighbours, and never the whole list", async () => {
    const { source, list } = await listOf(100_000);
    list.look(50_010, 50_030);
    await settled();
    const windows = source.calls.map((call) => call.split(":")[1]);
    expect(windows).toEqual(["50000+100", "50100+100", "49900+100"]);
    expect(names(list, 50_010, 50_011)).toEqual(["Person p50010"]);
  });

  it("keeps a bounded number of blocks however far it is scrolled", async () => {
    const { list } = await listOf(100_000);
    for (let first = 0; first < 20_000; first += 150) {
      list.look(first, first + 20);
      await settled();
    }
    expect(list.blocks).toBeLessThanOrEqual(20);
    expect(names(list, 19_950, 19_951)).toEqual(["Person p19950"]);
  });

  it("reads only those of the changed people who are seen, in place and without listing anew", async () => {
    const { source, list } = await listOf(300);
    list.look(0, 20);
    await settled();
    source.calls = [];
    source.names.set("p3", "Changed").set("p90", "Unseen");
    list.changed(people("p3", "p90", "p250"));
    await settled();
    expect(source.calls).toEqual(["people p3"]);
    expect(names(list, 3, 4)).toEqual(["Changed"]);
    list.look(80, 100);
    await settled();
    expect(names(list, 90, 91)).toEqual(["Unseen"]);
  });

  it("reads a person again who changes while their row is under way", async () => {
    const { source, list } = await listOf(1000);
    source.hold.add("window");
    list.look(500, 520);
    await settled();
    source.hold.clear();
    source.calls = [];
    list.changed(people("p510"));
    await source.let("window");
    expect(source.calls).toContain("people p510");
  });

  it("a change that comes while a list is under way is neither lost nor left out of the count", async () => {
    for (const everyone of [false, true]) {
      const { source, list } = await listOf(50);
      source.hold.add("window");
      list.show(ask({ status: "failed" }));
      await settled();
      source.calls = [];
      list.changed(everyone ? EVERYONE : people("p7"));
      source.hold.clear();
      await source.let("window");
      expect(list.changes).toBe(everyone ? null : 1);
      expect(source.calls.filter((call) => /^people .*p7/.test(call)).length).toBeGreaterThanOrEqual(1);
      list.dispose();
    }
  });

  it("counts anew after changes, at most once in a while, and stays where it is", async () => {
    const { source, list, moves } = await listOf(300);
    list.changed(people("p1"));
    list.changed(people("p2"));
    await settled();
    expect(source.calls.filter((call) => call.startsWith("list"))).toEqual([]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(source.calls.filter((call) => call.startsWith("list"))).toEqual(["list "]);
    expect(moves).toEqual([]);
  });

  it("says how many changed instead of moving rows when filter or order follow the status", async () => {
    for (const question of [ask({ status: "failed" }), ask({ reason: "own_domain" }), ask({ primary: "alpha" }), ask({}, { by: "status", descending: false })]) {
      const { source, list } = await listOf(50);
      list.show(question);
      await settled();
      source.calls = [];
      list.changed(people("p1", "p2"));
      list.changed(people("p2"));
      await vi.advanceTimersByTimeAsync(5000);
      expect(list.changes).toBe(2);
      expect(source.calls.some((call) => call.startsWith("list"))).toBe(false);
      list.changed(EVERYONE);
      expect(list.changes).toBeNull();
      list.update();
      await settled();
      expect(list.changes).toBe(0);
      list.dispose();
    }
  });

  it("follows the person under the pointer when people appear above them", async () => {
    const { source, list, moves } = await listOf(300);
    list.look(100, 120);
    await settled();
    list.held = 110;
    source.everybody.splice(105, 0, "new1", "new2");
    list.changed(EVERYONE);
    await vi.advanceTimersByTimeAsync(2000);
    expect(moves).toEqual([2]);
    expect(names(list, 112, 113)).toEqual(["Person p110"]);
  });

  it("a list renewed while the admin scrolls on shows what they look at then", async () => {
    const { source, list } = await listOf(1000);
    for (const held of ["list", "window"]) {
      source.hold.add(held);
      list.update();
      await settled();
      const place = held === "list" ? 700 : 300;
      list.look(place, place + 20);
      await settled();
      source.hold.clear();
      while (source.waiting(held) > 0) {
        await source.let(held);
      }
      expect(names(list, place, place + 1)).toEqual([`Person p${place}`]);
      expect(source.calls.filter((call) => call.startsWith("list"))).toHaveLength(1);
      source.calls = [];
    }
  });

  it("lists anew when the back end has forgotten the list", async () => {
    const { source, list } = await listOf(1000);
    source.forget();
    list.look(600, 620);
    await settled();
    expect(names(list, 600, 601)).toEqual(["Person p600"]);
    expect(source.calls.filter((call) => call.startsWith("list"))).toHaveLength(1);
    expect(list.problem).toBeNull();
  });

  it("keeps the old rows beside the problem when a list cannot be read, and recovers", async () => {
    const { source, list } = await listOf(300);
    source.fails.set("list", "storage");
    list.show(ask({ search: "p2" }));
    await settled();
    expect(list.problem?.kind).toBe("storage");
    expect(list.total).toBe(300);
    source.fails.clear();
    list.update();
    await settled();
    expect(list.problem).toBeNull();
    expect(names(list, 0, 1)).toEqual(["Person p2"]);
  });

  it("says which rows could not be read, and does not ask for them over and over", async () => {
    const { source, list } = await listOf(1000);
    source.fails.set("window", "storage");
    list.look(500, 520);
    await settled();
    expect(list.problem?.kind).toBe("storage");
    expect(source.calls.length).toBeLessThanOrEqual(2);
  });

  it("names people of a part of the list, read or not, and refuses to name too many", async () => {
    const { source, list } = await listOf(20_000);
    expect(await list.ids(98, 702)).toHaveLength(604);
    expect(source.calls.length).toBeLessThanOrEqual(2);
    expect(await list.ids(0, 5001)).toBeNull();
  });

  it("asks nothing after it was left", async () => {
    const { source, list } = await listOf(300);
    list.changed(people("p1"));
    list.dispose();
    source.calls = [];
    expect(vi.getTimerCount()).toBe(0);
    list.changed(people("p1"));
    list.update();
    await vi.advanceTimersByTimeAsync(5000);
    expect(source.calls.filter((call) => call.startsWith("list"))).toEqual([]);
  });
});
