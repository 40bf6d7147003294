/** Where something that floats stands beside its anchor, inside the window. */
export type Side = "below" | "above" | "right";
export type Box = { left: number; top: number; width: number; height: number };

const GAP = 4;
const EDGE = 8;

/** The left upper corner of a float of the given size; it flips to the other side where there is no room. */
export function place(anchor: Box, float: { width: number; height: number }, room: { width: number; height: number }, side: Side, end = false): { left: number; top: number } {
  const below = anchor.top + anchor.height + GAP;
  const above = anchor.top - float.height - GAP;
  let left = end ? anchor.left + anchor.width - float.width : anchor.left;
  let top = side === "above" ? above : below;
  if (side === "right") {
    left = anchor.left + anchor.width + GAP;
    top = anchor.top;
    if (left + float.width > room.width - EDGE) left = anchor.left - float.width - GAP;
  } else if (side === "above" && above < EDGE && below + float.height <= room.height - EDGE) {
    top = below;
  } else if (side === "below" && below + float.height > room.height - EDGE && above >= EDGE) {
    top = above;
  }
  const within = (value: number, size: number, whole: number) => Math.max(EDGE, Math.min(value, whole - size - EDGE));
  return { left: within(left, float.width, room.width), top: within(top, float.height, room.height) };
}

/** Lifts an element above everything else, dialogs included, and puts it beside its anchor. */
export function float(element: HTMLElement, anchor: Element, side: Side, end = false): void {
  element.popover = "manual";
  element.showPopover?.();
  const room = { width: document.documentElement.clientWidth, height: document.documentElement.clientHeight };
  const { left, top } = place(anchor.getBoundingClientRect(), { width: element.offsetWidth, height: element.offsetHeight }, room, side, end);
  element.style.left = `${Math.round(left)}px`;
  element.style.top = `${Math.round(top)}px`;
}

/** Takes it down again; one that was never lifted stays as it is. */
export function lower(element: HTMLElement): void {
  if (element.popover !== null) element.hidePopover?.();
}
