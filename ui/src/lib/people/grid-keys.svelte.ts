// Where the keyboard is in the table, and what a key means there. One stop of one row has the focus at a time.
// Knows rows and stops by number only; the view moves the focus.

/** How many rows and stops there are now. */
export interface GridShape {
  readonly rows: number;
  /** Rows that fit on the screen. */
  readonly page: number;
  stops(row: number): number;
}

export type Key = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">;
/** What is to be done after a key; null: the key means nothing here. */
export type Meaning = "move" | "move_selecting" | "select" | "select_range" | "select_all" | "open" | "leave" | null;

/** The stops that every row has before its buttons. */
export const CHECKBOX_STOP = 0;
export const USER_STOP = 1;

export class GridKeys {
  row = $state(0);
  /** Where the admin wants to be; a row with fewer stops shows its last one instead. */
  #stop = $state(USER_STOP);
  #shape: GridShape;

  constructor(shape: GridShape) {
    this.#shape = shape;
  }

  get stop(): number {
    return this.stopIn(this.row);
  }

  stopIn(row: number): number {
    return Math.min(this.#stop, Math.max(0, this.#shape.stops(row) - 1));
  }

  /** The focus came to a stop, by pointer or otherwise. */
  at(row: number, stop: number): void {
    this.row = row;
    this.#stop = stop;
  }

  /** The list was renewed: moved by so many rows, or from the top; always inside the list. */
  moved(by: "top" | number): void {
    const row = by === "top" ? 0 : this.row + by;
    this.row = Math.max(0, Math.min(row, this.#shape.rows - 1));
  }

  press(key: Key): Meaning {
    if (this.#shape.rows === 0 || key.altKey) {
      return null;
    }
    const command = key.ctrlKey || key.metaKey;
    const last = this.#shape.rows - 1;
    const stops = this.#shape.stops(this.row);
    switch (key.key) {
      case "ArrowDown":
        return this.#goTo(this.row + 1, key.shiftKey);
      case "ArrowUp":
        return this.#goTo(this.row - 1, key.shiftKey);
      case "PageDown":
        return this.#goTo(this.row + this.#shape.page, false);
      case "PageUp":
        return this.#goTo(this.row - this.#shape.page, false);
      case "ArrowRight":
        this.#stop = Math.min(stops - 1, this.stop + 1);
        return "move";
      case "ArrowLeft":
        this.#stop = Math.max(0, this.stop - 1);
        return "move";
      case "Home":
        if (command) {
          return this.#goTo(0, false);
        }
        this.#stop = 0;
        return "move";
      case "End":
        if (command) {
          return this.#goTo(last, false);
        }
        this.#stop = stops - 1;
        return "move";
      case " ":
        return this.#space(key.shiftKey);
      case "Enter":
        return this.stop <= USER_STOP ? "open" : null;
      case "a":
        return command ? "select_all" : null;
      case "Escape":
        return "leave";
      default:
        return null;
    }
  }

  #goTo(row: number, selecting: boolean): Meaning {
    this.row = Math.max(0, Math.min(row, this.#shape.rows - 1));
    return selecting ? "move_selecting" : "move";
  }

  /** A button keeps its own Space; Shift+Space selects a range from anywhere. */
  #space(shift: boolean): Meaning {
    if (shift) {
      return "select_range";
    }
    return this.stop <= USER_STOP ? "select" : null;
  }
}

/** Whether a key anywhere on the page asks for the search: Ctrl+F, Cmd+F, or `/` outside a field. */
export function asksForSearch(key: Key, inField: boolean): boolean {
  if ((key.ctrlKey || key.metaKey) && !key.altKey && !key.shiftKey) {
    return key.key === "f";
  }
  return key.key === "/" && !inField && !key.altKey;
}
