// How the four statuses look: one shape and one word each.

import type { Status } from "./bindings";
import { common } from "./texts/common";

export const STATUSES: readonly Status[] = ["synced", "pending", "failed", "not_synced"];

const SHAPES = { synced: "check", pending: "clock", failed: "triangle", not_synced: "arrow" } as const;

export const statusShape = (status: Status) => SHAPES[status];
export const statusWord = (status: Status): string => common.status[status];
