import { expect, it } from "vitest";
import { call, problemOf, Refusal } from "../../src/lib/backend";
import { commands } from "../../src/lib/bindings";
import { network } from "../fake/backend";
import { openWorld } from "../stage";

it("a command that is refused throws the problem to show", async () => {
  const { fake } = await openWorld();
  fake.refuse("runs");
  const refusal = await call(commands.runs()).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Refusal);
  expect(problemOf(refusal)).toEqual(network);
});

it("a command that succeeds gives its answer alone", async () => {
  await openWorld();
  expect(await call(commands.positionOf(99, "nobody")).catch(problemOf)).toMatchObject({ kind: "not_found" });
  expect(await call(commands.runs())).toEqual([]);
});

it("what is no refusal is said to be a fault of the program, with a next step", () => {
  const problem = problemOf(new TypeError("x is not a function"));
  expect(problem.kind).toBe("bug");
  expect(problem.message).toContain("x is not a function");
  expect(problem.remedy).not.toBe("");
});
