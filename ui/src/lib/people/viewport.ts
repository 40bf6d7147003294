// Which rows a scrolled table shows. Rows have one height; the head stays at the top and covers no row.

import type { Span } from "./row-cache";

export const ROW = 44;
export const HEAD = 36;
/** Rows drawn above and below the visible ones, so that a flick of the wheel finds them there. */
const BESIDE = 8;

/** The rows that are seen, in part or whole. */
export function seen(scrolled: number, height: number, total: number): Span {
  const first = Math.max(0, Math.min(Math.floor(scrolled / ROW), total - 1));
  const end = Math.min(total, Math.ceil((scrolled + Math.max(0, height - HEAD)) / ROW));
  return { first, end: Math.max(end, Math.min(first, total)) };
}

/** The rows that are drawn. */
export function drawn(span: Span, total: number): Span {
  return { first: Math.max(0, span.first - BESIDE), end: Math.min(total, span.end + BESIDE) };
}

/** Rows that fit whole on the screen, at least one. */
export function page(height: number): number {
  return Math.max(1, Math.floor((height - HEAD) / ROW));
}

/** Where to scroll so that a row is seen whole; the same place when it is already. */
export function reveal(row: number, scrolled: number, height: number): number {
  const top = row * ROW;
  const room = height - HEAD;
  if (top < scrolled) {
    return top;
  }
  return top + ROW > scrolled + room ? top + ROW - room : scrolled;
}
