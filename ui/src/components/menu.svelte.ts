import type { IconName } from "./icons";

export type MenuItem = {
  label: string;
  /** A muted second line, such as why the item is disabled. */
  hint?: string;
  /** A number or short word at the right. */
  note?: string;
  icon?: IconName;
  /** Present: the item is one of several choices, and this tells whether it is the chosen one. */
  checked?: boolean;
  disabled?: boolean;
  danger?: boolean;
  select: () => void;
};
export type MenuEntry = MenuItem | "line" | { heading: string };

const isItem = (entry: MenuEntry | undefined): entry is MenuItem => typeof entry === "object" && "label" in entry;

/** One menu that opens from any anchor; `Menu` draws it. It decides what has the focus and what a key does. */
export class MenuState {
  anchor = $state.raw<HTMLElement | null>(null);
  entries = $state.raw<MenuEntry[]>([]);
  label = $state("");
  /** Index of the entry that has the focus. */
  focused = $state(-1);
  #typed = "";
  #typedAt = 0;

  get isOpen(): boolean {
    return this.anchor !== null;
  }

  open(anchor: HTMLElement, label: string, entries: MenuEntry[]): void {
    this.#expand(false);
    this.anchor = anchor;
    this.label = label;
    this.entries = entries;
    const checked = entries.findIndex((entry) => isItem(entry) && entry.checked === true);
    this.focused = checked >= 0 ? checked : this.#step(-1, 1);
    this.#typed = "";
    this.#expand(true);
  }

  /** Opens, or closes when it is open from the same anchor. */
  toggle(anchor: HTMLElement, label: string, entries: MenuEntry[]): void {
    if (this.anchor === anchor) this.close();
    else this.open(anchor, label, entries);
  }

  close({ focus = true }: { focus?: boolean } = {}): void {
    const anchor = this.anchor;
    this.#expand(false);
    this.anchor = null;
    this.focused = -1;
    if (focus) anchor?.focus();
  }

  choose(index: number): void {
    const entry = this.entries[index];
    if (!isItem(entry) || entry.disabled) return;
    this.close();
    entry.select();
  }

  /** What a key does; true when it was the menu's. */
  key(key: string, now: number): boolean {
    switch (key) {
      case "ArrowDown":
        this.focused = this.#step(this.focused, 1);
        return true;
      case "ArrowUp":
        this.focused = this.#step(this.focused, -1);
        return true;
      case "Home":
        this.focused = this.#step(-1, 1);
        return true;
      case "End":
        this.focused = this.#step(this.entries.length, -1);
        return true;
      case "Enter":
      case " ":
        this.choose(this.focused);
        return true;
      case "Escape":
        this.close();
        return true;
      case "Tab":
        this.close();
        return true;
    }
    return key.length === 1 && this.#type(key.toLowerCase(), now);
  }

  #type(letter: string, now: number): boolean {
    this.#typed = now - this.#typedAt > 600 ? letter : this.#typed + letter;
    this.#typedAt = now;
    const start = this.#typed.length === 1 ? this.focused + 1 : this.focused;
    for (let offset = 0; offset < this.entries.length; offset++) {
      const index = (start + offset + this.entries.length) % this.entries.length;
      const entry = this.entries[index];
      if (isItem(entry) && entry.label.toLowerCase().startsWith(this.#typed)) {
        this.focused = index;
        break;
      }
    }
    return true;
  }

  /** The next item in a direction, round the ends; disabled items keep their place, so that their reason can be read. */
  #step(from: number, by: 1 | -1): number {
    const count = this.entries.length;
    for (let index = from + by, left = count; left > 0; index += by, left--) {
      const wrapped = ((index % count) + count) % count;
      if (isItem(this.entries[wrapped])) return wrapped;
    }
    return -1;
  }

  #expand(open: boolean): void {
    this.anchor?.setAttribute("aria-haspopup", "menu");
    this.anchor?.setAttribute("aria-expanded", String(open));
  }
}
