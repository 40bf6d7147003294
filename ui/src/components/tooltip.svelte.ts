import { untrack } from "svelte";
import type { Attachment } from "svelte/attachments";

/** How long the pointer rests before the text appears; on keyboard focus it appears at once. */
const REST = 450;
const HOST = "tooltip";

/** `names`: it repeats the accessible name and explains nothing further. */
type Shown = { anchor: Element; words: () => string; names: boolean };

/** The one text that is shown beside what the pointer or the focus is on. `TooltipHost` draws it. */
class Tooltips {
  shown = $state.raw<Shown | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewed = $state(0);

  /** What is shown now: it follows whatever the words are made of. */
  get text(): string {
    void this.#renewed;
    return this.shown?.words() ?? "";
  }

  /** For words that are read from the page itself, after the page has changed. */
  renew(): void {
    this.#renewed += 1;
  }

  soon(anchor: Element, text: () => string, names = false): void {
    this.keep();
    if (this.#isAt(anchor)) return;
    this.#timer = setTimeout(() => this.now(anchor, text, names), REST);
  }

  now(anchor: Element, words: () => string, names = false): void {
    this.keep();
    if (untrack(words) !== "") this.shown = { anchor, words, names };
  }

  /** The pointer is on the text itself: it stays. */
  keep(): void {
    clearTimeout(this.#timer);
  }

  hide(anchor?: Element): void {
    this.keep();
    if (!anchor || this.#isAt(anchor)) this.shown = null;
  }

  /** Untracked: an effect that moves the focus ends up here, and must not run anew with every tooltip. */
  #isAt(anchor: Element): boolean {
    return untrack(() => this.shown?.anchor === anchor);
  }

  /** Gives the pointer time to reach the text. */
  hideSoon(anchor: Element): void {
    this.keep();
    this.#timer = setTimeout(() => this.hide(anchor), 120);
  }
}

export const tooltips = new Tooltips();

/** Shows `text` on hover and on keyboard focus; `names` when the text is already the element's accessible name. */
export function tooltip(text: string | (() => string), { names = false }: { names?: boolean } = {}): Attachment<Element> {
  const words = typeof text === "string" ? () => text : text;
  return (element) => {
    const listening = new AbortController();
    const on = (kind: string, run: () => void) => element.addEventListener(kind, run, { signal: listening.signal });
    on("pointerenter", () => tooltips.soon(element, words, names));
    on("pointerleave", () => tooltips.hideSoon(element));
    on("pointerdown", () => tooltips.hide());
    on("focus", () => {
      if (element.matches(":focus-visible")) tooltips.now(element, words, names);
    });
    on("blur", () => tooltips.hide(element));
    if (!names) element.setAttribute("aria-describedby", HOST);
    return () => {
      listening.abort();
      tooltips.hide(element);
    };
  };
}
