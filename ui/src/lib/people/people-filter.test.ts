import { expect, it } from "vitest";
import { followsChanges, PeopleFilter } from "./people-filter.svelte";
import { ANY, BY_NAME } from "./testing";

it("an empty or blank search asks for everybody", () => {
  const filter = new PeopleFilter();
  filter.search = "  ";
  expect(filter.filter).toEqual(ANY);
  expect(filter.active).toBe(false);
  filter.search = " ana ";
  expect(filter.filter.search).toBe("ana");
  expect(filter.active).toBe(true);
});

it("a status pressed once more is off, another one takes its place", () => {
  const filter = new PeopleFilter();
  filter.toggleStatus("failed");
  filter.toggleStatus("pending");
  expect(filter.status).toBe("pending");
  filter.toggleStatus("pending");
  expect(filter.status).toBeNull();
});

it("a column pressed once more sorts the other way round, another one starts forwards", () => {
  const filter = new PeopleFilter();
  filter.sortBy("name");
  expect(filter.sort).toEqual({ by: "name", descending: true });
  filter.sortBy("status");
  expect(filter.sort).toEqual({ by: "status", descending: false });
});

it("clearing leaves the order as it is", () => {
  const filter = new PeopleFilter();
  filter.sortBy("primary");
  filter.apply({ search: "a", status: "failed", platform: "alpha", primary: "beta", reason: "own_domain" });
  filter.clear();
  expect(filter.question).toEqual({ filter: ANY, sort: { by: "primary", descending: false } });
});

it.each([
  ["by name, everybody", ANY, BY_NAME, false],
  ["a search", { ...ANY, search: "a" }, BY_NAME, false],
  ["a platform", { ...ANY, platform: "alpha" }, BY_NAME, false],
  ["a status", { ...ANY, status: "failed" as const }, BY_NAME, true],
  ["a primary", { ...ANY, primary: "alpha" }, BY_NAME, true],
  ["a reason", { ...ANY, reason: "own_domain" }, BY_NAME, true],
  ["sorted by status", ANY, { by: "status" as const, descending: false }, true],
])("whether the list follows changes: %s", (_, filter, sort, follows) => {
  expect(followsChanges({ filter, sort })).toBe(follows);
});
