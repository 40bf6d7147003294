// The table's rows: a listing of the back end is a snapshot in order, its rows are read by position around what is looked at.
//
// One question is under way at a time; what is asked meanwhile is answered next, and only the newest answer is shown. The old rows
// stay until the first rows of the new answer are there, so the table is never blank between two keystrokes. Because a snapshot
// keeps its order, a row can change in place while a run goes on and never jumps; where the order or the filter follows what changed,
// the admin is told how many did and lists anew when it suits them.
//
// Knows no element of the page: the view says what it looks at (`look`) and learns by `onmove` when it must scroll.

import type { Changed, Listing, PersonRow, Problem } from "../bindings";
import { problemOf } from "../backend";
import { followsChanges } from "./people-filter.svelte";
import { BLOCK, RowCache, type Span } from "./row-cache";
import { LARGEST_WINDOW, type PeopleSource, type Question } from "./source";

/** Windows that are asked for at a time. */
const AT_A_TIME = 2;
/** Counts are brought up to date at most so often while changes come, in milliseconds. */
const RECOUNT = 1500;
/** Rows read beside the visible ones when a list is shown anew. */
const FIRST_SIGHT = 40;
/** The most people whom a range or a correction of "all matching" names one by one. */
export const MOST_BY_NAME = 5000;

/** From the top: a new question. In place: the same one anew, with the same people before the eyes. */
type How = "from_the_top" | "in_place";
/** Where the view has to go: to the top, or by so many rows. */
export type Move = "top" | number;
export type Slot = { index: number; person: PersonRow | null };

/** Somebody who has gone since the list was made: the place in the list stays, empty, so that no row moves. */
export const isGone = (person: PersonRow): boolean => person.name === "";

/** Who changed while an answer was under way, and so may be in it as they were before. */
type UnderWay = { people: Set<string>; everyone: boolean };

export class PeopleList {
  listing = $state.raw<Listing | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** A list is being asked for. */
  busy = $state(false);
  /** How many people changed in a way that may concern filter or order; null when it is not known how many. */
  changes = $state<number | null>(0);
  /** The view scrolls; called right after new rows are in place. */
  onmove: (move: Move) => void = () => {};
  /** The row under the pointer or with the focus: it stays where it is when the list is renewed. */
  held: number | null = null;

  #version = $state(0);
  #source: PeopleSource;
  #cache: RowCache | null = null;
  #question: Question | null = null;
  #how: How = "from_the_top";
  #generation = 0;
  #asking = false;
  #span: Span = { first: 0, end: FIRST_SIGHT };
  #pending = new Set<string>();
  #refreshing = false;
  #underWay = new Set<UnderWay>();
  #changed = new Set<string>();
  #soon: ReturnType<typeof setTimeout> | null = null;

  constructor(source: PeopleSource) {
    this.#source = source;
  }

  get total(): number {
    return this.listing?.total ?? 0;
  }

  /** Blocks of rows that are held; for measuring. */
  get blocks(): number {
    return this.#cache?.size ?? 0;
  }

  /** Shows another question's answer, from its top. */
  show(question: Question): void {
    this.#question = question;
    this.#ask("from_the_top");
  }

  /** Asks the same anew and keeps the place. */
  update(): void {
    if (this.#question) {
      this.#ask("in_place");
    }
  }

  /** What the view shows now, so that its rows are there and stay up to date. */
  look(first: number, end: number): void {
    this.#span = { first: Math.max(0, first), end };
    this.#cache?.trim(this.#span);
    this.#fill();
  }

  /** The row at a position; null while it is not there yet. */
  row(index: number): PersonRow | null {
    void this.#version;
    return this.#cache?.row(index) ?? null;
  }

  rows(first: number, end: number): Slot[] {
    const slots: Slot[] = [];
    for (let index = Math.max(0, first); index < Math.min(end, this.total); index += 1) {
      slots.push({ index, person: this.row(index) });
    }
    return slots;
  }

  /** The ids of a part of the list; null when there are too many to name, or the list is gone. */
  async ids(first: number, end: number): Promise<string[] | null> {
    const cache = this.#cache;
    if (!cache || end - first > MOST_BY_NAME) {
      return null;
    }
    const ids: string[] = [];
    for (let from = first; from < end; ) {
      const held = cache.row(from);
      if (held) {
        ids.push(...(isGone(held) ? [] : [held.id]));
        from += 1;
        continue;
      }
      const count = Math.min(LARGEST_WINDOW, end - from);
      try {
        const rows = await this.#source.peopleWindow(cache.listing.id, from, count);
        ids.push(...rows.filter((row) => !isGone(row)).map((row) => row.id));
      } catch (error) {
        this.problem = problemOf(error);
        return null;
      }
      from += count;
    }
    return this.#cache === cache ? ids : null;
  }

  /** Something changed behind the list. */
  changed(change: Changed): void {
    const cache = this.#cache;
    if (!cache || !this.#question || (!change.everyone && change.people.length === 0)) {
      return;
    }
    for (const underWay of this.#underWay) {
      underWay.everyone ||= change.everyone;
      change.people.forEach((person) => underWay.people.add(person));
    }
    if (change.everyone) {
      cache.markAllStale();
      this.#refresh(this.#visible(cache));
    } else {
      this.#refresh(cache.sort(change.people, this.#span));
    }
    if (followsChanges(this.#question) && this.total > 0) {
      this.#count(change.people, change.everyone);
    } else {
      this.#updateSoon();
    }
  }

  /** Ends what is still to come. */
  dispose(): void {
    this.#generation += 1;
    this.#question = null;
    if (this.#soon !== null) {
      clearTimeout(this.#soon);
      this.#soon = null;
    }
  }

  #visible(cache: RowCache): string[] {
    const ids: string[] = [];
    for (let index = this.#span.first; index < Math.min(this.#span.end, cache.listing.total); index += 1) {
      const row = cache.row(index);
      if (row) {
        ids.push(row.id);
      }
    }
    return ids;
  }

  /** So many more changed in a way that may concern filter or order. */
  #count(people: Iterable<string>, everyone: boolean): void {
    for (const person of people) {
      this.#changed.add(person);
    }
    this.changes = everyone || this.changes === null ? null : this.#changed.size;
  }

  #updateSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.update();
    }, RECOUNT);
  }

  #ask(how: How): void {
    this.#generation += 1;
    this.#how = this.#asking && this.#how === "from_the_top" ? "from_the_top" : how;
    if (!this.#asking) {
      void this.#answer();
    }
  }

  async #answer(): Promise<void> {
    this.#asking = true;
    this.busy = true;
    let generation = -1;
    while (generation !== this.#generation && this.#question) {
      generation = this.#generation;
      try {
        await this.#list(this.#question, this.#how, () => generation === this.#generation);
      } catch (error) {
        if (generation === this.#generation) {
          this.problem = problemOf(error);
        }
      }
    }
    this.#asking = false;
    this.busy = false;
  }

  /** Lists, reads the first rows, and only then shows both; stops as soon as something newer is asked. */
  async #list(question: Question, how: How, current: () => boolean): Promise<void> {
    const underWay = this.#begin();
    try {
      const listing = await this.#source.listPeople(question.filter, question.sort);
      const cache = new RowCache(listing);
      const move = how === "from_the_top" ? "top" : await this.#shift(listing);
      const length = Math.max(this.#span.end - this.#span.first, FIRST_SIGHT);
      const wished = move === "top" ? 0 : this.#span.first + move;
      const first = Math.max(0, Math.min(wished, listing.total - length));
      const span = { first, end: Math.min(listing.total, first + length) };
      for (const block of cache.missing(span)) {
        if (!current()) {
          return;
        }
        cache.put(block, await this.#source.peopleWindow(listing.id, block * BLOCK, cache.count(block)));
      }
      if (current()) {
        this.#swap(cache, move, span);
        if (followsChanges(question) && cache.listing.total > 0) {
          this.#count(underWay.people, underWay.everyone);
        }
        this.#refresh(this.#outdated(cache, underWay));
      }
    } finally {
      this.#underWay.delete(underWay);
    }
  }

  #begin(): UnderWay {
    const underWay: UnderWay = { people: new Set(), everyone: false };
    this.#underWay.add(underWay);
    return underWay;
  }

  /** The visible people whose rows may be older than a change; the other rows concerned are read again when they are seen. */
  #outdated(cache: RowCache, underWay: UnderWay): string[] {
    if (underWay.everyone) {
      cache.markAllStale();
      return this.#visible(cache);
    }
    return cache.sort(underWay.people, this.#span);
  }

  /** By how many rows the person who is held, or the first one seen, has moved in the new list. */
  async #shift(listing: Listing): Promise<number> {
    const index = this.held ?? this.#span.first;
    const person = this.#cache?.row(index);
    if (!person || listing.total === 0) {
      return 0;
    }
    const position = await this.#source.positionOf(listing.id, person.id);
    return position === null ? 0 : position - index;
  }

  #swap(cache: RowCache, move: Move, span: Span): void {
    this.#cache = cache;
    // Where the admin looks may have changed meanwhile.
    this.#span = move === "top" ? span : { first: Math.max(0, this.#span.first + move), end: this.#span.end + move };
    this.#changed.clear();
    this.changes = 0;
    this.problem = null;
    this.listing = cache.listing;
    this.#version += 1;
    if (move !== 0) {
      this.onmove(move);
    }
    this.#fill();
  }

  #fill(): void {
    const cache = this.#cache;
    if (!cache || cache.forgotten || this.problem) {
      return;
    }
    while (cache.loading.size < AT_A_TIME) {
      const block = cache.next(this.#span);
      if (block === null) {
        return;
      }
      void this.#load(cache, block);
    }
  }

  async #load(cache: RowCache, block: number): Promise<void> {
    const underWay = this.#begin();
    cache.loading.add(block);
    try {
      const rows = await this.#source.peopleWindow(cache.listing.id, block * BLOCK, cache.count(block));
      if (this.#cache === cache) {
        cache.put(block, rows);
        cache.trim(this.#span);
        this.#version += 1;
        this.#refresh(this.#outdated(cache, underWay));
      }
    } catch (error) {
      if (this.#cache === cache) {
        this.#missed(cache, problemOf(error));
      }
    } finally {
      this.#underWay.delete(underWay);
      cache.loading.delete(block);
    }
    if (this.#cache === cache) {
      this.#fill();
    }
  }

  /** A list that the back end has forgotten is asked for anew, once; every other refusal is shown. */
  #missed(cache: RowCache, problem: Problem): void {
    if (problem.kind !== "not_found") {
      this.problem = problem;
    } else if (!cache.forgotten) {
      cache.forgotten = true;
      this.update();
    }
  }

  #refresh(people: string[]): void {
    people.forEach((person) => this.#pending.add(person));
    if (!this.#refreshing && this.#pending.size > 0) {
      void this.#readAgain();
    }
  }

  async #readAgain(): Promise<void> {
    this.#refreshing = true;
    while (this.#pending.size > 0) {
      const people = [...this.#pending].slice(0, LARGEST_WINDOW);
      people.forEach((person) => this.#pending.delete(person));
      try {
        const rows = await this.#source.peopleById(people);
        if (this.#cache?.replace(rows)) {
          this.#version += 1;
        }
      } catch (error) {
        this.problem = problemOf(error);
        this.#pending.clear();
      }
    }
    this.#refreshing = false;
  }
}
