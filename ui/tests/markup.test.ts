import { describe, expect, it } from "vitest";

const sources = import.meta.glob<string>("../src/**/*.{svelte,ts}", { query: "?raw", import: "default", eager: true });
const files = Object.entries(sources).map(([path, text]) => ({ path: path.replace("../", ""), text }));
const where = (pattern: RegExp, among = files) => among.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
const markup = files.filter(({ path }) => path.endsWith(".svelte"));

describe("the window's sources", () => {
  it("are looked at", () => {
    expect(markup.length).toBeGreaterThan(30);
  });

  it("have no style attribute and no inline HTML, which the content security policy would refuse", () => {
    expect(where(/\sstyle=|\{@html/, markup)).toEqual([]);
  });

  it("use no test support, so that none is in the program", () => {
    const outsideTests = files.filter(({ path }) => !/\.test\.ts$|\/testing\.ts$/.test(path));
    expect(where(/from "[^"]*(\/tests\/|\/testing")/, outsideTests)).toEqual([]);
  });

  it("bring nothing from elsewhere", () => {
    expect(where(/(src|href)="https?:|@import|url\(/, markup)).toEqual([]);
  });

  it("of components know no pages and no back end", () => {
    const components = files.filter(({ path }) => path.startsWith("src/components/"));
    expect(where(/from "\.\.\//, components)).toEqual([]);
  });
});
