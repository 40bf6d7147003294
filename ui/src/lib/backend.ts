// The way to the back end: a command either answers or throws, and whatever is thrown can be shown to a person.

import type { Problem } from "./bindings";
import { common } from "./texts/common";

/** A command was refused; the problem holds the sentences to show. */
export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
    this.name = "Refusal";
  }
}

type Answer<T> = { status: "ok"; data: T } | { status: "error"; error: Problem };

/** The answer of a command, or a `Refusal`. */
export async function call<T>(command: Promise<Answer<T>>): Promise<T> {
  const answer = await command;
  if (answer.status === "error") throw new Refusal(answer.error);
  return answer.data;
}

/** What to show for anything that was thrown. What is not a refusal is a fault of this program, and said to be one. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem;
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "bug", platform: null, message: common.bug.message(message), remedy: common.bug.remedy, act: null };
}
