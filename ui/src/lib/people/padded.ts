// Numbers that change beside other things.

/** A number as wide as the widest one it may become, so that nothing beside it moves; figures are of one width. */
export function padded(text: string, widest: string): string {
  const missing = widest.slice(0, Math.max(0, widest.length - text.length));
  // A space as wide as a figure for a figure, one as wide as a comma for a comma.
  return text + [...missing].map((letter) => (/\d/.test(letter) ? "\u2007" : "\u2008")).join("");
}
