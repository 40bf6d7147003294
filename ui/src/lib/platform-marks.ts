// An initial in each platform's colour family: never a vendor's logo, nor a redrawing of one.

export type Mark = { path: string; tone: "plum" | "indigo" | "teal" | "blue" | "grey" };

/** Initials drawn with the same stroke on a field of 16. */
const MARKS: { [slug in string]: Mark } = {
  slack: { path: "M10.75 5.25c-.5-.9-1.5-1.4-2.75-1.4-1.6 0-2.75.8-2.75 2 0 2.9 5.6 1.2 5.6 4.2 0 1.25-1.2 2.1-2.85 2.1-1.35 0-2.5-.55-3-1.55", tone: "plum" },
  teams: { path: "M4.25 4.25h7.5M8 4.25v7.75", tone: "indigo" },
  webex: { path: "M3.25 4.25 5.5 12 8 5.25 10.5 12l2.25-7.75", tone: "teal" },
  zoom: { path: "M4.75 4.25h6.5L4.75 11.75h6.5", tone: "blue" },
};
const OTHER: Mark = { path: "M3 3.5h10v7H8l-3 2.5v-2.5H3Z", tone: "grey" };

export const markOf = (platform: string): Mark => MARKS[platform] ?? OTHER;
