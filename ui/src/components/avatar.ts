/** How many quiet colours there are. */
const TONES = 6;

/** The first letters of the first and the last word of a name. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /\p{L}|\p{N}/u.test(word));
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return ends.map((word) => [...(word ?? "").replace(/^[^\p{L}\p{N}]+/u, "")][0] ?? "").join("").toUpperCase();
}

/** The same number below TONES for the same text, evenly spread. */
export function tone(key: string): number {
  let sum = 0;
  for (const letter of key) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return sum % TONES;
}
