// The rows of one listing that are held in the window: blocks around the part that is looked at, a bounded number of them.
// Knows positions and ids, and asks nobody for anything.

import type { Listing, PersonRow } from "../bindings";

/** Rows in a block. */
export const BLOCK = 100;
/** Blocks that are kept; those farthest from the part that is looked at go first. */
export const KEPT = 20;

type Block = { rows: PersonRow[]; stale: boolean };

/** A part of the list: from the first row up to but without the end. */
export type Span = { first: number; end: number };

export class RowCache {
  #blocks = new Map<number, Block>();
  /** Blocks that have been asked for and are not there yet. */
  readonly loading = new Set<number>();
  /** The back end no longer knows this listing. */
  forgotten = false;

  constructor(readonly listing: Listing) {}

  get size(): number {
    return this.#blocks.size;
  }

  row(index: number): PersonRow | null {
    return this.#blocks.get(Math.floor(index / BLOCK))?.rows[index % BLOCK] ?? null;
  }

  put(number: number, rows: PersonRow[]): void {
    this.#blocks.set(number, { rows, stale: false });
  }

  /** Puts newer rows in the places of the older ones; answers whether one was held. */
  replace(rows: PersonRow[]): boolean {
    const newer = new Map(rows.map((row) => [row.id, row]));
    let replaced = false;
    for (const block of this.#blocks.values()) {
      block.rows.forEach((row, at) => {
        const other = newer.get(row.id);
        if (other) {
          block.rows[at] = other;
          replaced = true;
        }
      });
    }
    return replaced;
  }

  /** The ids among the given ones whose rows lie in the span; the blocks of the others are marked as out of date. */
  sort(people: Iterable<string>, span: Span): string[] {
    const wanted = new Set(people);
    const seen: string[] = [];
    for (const [number, block] of this.#blocks) {
      block.rows.forEach((row, at) => {
        if (!wanted.has(row.id)) {
          return;
        }
        const index = number * BLOCK + at;
        if (index >= span.first && index < span.end) {
          seen.push(row.id);
        } else {
          block.stale = true;
        }
      });
    }
    return seen;
  }

  markAllStale(): void {
    for (const block of this.#blocks.values()) {
      block.stale = true;
    }
  }

  /** The blocks of a span that are not there. */
  missing(span: Span): number[] {
    return this.#under(span).filter((number) => !this.#blocks.has(number));
  }

  /** The block to ask for next: what is looked at first, then what is out of date there, then the neighbours. */
  next(span: Span): number | null {
    const seen = this.#under(span);
    const [from, to] = [seen[0], seen.at(-1)];
    if (from === undefined || to === undefined) {
      return null;
    }
    const free = (number: number) => !this.loading.has(number);
    const near = [to + 1, from - 1].filter((number) => number >= 0 && number * BLOCK < this.listing.total);
    return (
      seen.find((number) => free(number) && !this.#blocks.has(number)) ??
      seen.find((number) => free(number) && this.#blocks.get(number)?.stale) ??
      near.find((number) => free(number) && this.#blocks.get(number)?.stale !== false) ??
      null
    );
  }

  #under(span: Span): number[] {
    const end = Math.min(span.end, this.listing.total);
    if (end <= span.first) {
      return [];
    }
    const from = Math.floor(span.first / BLOCK);
    const to = Math.floor((end - 1) / BLOCK);
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  }

  /** Forgets the blocks farthest from the span. */
  trim(span: Span): void {
    if (this.#blocks.size <= KEPT) {
      return;
    }
    const middle = (span.first + span.end) / 2 / BLOCK;
    const far = [...this.#blocks.keys()].sort((one, other) => Math.abs(other - middle) - Math.abs(one - middle));
    for (const number of far.slice(0, this.#blocks.size - KEPT)) {
      this.#blocks.delete(number);
    }
  }

  /** How many rows a block has. */
  count(number: number): number {
    return Math.min(BLOCK, this.listing.total - number * BLOCK);
  }
}
