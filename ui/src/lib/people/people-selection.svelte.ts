// Who is selected: people one by one, or everybody who matches a filter.
//
// "All matching" is sent as the filter itself, so that 100,000 people are never named one by one; the list that was selected is
// remembered with its count. Knows no element and no row; ranges are read through the list.

import { SvelteSet } from "svelte/reactivity";
import type { Filter, Selection } from "../bindings";

/** The part of the list that a selection needs. */
export interface SelectableList {
  readonly total: number;
  /** The ids of a part of the list; null when there are too many to name. */
  ids(first: number, end: number): Promise<string[] | null>;
}

export type HeaderState = "none" | "some" | "all";
/** What became of a wish: done, or too many people to name one by one. */
export type Wish = "done" | "too_many";

export class PeopleSelection {
  #people = new SvelteSet<string>();
  #matching = $state.raw<{ filter: Filter; total: number } | null>(null);
  #list: SelectableList;
  /** Where a range begins. */
  #anchor: number | null = null;

  constructor(list: SelectableList) {
    this.#list = list;
  }

  get count(): number {
    return this.#matching?.total ?? this.#people.size;
  }

  get allMatching(): boolean {
    return this.#matching !== null;
  }

  get header(): HeaderState {
    if (this.#matching) {
      return "all";
    }
    return this.#people.size > 0 ? "some" : "none";
  }

  /** What the back end is told; null when nobody is selected. */
  get selection(): Selection | null {
    if (this.#matching) {
      return { matching: this.#matching.filter };
    }
    return this.#people.size > 0 ? { people: [...this.#people] } : null;
  }

  has(person: string): boolean {
    return this.#matching !== null || this.#people.has(person);
  }

  /** Selects or leaves out one person. Out of "all matching" that names all others, while there are few enough. */
  async toggle(person: string, index: number): Promise<Wish> {
    if (this.#matching) {
      return this.#leaveOut(person);
    }
    this.#anchor = index;
    if (!this.#people.delete(person)) {
      this.#people.add(person);
    }
    return "done";
  }

  /** Selects everybody between the person selected last and this one. */
  async extend(person: string, index: number): Promise<Wish> {
    if (this.#matching) {
      return "done";
    }
    const from = this.#anchor ?? index;
    const ids = await this.#list.ids(Math.min(from, index), Math.max(from, index) + 1);
    if (ids === null) {
      return "too_many";
    }
    this.#anchor ??= index;
    [...ids, person].forEach((id) => this.#people.add(id));
    return "done";
  }

  selectAll(filter: Filter): void {
    this.#people.clear();
    this.#anchor = null;
    this.#matching = this.#list.total > 0 ? { filter, total: this.#list.total } : null;
  }

  /** The box in the header: selects all matching, or nobody. */
  toggleAll(filter: Filter): void {
    if (this.#matching) {
      this.clear();
    } else {
      this.selectAll(filter);
    }
  }

  /** The list was renewed: the same question keeps "all matching" and its count, another one drops it. People named stay. */
  listed(filter: Filter): void {
    if (!this.#matching) {
      return;
    }
    const same = JSON.stringify(this.#matching.filter) === JSON.stringify(filter);
    this.#matching = same && this.#list.total > 0 ? { filter, total: this.#list.total } : null;
    this.#anchor = null;
  }

  clear(): void {
    this.#people.clear();
    this.#matching = null;
    this.#anchor = null;
  }

  async #leaveOut(person: string): Promise<Wish> {
    const matching = this.#matching;
    const ids = await this.#list.ids(0, this.#list.total);
    if (ids === null) {
      return "too_many";
    }
    if (this.#matching === matching) {
      this.#matching = null;
      ids.filter((id) => id !== person).forEach((id) => this.#people.add(id));
    }
    return "done";
  }
}
