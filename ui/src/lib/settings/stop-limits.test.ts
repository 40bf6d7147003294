import { expect, test } from "vitest";

import { installed } from "../../../tests/fake/around";
import { network } from "../../../tests/fake/backend";
import { LIMITS } from "../../../tests/fake/runs";
import { limitTexts } from "../texts/limits";
import { errorsOf, StopLimitsForm } from "./stop-limits.svelte";

async function loaded() {
  const fake = installed();
  const form = new StopLimitsForm();
  await form.load();
  return { fake, form };
}

const { neither, number, percent } = limitTexts.errors;

test.each([
  ["200", "20", null, null],
  ["2,000", "", null, null],
  ["2 000", "", null, null],
  ["", "5", null, null],
  ["0", "0", null, null],
  ["", "", neither, null],
  ["many", "", number, null],
  ["2.5", "", number, null],
  ["-3", "", number, null],
  ["99999999999", "", number, null],
  ["", "101", null, percent],
  ["10", "half", null, percent],
])("“%s” and “%s” percent", (count, share, atCount, atShare) => {
  expect(errorsOf({ on: true, count, percent: share })).toEqual({ count: atCount, percent: atShare });
  expect(errorsOf({ on: false, count, percent: share })).toEqual({ count: null, percent: null });
});

test("what_was_entered_is_saved_as_a_whole_and_once", async () => {
  const { fake, form } = await loaded();
  expect([form.isChanged, form.isDefault]).toEqual([false, true]);
  form.change("prompts", { count: "1,500", percent: "50" });
  form.change("resets", { on: false });
  expect([form.isChanged, form.isValid]).toEqual([true, true]);
  await Promise.all([form.save(), form.save()]);
  expect(fake.callsOf("set_stop_limits")).toEqual([
    { limits: { ...LIMITS, prompts: { count: 1500, percent: 50 }, resets: { count: null, percent: null } } },
  ]);
  expect([form.saved, form.isChanged, form.isDefault]).toEqual([true, false, false]);
});

test("what_is_wrong_is_not_saved", async () => {
  const { fake, form } = await loaded();
  form.change("prompts", { count: "five hundred" });
  await form.save();
  expect([form.isValid, fake.callsOf("set_stop_limits")]).toEqual([false, []]);
});

test("a_limit_that_is_put_on_again_has_what_was_entered_before", async () => {
  const { fake, form } = await loaded();
  fake.limits = { ...LIMITS, dismissals: { count: null, percent: null } };
  await form.load();
  expect(form.drafts?.dismissals).toEqual({ on: false, count: "200", percent: "20" });
  form.change("dismissals", { on: true });
  expect(form.wanted?.dismissals).toEqual({ count: 200, percent: 20 });
});

test("defaults_are_put_in_and_count_only_once_they_are_saved", async () => {
  const { fake, form } = await loaded();
  fake.limits = { ...LIMITS, prompts: { count: 3, percent: null } };
  await form.load();
  expect(form.isDefault).toBe(false);
  form.toDefaults();
  expect([form.isDefault, form.isChanged, fake.limits.prompts.count]).toEqual([true, true, 3]);
  form.revert();
  expect(form.drafts?.prompts.count).toBe("3");
});

test("a_refusal_keeps_what_was_entered", async () => {
  const { fake, form } = await loaded();
  fake.refuse("set_stop_limits");
  form.change("prompts", { count: "12" });
  await form.save();
  expect([form.problem, form.saved, form.drafts?.prompts.count, form.isChanged]).toEqual([network, false, "12", true]);
});
