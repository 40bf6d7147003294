import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { Theme } from "../../src/lib/theme.svelte";

afterEach(() => {
  localStorage.clear();
  delete document.documentElement.dataset.theme;
});

it("the system's theme holds until another is chosen, and again when it is chosen back", () => {
  const theme = new Theme();
  expect(document.documentElement.dataset.theme).toBeUndefined();
  theme.choose("dark");
  expect(document.documentElement.dataset.theme).toBe("dark");
  theme.choose("system");
  expect(document.documentElement.dataset.theme).toBeUndefined();
});

it("a choice is there again at the next start, before the first paint", () => {
  new Theme().choose("light");
  delete document.documentElement.dataset.theme;
  new Function(readFileSync("public/theme.js", "utf8"))();
  expect(document.documentElement.dataset.theme).toBe("light");
  expect(new Theme().choice).toBe("light");
});

it("what is stored but no theme is passed over", () => {
  localStorage.setItem("theme", "purple");
  new Function(readFileSync("public/theme.js", "utf8"))();
  expect(document.documentElement.dataset.theme).toBeUndefined();
  expect(new Theme().choice).toBe("system");
});
