/** Scrolls what has just appeared into sight: a refusal must not stand below the edge of a small window. */
export function intoSight(element: HTMLElement): void {
  element.scrollIntoView({ block: "nearest" });
}
