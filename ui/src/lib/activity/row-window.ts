// Which rows of a long list are drawn: those in sight and a few around them.

/** Rows drawn above and below those in sight, so that scrolling meets no gap. */
const AROUND = 8;

export type RowWindow = { first: number; end: number };

/** From the first row up to but without the end; nothing while the list has no height. */
export function windowOf(scrolled: number, height: number, row: number, total: number): RowWindow {
  if (height <= 0 || total <= 0) {
    return { first: 0, end: 0 };
  }
  const last = Math.ceil((scrolled + height) / row) + AROUND;
  const end = Math.min(total, last);
  const first = Math.max(0, Math.min(end, Math.floor(scrolled / row) - AROUND));
  return { first, end };
}
