import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync("src/tokens.css", "utf8");

/** The two colours of a token, following `var()`. */
function colours(token: string): [string, string] {
  const value = css.match(new RegExp(`${token}: ([^;]+);`))?.[1] ?? "";
  const other = value.match(/^var\((--[\w-]+)\)$/)?.[1];
  if (other) return colours(other);
  const pair = value.match(/^light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)$/);
  if (!pair?.[1] || !pair[2]) throw new Error(`${token} is not a pair of colours: ${value}`);
  return [pair[1], pair[2]];
}

/** Relative luminance as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const THEMES = ["light", "dark"] as const;
const GROUNDS = ["--surface", "--sunken", "--raised", "--hover", "--selected"];
const TINTS = ["--pending-tint", "--failed-tint", "--accent-tint"];
const STATUSES = ["--synced", "--pending", "--failed", "--not-synced"];
const across = (texts: string[], grounds: string[]) => grounds.flatMap((ground) => texts.map((text): [string, string] => [text, ground]));
const TEXTS: [string, string][] = [
  ...across(["--text", "--muted", "--accent"], GROUNDS),
  ...across(STATUSES, ["--surface", "--raised"]),
  ...across(["--text"], TINTS),
  ...across(["--text", "--muted"], ["--pressed"]),
  ["--on-accent", "--accent"],
  ["--on-accent", "--accent-strong"],
  ["--on-failed", "--failed"],
  ["--on-failed", "--failed-strong"],
];
/** Icons and edges; words in a status's colour stand on the surface only. */
const SIGNS: [string, string][] = [...across(STATUSES, [...GROUNDS, ...TINTS, "--pressed"]), ...across(["--edge"], ["--surface", "--raised", "--sunken"])];

describe("tokens", () => {
  it("has the colours that were agreed", () => {
    const agreed = {
      "--surface": ["#ffffff", "#16181d"],
      "--sunken": ["#f6f7f9", "#101216"],
      "--line": ["#e3e6ea", "#2a2e36"],
      "--text": ["#1b1f24", "#e8eaee"],
      "--muted": ["#5c6570", "#9aa3af"],
      "--accent": ["#2456e6", "#7aa2ff"],
      "--synced": ["#1a7f4b", "#4cc38a"],
      "--pending": ["#b25e09", "#f0a44b"],
      "--failed": ["#c62a2f", "#ff7a7e"],
      "--not-synced": ["#5c6570", "#9aa3af"],
    };
    expect(Object.fromEntries(Object.keys(agreed).map((token) => [token, colours(token)]))).toEqual(agreed);
  });

  it.each(TEXTS)("text of %s on %s can be read (4.5:1)", (text, ground) => {
    THEMES.forEach((theme, at) => expect(contrast(colours(text)[at] ?? "", colours(ground)[at] ?? ""), theme).toBeGreaterThanOrEqual(4.5));
  });

  it.each(SIGNS)("a sign of %s on %s can be seen (3:1)", (sign, ground) => {
    THEMES.forEach((theme, at) => expect(contrast(colours(sign)[at] ?? "", colours(ground)[at] ?? ""), theme).toBeGreaterThanOrEqual(3));
  });

  it("knows black on white as 21:1", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  });
});
