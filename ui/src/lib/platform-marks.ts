// A neutral glyph in each platform's colour family: never a vendor's logo, nor a redrawing of one.

export type Mark = { path: string; tone: "plum" | "indigo" | "teal" | "blue" | "grey" };

/** Four bars that cross, three heads, two rings, a lens: strokes on a field of 16. */
const MARKS: { [slug in string]: Mark } = {
  slack: { path: "M5.25 3.25v9.5M10.75 3.25v9.5M3.25 5.25h9.5M3.25 10.75h9.5", tone: "plum" },
  teams: { path: "M6.25 6.75a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM2.5 12.75V11a2.25 2.25 0 0 1 2.25-2.25h3A2.25 2.25 0 0 1 10 11v1.75M11.25 7.25a1.5 1.5 0 1 0 0-3M12 9.25a2 2 0 0 1 1.5 2v1.5", tone: "indigo" },
  webex: { path: "M6 11.75a3.75 3.75 0 1 0 0-7.5 3.75 3.75 0 0 0 0 7.5ZM9.5 4.4a3.75 3.75 0 1 1 0 7.2", tone: "teal" },
  zoom: { path: "M2.5 5.5h7v5h-7ZM9.5 7.75l4-2.25v5l-4-2.25", tone: "blue" },
};
const OTHER: Mark = { path: "M3 3.5h10v7H8l-3 2.5v-2.5H3Z", tone: "grey" };

export const markOf = (platform: string): Mark => MARKS[platform] ?? OTHER;
